import type {Timers} from '../../chain/timers.js';
import {Rejection} from '../../errors/index.js';
import type {RequestKind, RequestStage} from '../../store/layout.js';
import type {Policy, Question, QuestionContext, Reply} from './policy.js';
import {thrownText} from './reason.js';

/** Time that a function has to answer, promise included. Whoever needs longer answers -2 and decides later. */
export const functionLimitMs = 1_000;

/** A call that held the program up for longer than the time limit. It cannot be stopped; its answer counts. */
export interface SlowCall {
  readonly name: RequestKind;
  readonly requestId: number;
  readonly spentMs: number;
}

interface Parts {
  readonly timers: Timers;
  readonly limitMs?: number;
  readonly onSlow?: (call: SlowCall) => void;
}

type AnyFunction = (...args: never[]) => unknown;

interface Registered {
  readonly withContext: boolean;
  readonly call: (...args: (string | QuestionContext | null)[]) => unknown;
}

/** What the request itself gives a function; one argument more is the context. */
const argumentCounts: ReadonlyMap<string, number> = new Map<RequestKind, number>([
  ['user_signup', 2],
  ['user_login', 2],
  ['new_node', 1],
]);

/**
 * The fast callbacks that the embedding program registers. They run on its own thread. What they return, or what their
 * promise resolves to, is read by the return table.
 */
export class RegisteredFunctions implements Policy {
  readonly name = 'program';
  readonly #timers: Timers;
  readonly #limitMs: number;
  readonly #onSlow: (call: SlowCall) => void;
  readonly #functions = new Map<string, Registered>();
  readonly #listeners = new Set<() => void>();
  /** Ends, each, a question that waits for a promise. */
  readonly #waiting = new Set<(reply: Reply) => void>();

  constructor({timers, limitMs = functionLimitMs, onSlow = () => undefined}: Parts) {
    this.#timers = timers;
    this.#limitMs = limitMs;
    this.#onSlow = onSlow;
  }

  /**
   * Registers the function that is asked first about requests of a kind; null takes it away, another takes its place.
   *
   * @param argumentCount 2 for `user_signup` (signup_info, node_info) and `user_login` (login_info, node_info), 1 for
   *   `new_node` (node_info); one more for a function that also wants to be told the request's id, height and the like
   * @throws Rejection TOWER_INVALID_FUNCTION
   */
  register(
    name: 'user_signup' | 'user_login',
    argumentCount: 2,
    fn: ((info: string, nodeInfo: string) => unknown) | null,
  ): void;
  register(
    name: 'user_signup' | 'user_login',
    argumentCount: 3,
    fn: ((info: string, nodeInfo: string, context: QuestionContext) => unknown) | null,
  ): void;
  register(name: 'new_node', argumentCount: 1, fn: ((nodeInfo: string) => unknown) | null): void;
  register(
    name: 'new_node',
    argumentCount: 2,
    fn: ((nodeInfo: string, context: QuestionContext) => unknown) | null,
  ): void;
  register(name: string, argumentCount: number, fn: AnyFunction | null): void;
  register(name: string, argumentCount: number, fn: AnyFunction | null): void {
    const count = argumentCounts.get(name);
    if (count === undefined) throw invalid('unknown_name', `there is no function ${quote(name)}`);
    if (argumentCount !== count && argumentCount !== count + 1) {
      throw invalid('argument_count', `${name} has ${count} arguments, or ${count + 1} with the context`);
    }
    if (fn !== null && typeof fn !== 'function') throw invalid('no_function', `${name} must be a function or null`);
    if (fn === null) this.#functions.delete(name);
    else this.#functions.set(name, {withContext: argumentCount > count, call: fn as Registered['call']});
    for (const listener of this.#listeners) listener();
  }

  handles(stage: RequestStage, kind: RequestKind): boolean {
    return stage === 'callback' && this.#functions.has(kind);
  }

  async ask(question: Question): Promise<Reply> {
    const {stage, kind} = question;
    const fn = stage === 'callback' ? this.#functions.get(kind) : undefined;
    if (fn === undefined) return {type: 'unavailable', reason: `no function ${kind} is registered`};
    const begunMs = this.#timers.nowMs();
    const called = call(fn, question);
    const spentMs = this.#timers.nowMs() - begunMs;
    if (spentMs > this.#limitMs) this.#onSlow({name: kind, requestId: question.context.requestId, spentMs});
    if (called.type !== 'returned' || !mayBePromise(called.value)) return called;
    return this.#settle(kind, called.value, this.#limitMs - spentMs);
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Asks nobody any more; questions that wait for a promise end. */
  close(): Promise<void> {
    this.#functions.clear();
    for (const end of this.#waiting) end({type: 'unavailable', reason: 'the tower is closing'});
    return Promise.resolve();
  }

  #settle(kind: RequestKind, value: unknown, leftMs: number): Promise<Reply> {
    return new Promise((resolve) => {
      const end = (reply: Reply): void => {
        cancel();
        this.#waiting.delete(end);
        resolve(reply);
      };
      const late = {type: 'failed', reason: `${kind} took longer than ${this.#limitMs} ms`} as const;
      const cancel = this.#timers.after(Math.max(leftMs, 0), () => end(late));
      this.#waiting.add(end);
      // Whatever has a `then` is waited for; one that throws counts as a promise that rejects.
      new Promise((settle) => settle(value)).then(
        (resolved) => end({type: 'returned', value: resolved}),
        (thrown: unknown) => end(threw(kind, thrown)),
      );
    });
  }
}

function call({withContext, call}: Registered, {kind, info, nodeInfo, context}: Question): Reply {
  const args = kind === 'new_node' ? [nodeInfo] : [info, nodeInfo];
  try {
    return {type: 'returned', value: call(...args, ...(withContext ? [{...context}] : []))};
  } catch (thrown) {
    return threw(kind, thrown);
  }
}

const mayBePromise = (value: unknown): boolean =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';

const threw = (kind: RequestKind, thrown: unknown): Reply => ({
  type: 'failed',
  reason: `${kind} threw: ${thrownText(thrown, 'something that has no text')}`,
});

const quote = (name: unknown): string =>
  typeof name === 'string' ? JSON.stringify(name.slice(0, 40)) : `of type ${typeof name}`;

const invalid = (reason: string, message: string): Rejection =>
  new Rejection('TOWER_INVALID_FUNCTION', message, {facts: {reason}});
