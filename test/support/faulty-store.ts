import {OperationalError} from '../../src/errors/index.js';
import type {Change, Changes, KeyValueStore, Range, Row, Snapshot} from '../../src/store/index.js';

/** A store whose writes are watched, held, or fail on command: before they reach the rows, or just after. */
export class FaultyStore implements KeyValueStore {
  readonly rows: KeyValueStore;
  /** Changes of every write that was tried, in order. */
  readonly writes: Change[][] = [];
  /** What happens to the next write, once. */
  next: 'goes well' | 'fails before' | 'fails after' = 'goes well';
  /** Awaited by every write before it begins. */
  gate: Promise<void> = Promise.resolve();

  constructor(rows: KeyValueStore) {
    this.rows = rows;
  }

  async write(changes: Changes): Promise<void> {
    const all: Change[] = [];
    for await (const change of changes) all.push(change);
    this.writes.push(all);
    await this.gate;
    const fate = this.next;
    this.next = 'goes well';
    if (fate === 'fails before') throw new OperationalError('TOWER_STORE_FAILED', 'the disk is full');
    await this.rows.write(all);
    if (fate === 'fails after') throw new OperationalError('TOWER_STORE_FAILED', 'the disk went away');
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.rows.get(key);
  }

  getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    return this.rows.getMany(keys);
  }

  range(range: Range): Promise<Row[]> {
    return this.rows.range(range);
  }

  keys(range: Range): Promise<string[]> {
    return this.rows.keys(range);
  }

  snapshot(): Snapshot {
    return this.rows.snapshot();
  }

  close(): Promise<void> {
    return this.rows.close();
  }
}
