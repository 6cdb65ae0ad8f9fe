import {OperationalError} from '../../../src/errors/index.js';
import type {
  BitcoindRpc,
  Notification,
  Notifications,
  RpcAnswer,
  RpcCall,
} from '../../../src/chain/bitcoind/transport.js';

/** What the fake answers to a method: a value, or an error of bitcoind's own. */
type Script = Readonly<Record<string, (...params: never[]) => unknown>>;

export class FakeError extends Error {
  readonly code: number;
  constructor(code: number, message = `error ${code}`) {
    super(message);
    this.code = code;
  }
}

/** A transport without sockets that answers as it is told. */
export class FakeRpc implements BitcoindRpc {
  readonly calls: RpcCall[] = [];
  readonly batches: number[] = [];
  script: Script;
  closed = false;

  constructor(script: Script) {
    this.script = script;
  }

  async call(method: string, params: readonly unknown[]): Promise<unknown> {
    const answer = this.#answer({method, params});
    if ('result' in answer) return answer.result;
    throw new OperationalError('TOWER_BITCOIND_RPC', answer.error.message, {facts: {rpcCode: answer.error.code}});
  }

  async batch(calls: readonly RpcCall[]): Promise<RpcAnswer[]> {
    this.batches.push(calls.length);
    return calls.map((call) => this.#answer(call));
  }

  close(): void {
    this.closed = true;
  }

  #answer(call: RpcCall): RpcAnswer {
    this.calls.push(call);
    const run = this.script[call.method];
    if (run === undefined) return {error: {code: -32_601, message: 'Method not found'}};
    try {
      return {result: run(...(call.params as never[]))};
    } catch (error) {
      if (error instanceof FakeError) return {error: {code: error.code, message: error.message}};
      throw error;
    }
  }
}

export class FakeNotifications implements Notifications {
  readonly endpoint: string;
  reconnects = 0;
  closed = false;
  #counter = 0;
  #onMessage: ((notification: Notification) => void) | undefined;

  constructor(endpoint = 'tcp://127.0.0.1:28332') {
    this.endpoint = endpoint;
  }

  listen(onMessage: (notification: Notification) => void): void {
    this.#onMessage = onMessage;
  }

  reconnect(): void {
    this.reconnects++;
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  /** Publishes a block hash, with the next counter unless another is given. */
  announce(
    hash: string,
    {counter = this.#counter, topic = 'hashblock'}: {counter?: number; topic?: string} = {},
  ): void {
    this.#counter = (counter + 1) % 2 ** 32;
    this.#onMessage?.({topic, body: Buffer.from(hash, 'hex'), counter});
  }
}

/** A hash that is told apart by its number. */
export const hashOf = (n: number): string => n.toString(16).padStart(64, '0');
