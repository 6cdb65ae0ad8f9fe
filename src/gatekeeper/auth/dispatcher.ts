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

/** Requests of a kind, proven or not. Those that nobody has signed are asked about when no other is ready. */
interface Lane {
  readonly kind: RequestKind;
  readonly proven: boolean;
}

const lanes: readonly Lane[] = requestKinds.flatMap((kind) => [
  {kind, proven: true},
  {kind, proven: false},
]);

interface Ready {
  readonly id: number;
  readonly height: number;
  readonly proven: boolean;
  readonly policy: Policy;
}

/** What is known of the requests of a stage, besides what stands in the store. */
interface Stage {
  /** Those somebody is being asked about. */
  readonly open: Map<number, Promise<void>>;
  /** Those about which nobody could be asked; they wait for the next block, or for a policy to change. */
  readonly unavailable: Set<number>;
  /** Heights below which no request of a lane is ready, so that nobody reads over those that are gone. */
  readonly from: Map<Lane, number>;
}

const stageOf = (): Stage => ({open: new Map(), unavailable: new Set(), from: new Map()});

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
  readonly #stages: Readonly<Record<RequestStage, Stage>> = {callback: stageOf(), check: stageOf()};
  #tip = '';
  /** Times that the tip was seen to be another. */
  #visit = 0;
  /** Checks that somebody was asked about since then. */
  #asked = 0;
  /** Times that a block has gone, and that a policy has changed. */
  #disconnects = 0;
  #changes = 0;
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
    this.#disconnects++;
    for (const {from} of Object.values(this.#stages)) from.clear();
  }

  /** Whether somebody may be asked about a request of this kind at once. */
  answersAtOnce(kind: RequestKind): boolean {
    return this.#parts.isReady() && this.#policyFor('callback', kind) !== undefined;
  }

  /** Resolves once the fast callback's answer to a request is on disk, or the request has to wait. */
  async answered(id: number): Promise<void> {
    this.wake();
    await this.#round;
    await this.#stages.callback.open.get(id);
  }

  /** Resolves once everybody has been asked who can be asked now, and the answers are on disk. */
  async settled(): Promise<void> {
    this.wake();
    const {callback, check} = this.#stages;
    while (this.#round ?? callback.open.size + check.open.size > 0) {
      await this.#round;
      await Promise.all([...callback.open.values(), ...check.open.values()]);
    }
  }

  /** Asks nobody any more; what is open is left to end by itself. */
  close(): void {
    this.#closed = true;
  }

  #changed(): void {
    this.#changes++;
    for (const {unavailable} of Object.values(this.#stages)) unavailable.clear();
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
      for (const {unavailable} of Object.values(this.#stages)) unavailable.clear();
      this.#visit++;
      this.#asked = 0;
      this.#tip = hash;
    }
    const {callback, check} = this.#stages;
    if (meta.counters.pendingRequests === 0) {
      for (const {from} of [callback, check]) for (const lane of lanes) from.set(lane, height);
      return;
    }
    for (const ready of await this.#ready('callback', height, openCallbacks - callback.open.size)) {
      this.#ask('callback', ready);
    }
    const used = Math.max(this.#asked + check.unavailable.size, check.open.size);
    for (const ready of await this.#ready('check', height, meta.settings.authBudget - used)) {
      this.#asked++;
      this.#ask('check', ready);
    }
  }

  /** The oldest requests of a stage that are ready, proven ones first, and about which somebody can be asked. */
  async #ready(stage: RequestStage, height: number, limit: number): Promise<Ready[]> {
    if (limit <= 0) return [];
    const {open, unavailable} = this.#stages[stage];
    const seen = limit + open.size + unavailable.size;
    const found = lanes.map(async (lane) => {
      const policy = this.#policyFor(stage, lane.kind);
      const ready = policy ? await this.#read(stage, lane, height, seen) : [];
      return ready.map((one) => ({...one, proven: lane.proven, policy: policy!}));
    });
    return (await Promise.all(found))
      .flat()
      .filter(({id}) => !open.has(id) && !unavailable.has(id))
      .sort((a, b) => Number(b.proven) - Number(a.proven) || a.height - b.height || a.id - b.id)
      .slice(0, limit);
  }

  async #read(stage: RequestStage, lane: Lane, height: number, limit: number): Promise<{id: number; height: number}[]> {
    const {from} = this.#stages[stage];
    const disconnects = this.#disconnects;
    const range = readyRange(stage, lane.kind, from.get(lane) ?? 0, height, lane.proven);
    const rows = await this.#parts.store.rows.range({...range, limit});
    const ready = rows.map(([key]) => readyOf(key));
    // What is ready from now on is so at the tip or above it, until a block goes.
    if (disconnects === this.#disconnects) from.set(lane, ready[0]?.height ?? height);
    return ready;
  }

  #ask(stage: RequestStage, {id, policy}: Ready): void {
    const {open} = this.#stages[stage];
    const when = {tip: this.#tip, visit: this.#visit, changes: this.#changes};
    const done = this.#answer(id, stage, policy)
      .catch((error: unknown) => {
        // A tower that halts says so by itself.
        if (!(error instanceof OperationalError)) this.#parts.onDefect(error);
        return false;
      })
      .then((wasAsked) => {
        open.delete(id);
        if (!wasAsked) this.#wait(id, stage, when);
        this.wake();
      });
    open.set(id, done);
  }

  /** Nobody could be asked about a request when things stood so. */
  #wait(id: number, stage: RequestStage, when: {tip: string; visit: number; changes: number}): void {
    if (when.tip !== this.#tip) return;
    if (stage === 'check' && when.visit === this.#visit) this.#asked--;
    if (when.changes === this.#changes) this.#stages[stage].unavailable.add(id);
  }

  /** Answers whether somebody could be asked. */
  async #answer(id: number, stage: RequestStage, policy: Policy): Promise<boolean> {
    const {store, lock} = this.#parts;
    const question = await questionOf(store, id, stage);
    if (!question) return true;
    const outcome = readReply(stage, question.kind, await policy.ask(question));
    if (outcome.type === 'unavailable') return false;
    const answer = {id, stage, outcome, actor: policy.name};
    await lock.submit({
      actor: policy.name,
      run: (transaction, publish) => takeAnswer(transaction, publish, answer),
    });
    return true;
  }

  #policyFor(stage: RequestStage, kind: RequestKind): Policy | undefined {
    return this.#parts.policies.find((policy) => policy.handles(stage, kind));
  }
}
