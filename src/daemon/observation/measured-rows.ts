import type {Timers} from '../../chain/timers.js';
import type {Change, Changes, KeyValueStore, Range, Row, Snapshot} from '../../store/key-value-store.js';

/** One batch that has reached the disk. */
export interface Commit {
  readonly seconds: number;
  /** Rows written or deleted. */
  readonly rows: number;
}

/** A store whose commits are measured. Reads go straight through. */
export class MeasuredRows implements KeyValueStore {
  readonly #rows: KeyValueStore;
  readonly #timers: Pick<Timers, 'nowMs'>;
  readonly #onCommit: (commit: Commit) => void;

  constructor(rows: KeyValueStore, timers: Pick<Timers, 'nowMs'>, onCommit: (commit: Commit) => void) {
    this.#rows = rows;
    this.#timers = timers;
    this.#onCommit = onCommit;
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.#rows.get(key);
  }

  getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    return this.#rows.getMany(keys);
  }

  range(range: Range): Promise<Row[]> {
    return this.#rows.range(range);
  }

  keys(range: Range): Promise<string[]> {
    return this.#rows.keys(range);
  }

  snapshot(): Snapshot {
    return this.#rows.snapshot();
  }

  close(): Promise<void> {
    return this.#rows.close();
  }

  async write(changes: Changes): Promise<void> {
    const startMs = this.#timers.nowMs();
    let rows = 0;
    const count = (): void => void rows++;
    await this.#rows.write(Symbol.asyncIterator in changes ? countedLater(changes, count) : counted(changes, count));
    this.#onCommit({seconds: (this.#timers.nowMs() - startMs) / 1000, rows});
  }
}

function* counted(changes: Iterable<Change>, count: () => void): Generator<Change> {
  for (const change of changes) {
    count();
    yield change;
  }
}

async function* countedLater(changes: AsyncIterable<Change>, count: () => void): AsyncGenerator<Change> {
  for await (const change of changes) {
    count();
    yield change;
  }
}
