import type {UserPassword} from '../credentials.js';
import type {FakeNode} from './fake-node.js';
import type {FaultOf} from './faults.js';
import {answerJson, type JsonReply, unparsable} from './json-rpc.js';
import {methods, type Method} from './methods.js';
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

/** Stands for a body that is no JSON. */
export const notJson = Symbol('not JSON');

/** Answered by a program in front of bitcoind, rather than by bitcoind. */
const garbage = '<html><body>502 Bad Gateway</body></html>';

/** The RPC of a node without its sockets: who may ask, what is answered, and what the faults make of it. */
export class RpcServer {
  readonly #node: FakeNode;
  readonly #users: readonly UserPassword[];
  readonly #methods: ReadonlyMap<string, Method>;

  /**
   * @param options.users who may use it besides the cookie's bearer
   * @param options.methods beyond those of the node
   */
  constructor(
    node: FakeNode,
    options: {readonly users?: readonly UserPassword[]; readonly methods?: Readonly<Record<string, Method>>} = {},
  ) {
    this.#node = node;
    this.#users = options.users ?? [];
    this.#methods = new Map(Object.entries({...methods, ...options.methods}));
  }

  /** @param body as parsed, or `notJson` */
  post(body: unknown, who: UserPassword | undefined): Served {
    if (!this.#node.running) return {kind: 'refused'};
    const fault = this.#node.faults.strike(
      ['refused', 'reset', 'timeout', 'busy', 'unauthorized', 'slow', 'truncated', 'garbage'],
      ({method}) => method === undefined || methodsOf(body).includes(method),
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
        return refusal;
      case 'slow':
      case 'truncated':
      case undefined:
        return this.#isKnown(who) ? damaged(this.#answer(body), fault) : refusal;
    }
  }

  #isKnown(who: UserPassword | undefined): boolean {
    return [this.#node.cookie, ...this.#users].some(
      ({user, password}) => who?.user === user && who.password === password,
    );
  }

  #answer(body: unknown): JsonReply {
    if (body === notJson) return unparsable();
    return answerJson(body, (name, params) => {
      if (this.#node.warmingUp !== undefined) throw new RpcError(errorNumbers.warmingUp, this.#node.warmingUp);
      const method = this.#methods.get(name);
      if (method === undefined) throw new RpcError(errorNumbers.methodNotFound, 'Method not found');
      const fault = this.#node.faults.strike(['error'], (set) => set.method === undefined || set.method === name);
      if (fault !== undefined) throw new RpcError(fault.code, fault.message ?? 'A fault that was asked for');
      return method.run(this.#node, ...readParameters(params, method.parameters, helpOf(name, method)));
    });
  }
}

/** How a method is called, and what it does. */
export function helpOf(name: string, {summary, parameters}: Method): string {
  const usage = parameters.map((parameter) => (parameter.optional ? `( ${parameter.name} )` : parameter.name));
  return `${[name, ...usage].join(' ')}\n\n${summary}\n`;
}

const refusal: Served = {kind: 'text', afterMs: 0, status: 401, text: ''};

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
