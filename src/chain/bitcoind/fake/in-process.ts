import type {UserPassword} from '../credentials.js';
import {readHttpAnswer} from '../http-answer.js';
import {RpcClient} from '../rpc-client.js';
import type {Notification, Notifications, RpcCall} from '../transport.js';
import type {FakeNode} from './fake-node.js';
import {RpcServer} from './rpc-server.js';

/** How long a call waits for an answer, as `HttpRpc` does. */
const defaultTimeoutMs = 30_000;

/** The RPC of a fake node without sockets, with everything that a client of the real one does about failures. */
export class FakeRpc extends RpcClient {
  readonly #node: FakeNode;
  readonly #server: RpcServer;
  readonly #timeoutMs: number;

  /** @param options.timeoutMs how long an answer may take, by the timers of the node */
  constructor(node: FakeNode, {timeoutMs = defaultTimeoutMs}: {readonly timeoutMs?: number} = {}) {
    super({url: 'http://127.0.0.1:18443', credentials: cookieOf(node)});
    this.#node = node;
    this.#server = new RpcServer(node);
    this.#timeoutMs = timeoutMs;
  }

  protected async post(calls: RpcCall | readonly RpcCall[], who: UserPassword): Promise<unknown> {
    const served = this.#server.post('method' in calls ? request(calls) : calls.map(request), who);
    const afterMs = 'afterMs' in served ? served.afterMs : 0;
    if (served.kind === 'silence' || afterMs >= this.#timeoutMs) {
      await this.#wait(this.#timeoutMs);
      throw failure('ESOCKETTIMEDOUT');
    }
    if (afterMs > 0) await this.#wait(afterMs);
    switch (served.kind) {
      case 'refused':
        throw failure('ECONNREFUSED');
      case 'reset':
        throw failure('ECONNRESET');
      case 'text':
        return readHttpAnswer({statusCode: served.status, body: served.text});
      case 'json':
        return served.payload;
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.#node.timers.after(ms, resolve));
  }
}

/** The notifications of a fake node without sockets. */
export class FakeNotifications implements Notifications {
  readonly endpoint: string;
  readonly #node: FakeNode;
  #unsubscribe: (() => void) | undefined;

  constructor(node: FakeNode) {
    this.#node = node;
    this.endpoint = node.zmqEndpoint;
  }

  listen(onMessage: (notification: Notification) => void): void {
    this.#unsubscribe = this.#node.feed.subscribe(onMessage);
  }

  reconnect(): void {
    this.#node.feed.reconnected();
  }

  async close(): Promise<void> {
    this.#unsubscribe?.();
  }
}

/** Reads the cookie that the node has now, and holds it until it is refused. */
function cookieOf(node: FakeNode): ConstructorParameters<typeof RpcClient>[0]['credentials'] {
  let known: UserPassword | undefined;
  return {
    read: async () => (known ??= node.cookie),
    forget() {
      known = undefined;
      return true;
    },
  };
}

const request = ({method, params}: RpcCall): object => ({id: 0, method, params});

const failure = (code: string): Error => Object.assign(new Error(code), {code});
