import type {UserPassword} from '../credentials.js';
import type {FakeNode} from './fake-node.js';
import type {FaultOf} from './faults.js';
import {answerJson, type JsonReply, unparsable} from './json-rpc.js';
import {method, methods, type Method} from './methods.js';
import {readParameters} from './parameters.js';
import {errorNumbers, RpcError} from './rpc-error.js';

/** What becomes of one post, before it is put on a wire. */
export type Served =
  | {readonly kind: 'json'; readonly afterMs: number; readonly status: number; readonly payload?: unknown}
  | {readonly kind: 'text'; readonly afterMs: number; readonly status: number; readonly text: string}
  /** Never answered. */
  | {readonly kind: 'silence'}
  | {readonly kind: 'refused'}
  | {readonly kind: 'reset'};

/** Somebody with a password. */
export interface RpcUser extends UserPassword {
  /** The methods that he may call, as `rpcwhitelist` lists them. @default all */
  readonly whitelist?: readonly string[];
}

/** What the names of the methods begin with that command a fake bitcoind. No fault strikes a call to them. */
export const controlPrefix = 'fake';

/** Stands for a body that is no JSON. */
export const notJson = Symbol('not JSON');

/** Answered by a program in front of bitcoind, rather than by bitcoind. */
const garbage = '<html><body>502 Bad Gateway</body></html>';

export interface RpcServerOptions {
  /** Who may use it besides the cookie's bearer. */
  readonly users?: readonly RpcUser[];
  /** Beyond those of the node. */
  readonly methods?: Readonly<Record<string, Method>>;
  /** Carries out `stop`; without it there is no such method. */
  readonly onStop?: () => void;
}

/** The RPC of a node without its sockets: who may ask, what is answered, and what the faults make of it. */
export class RpcServer {
  readonly #node: FakeNode;
  readonly #users: readonly RpcUser[];
  readonly #methods: ReadonlyMap<string, Method>;

  constructor(node: FakeNode, options: RpcServerOptions = {}) {
    this.#node = node;
    this.#users = options.users ?? [];
    this.#methods = new Map(
      Object.entries({...methods, help: this.#help, ...(options.onStop && stopBy(options.onStop)), ...options.methods}),
    );
  }

  /** @param body as parsed, or `notJson` */
  post(body: unknown, who: UserPassword | undefined): Served {
    if (!this.#node.running) return {kind: 'refused'};
    const called = methodsOf(body);
    const fault = called.every(isControl)
      ? undefined
      : this.#node.faults.strike(
          ['refused', 'reset', 'timeout', 'busy', 'unauthorized', 'slow', 'truncated', 'garbage'],
          ({method}) => method === undefined || called.includes(method),
        );
    switch (fault?.kind) {
      case 'refused':
      case 'reset':
        return {kind: fault.kind};
      case 'timeout':
        return {kind: 'silence'};
      case 'busy':
        return {kind: 'text', afterMs: 0, status: 503, text: 'Work queue depth exceeded'};
      case 'garbage':
        return {kind: 'text', afterMs: 0, status: 200, text: garbage};
      case 'unauthorized':
        return plainRefusal(401);
      case 'slow':
      case 'truncated':
      case undefined:
    }
    const user = this.#userOf(who);
    if (user === undefined) return plainRefusal(401);
    const {whitelist} = user;
    if (whitelist && called.some((method) => !whitelist.includes(String(method)))) return plainRefusal(403);
    return damaged(this.#answer(body), fault);
  }

  #userOf(who: UserPassword | undefined): RpcUser | undefined {
    const users: readonly RpcUser[] = [this.#node.cookie, ...this.#users];
    return users.find(({user, password}) => who?.user === user && who.password === password);
  }

  readonly #help: Method = method(
    'Lists all methods, or tells of one.',
    [{name: 'command', type: 'string', optional: true}],
    (_node, name) => {
      if (typeof name !== 'string')
        return [...this.#methods]
          .map(([each, of]) => usageOf(each, of))
          .sort()
          .join('\n');
      const asked = this.#methods.get(name);
      return asked === undefined ? `help: unknown command: ${name}` : helpOf(name, asked);
    },
  );

  #answer(body: unknown): JsonReply {
    if (body === notJson) return unparsable();
    return answerJson(body, (name, params) => {
      const {warmingUp, faults} = this.#node;
      const method = this.#methods.get(name);
      if (!isControl(name)) {
        if (warmingUp !== undefined) throw new RpcError(errorNumbers.warmingUp, warmingUp);
        const fault = faults.strike(['error'], (set) => set.method === undefined || set.method === name);
        if (fault !== undefined) throw new RpcError(fault.code, fault.message ?? 'A fault that was asked for');
      }
      if (method === undefined) throw new RpcError(errorNumbers.methodNotFound, 'Method not found');
      return method.run(this.#node, ...readParameters(params, method.parameters, helpOf(name, method)));
    });
  }
}

/** How a method is called, and what it does. */
function helpOf(name: string, of: Method): string {
  return `${usageOf(name, of)}\n\n${of.summary}\n`;
}

const usageOf = (name: string, {parameters}: Method): string =>
  [name, ...parameters.map((parameter) => (parameter.optional ? `( ${parameter.name} )` : parameter.name))].join(' ');

const plainRefusal = (status: 401 | 403): Served => ({kind: 'text', afterMs: 0, status, text: ''});

const stopBy = (onStop: () => void): Record<string, Method> => ({
  stop: method('Stops the node.', [], () => {
    // The answer goes out first.
    setImmediate(onStop);
    return 'Bitcoin Core stopping';
  }),
});

const isControl = (name: unknown): boolean => typeof name === 'string' && name.startsWith(controlPrefix);

function methodsOf(body: unknown): unknown[] {
  const calls = Array.isArray(body) ? (body as unknown[]) : [body];
  return calls.map((call) => (Object(call) as {method?: unknown}).method);
}

function damaged(reply: JsonReply, fault: FaultOf<'slow' | 'truncated'> | undefined): Served {
  if (fault?.kind === 'slow') return {kind: 'json', afterMs: fault.ms, ...reply};
  if (fault === undefined) return {kind: 'json', afterMs: 0, ...reply};
  const whole = JSON.stringify(reply.payload) ?? '';
  return {kind: 'text', afterMs: 0, status: reply.status, text: whole.slice(0, Math.floor(whole.length / 2))};
}
