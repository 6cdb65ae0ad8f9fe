import {BartizanError, InvariantError, OperationalError, Rejection} from '../errors/index.js';
import type {StoreChange} from '../gatekeeper/lock.js';
import type {Store} from '../store/store.js';
import type {Transaction} from '../store/transaction.js';
import type {TowerEvent} from './events.js';

/** Changes that share one batch at most: enough to spread the cost of a disk sync over many. */
const groupChanges = 1_000;
/** Rows, or bytes that changes carry, after which a group is closed, so that one batch stays small. */
const groupRows = 20_000;
const groupBytes = 8 * 1024 * 1024;
/** Changes that may wait, and bytes they may carry; a stranger's request beyond is refused, a block waits its turn. */
export const queueLimit = 20_000;
export const queueBytes = 64 * 1024 * 1024;

type AnyChange = StoreChange<unknown, TowerEvent>;

interface Waiting {
  readonly change: AnyChange;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** An answer that may be given once its group is on disk. */
type Answer = () => void;

/**
 * The single writer: blocks, requests, decisions and settings are changes in one queue. Each runs to completion;
 * consecutive ones share one atomic batch; nobody hears of any of them before it is on disk. The first failure that is
 * not a rejection discards the group and ends the writer: the store holds what was promised, and a restart goes on.
 */
export class Writer {
  readonly #store: Store;
  readonly #publish: (event: TowerEvent) => void;
  readonly #onHalt: (error: BartizanError) => void;
  readonly #queue: Waiting[] = [];
  #queuedBytes = 0;
  #working: Promise<void> | undefined;
  #halted: BartizanError | undefined;
  #closed: BartizanError | undefined;

  constructor(store: Store, publish: (event: TowerEvent) => void, onHalt: (error: BartizanError) => void) {
    this.#store = store;
    this.#publish = publish;
    this.#onHalt = onHalt;
  }

  /** Why it takes no more changes, if it does not. */
  get halted(): BartizanError | undefined {
    return this.#halted ?? this.#closed;
  }

  /** Changes that wait, those of the group that is being written included. */
  get queued(): number {
    return this.#queue.length;
  }

  /**
   * Queues a change. Resolves once it is on disk.
   * @throws whatever Rejection the change throws; OperationalError TOWER_HALTED, TOWER_QUEUE_FULL
   */
  submit<Result>(change: StoreChange<Result, TowerEvent>): Promise<Result> {
    const ended = this.halted;
    if (ended) return Promise.reject(refusal(ended));
    if (change.actor.startsWith('user:')) {
      const full = this.#isFullFor(change);
      if (full) return Promise.reject(new Rejection('TOWER_QUEUE_FULL', full));
    }
    this.#queuedBytes += bytesOf(change);
    return new Promise<Result>((resolve, reject) => {
      this.#queue.push({change, resolve: resolve as (result: unknown) => void, reject});
      this.#working ??= this.#work();
    });
  }

  /** Resolves when nothing is queued. */
  async idle(): Promise<void> {
    while (this.#working) await this.#working;
  }

  /** Takes no more changes; what is queued is still done. */
  async close(): Promise<void> {
    this.#closed ??= new OperationalError('TOWER_HALTED', 'the tower is closed');
    await this.idle();
  }

  #isFullFor(change: AnyChange): string | undefined {
    if (this.#queue.length >= queueLimit) return `${queueLimit} requests are waiting`;
    const bytes = this.#queuedBytes + bytesOf(change);
    return bytes > queueBytes ? `${this.#queue.length} requests are waiting, of ${this.#queuedBytes} bytes` : undefined;
  }

  async #work(): Promise<void> {
    // Changes of one turn of the event loop belong in one group.
    await Promise.resolve();
    while (this.#queue.length > 0 && !this.#halted) {
      try {
        await this.#group();
      } catch (error) {
        this.#halt(error);
      }
    }
    this.#working = undefined;
  }

  async #group(): Promise<void> {
    const transaction = this.#store.begin();
    const group = this.#nextGroup();
    await readAhead(transaction, group);

    const answers: Answer[] = [];
    const events: TowerEvent[] = [];
    for (const waiting of group) {
      answers.push(await run(waiting, transaction, events));
      if (transaction.size >= groupRows) break;
    }
    if (transaction.changed) await this.#store.commit(transaction);
    for (const {change} of this.#queue.splice(0, answers.length)) this.#queuedBytes -= bytesOf(change);
    for (const event of events) this.#publish(event);
    for (const answer of answers) answer();
  }

  /** Those that may share the next batch. */
  #nextGroup(): Waiting[] {
    let bytes = 0;
    let size = 0;
    for (; size < Math.min(groupChanges, this.#queue.length); size++) {
      bytes += bytesOf(this.#queue[size]!.change);
      if (size > 0 && bytes > groupBytes) break;
    }
    return this.#queue.slice(0, size);
  }

  #halt(error: unknown): void {
    const halted =
      error instanceof BartizanError
        ? error
        : new InvariantError('an event failed in a way that nobody foresaw', {cause: error});
    this.#halted = halted;
    for (const {reject} of this.#queue.splice(0)) reject(refusal(halted));
    this.#onHalt(halted);
  }
}

const bytesOf = ({bytes = 0}: AnyChange): number => bytes;

async function readAhead(transaction: Transaction, group: readonly Waiting[]): Promise<void> {
  const reads = group.flatMap(({change}) => change.reads ?? []);
  if (reads.length > 0) await transaction.fetch(reads);
  const more = group.flatMap(({change}) => change.moreReads?.((key) => transaction.fetched(key)) ?? []);
  if (more.length > 0) await transaction.fetch(more);
}

async function run(
  {change, resolve, reject}: Waiting,
  transaction: Transaction,
  events: TowerEvent[],
): Promise<Answer> {
  const before = transaction.made;
  try {
    const result = await change.run(transaction, (event) => {
      events.push(event);
      transaction.log({actor: change.actor, ...event});
    });
    return () => resolve(result);
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    if (transaction.made !== before) throw new InvariantError('a rejected event has changed rows', {cause: error});
    return () => reject(error);
  }
}

const refusal = (cause: BartizanError): OperationalError =>
  new OperationalError('TOWER_HALTED', 'the tower has stopped taking events', {cause});
