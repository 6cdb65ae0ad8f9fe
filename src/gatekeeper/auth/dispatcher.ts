import {OperationalError} from '../../errors/index.js';
import {readyOf, readyRange, type RequestKind, type RequestStage} from '../../store/layout.js';
import type {Store} from '../../store/store.js';
import type {Lock} from '../lock.js';
import {takeAnswer} from './answers.js';
import {requestKinds} from './level.js';
import type {Policy} from './policy.js';
import {questionOf} from './question.js';
import {readReply} from './return-table.js';

/** Questions to fast callbacks that are open at once. */
const openCallbacks = 256;

interface Ready {
  readonly id: number;
  readonly height: number;
  readonly stage: RequestStage;
  readonly policy: Policy;
}

export interface DispatcherParts {
  readonly store: Store;
  readonly lock: Lock;
  readonly policies: readonly Policy[];
  /** Whether the tower has reached its source's tip: nobody is asked before. */
  readonly isReady: () => boolean;
  /** Hears of what should not happen: a policy that breaks its word. */
  readonly onDefect: (error: unknown) => void;
}

/**
 * Puts requests that are ready to whoever may decide them, oldest first, and hands their answers to the single writer.
 * It decides nothing and remembers nothing that a restart would miss: what is ready stands in the store.
 */
export class Dispatcher {
  readonly #parts: DispatcherParts;
  readonly #open = new Map<number, {readonly stage: RequestStage; readonly done: Promise<void>}>();
  /** Requests about which nobody could be asked; they wait for the next block, or for a policy to change. */
  readonly #unavailable = new Set<number>();
  /** Where to look for ready requests, so that nobody reads over those that are gone. */
  #from = 0;
  #tip = '';
  /** Checks asked about since the tip is what it is. */
  #asked = 0;
  #round: Promise<void> | undefined;
  #again = false;
  #closed = false;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    for (const policy of parts.policies) policy.onChange(() => this.#changed());
  }

  get policies(): readonly Policy[] {
    return this.#parts.policies;
  }

  /** Looks for requests to ask about, soon. */
  wake(): void {
    this.#again = true;
    this.#round ??= this.#rounds();
  }

  /** A block is gone: requests may wait further down than before. */
  disconnected(): void {
    this.#from = 0;
  }

  /** Whether somebody may be asked about a request of this kind at once. */
  answersAtOnce(kind: RequestKind): boolean {
    return this.#parts.isReady() && this.#policyFor('callback', kind) !== undefined;
  }

  /** Resolves once the fast callback's answer to a request is on disk, or the request has to wait. */
  async answered(id: number): Promise<void> {
    this.wake();
    await this.#round;
    await this.#open.get(id)?.done;
  }

  /** Resolves once everybody has been asked who can be asked now, and the answers are on disk. */
  async settled(): Promise<void> {
    this.wake();
    while (this.#round ?? this.#open.size > 0) {
      await this.#round;
      await Promise.all([...this.#open.values()].map(({done}) => done));
    }
  }

  /** Asks nobody any more; what is open is left to end by itself. */
  close(): void {
    this.#closed = true;
  }

  #changed(): void {
    this.#unavailable.clear();
    this.wake();
  }

  async #rounds(): Promise<void> {
    try {
      // What wakes it in one turn of the event loop needs one look.
      await Promise.resolve();
      while (this.#again && !this.#closed) {
        this.#again = false;
        await this.#look();
      }
    } catch (error) {
      if (!this.#closed) this.#parts.onDefect(error);
    } finally {
      this.#round = undefined;
    }
  }

  async #look(): Promise<void> {
    const {store, isReady} = this.#parts;
    const {meta} = store;
    if (!meta || !isReady()) return;
    const {height, hash} = meta.tip;
    // Not the height: a reorg may end at the one at which it began.
    if (hash !== this.#tip) {
      this.#unavailable.clear();
      this.#asked = 0;
      this.#tip = hash;
    }
    const callbacks = openCallbacks - this.#openOf('callback');
    for (const ready of await this.#ready('callback', height, callbacks)) this.#ask(ready);
    const budget = meta.settings.authBudget;
    const checks = budget - Math.max(this.#asked, this.#openOf('check'));
    const asked = await this.#ready('check', height, checks);
    this.#asked += asked.length;
    for (const ready of asked) this.#ask(ready);
  }

  /** The oldest requests of a stage that are ready, and about which somebody can be asked. */
  async #ready(stage: RequestStage, height: number, limit: number): Promise<Ready[]> {
    if (limit <= 0) return [];
    const {rows} = this.#parts.store;
    const seen = limit + this.#open.size + this.#unavailable.size;
    const lanes = requestKinds.map(async (kind) => {
      const policy = this.#policyFor(stage, kind);
      if (!policy) return [];
      const lane = await rows.range({...readyRange(stage, kind, this.#from, height), limit: seen});
      return lane.map(([key]) => ({...readyOf(key), stage, policy}));
    });
    return (await Promise.all(lanes))
      .flat()
      .filter(({id}) => !this.#open.has(id) && !this.#unavailable.has(id))
      .sort((a, b) => a.height - b.height || a.id - b.id)
      .slice(0, limit);
  }

  #ask({id, stage, policy}: Ready): void {
    const done = this.#answer(id, stage, policy)
      .catch((error: unknown) => {
        // A tower that halts says so by itself.
        if (!(error instanceof OperationalError)) this.#parts.onDefect(error);
        this.#unavailable.add(id);
      })
      .finally(() => {
        this.#open.delete(id);
        this.wake();
      });
    this.#open.set(id, {stage, done});
  }

  async #answer(id: number, stage: RequestStage, policy: Policy): Promise<void> {
    const {store, lock} = this.#parts;
    const question = await questionOf(store, id, stage);
    if (!question) return;
    const outcome = readReply(stage, question.kind, await policy.ask(question));
    if (outcome.type === 'unavailable') {
      this.#unavailable.add(id);
      return;
    }
    const answer = {id, stage, outcome, actor: policy.name};
    await lock.submit({
      actor: policy.name,
      run: (transaction, publish) => takeAnswer(transaction, publish, answer),
    });
  }

  #policyFor(stage: RequestStage, kind: RequestKind): Policy | undefined {
    return this.#parts.policies.find((policy) => policy.handles(stage, kind));
  }

  #openOf(stage: RequestStage): number {
    let count = 0;
    for (const open of this.#open.values()) if (open.stage === stage) count++;
    return count;
  }
}
