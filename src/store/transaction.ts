import {assert} from '../errors/index.js';
import {Changes} from './changes.js';
import type {Change, KeyValueReader, Range, Row} from './key-value-store.js';
import {logKey} from './layout.js';
import {type Meta, metaChanges} from './meta.js';

/**
 * Changes on top of committed rows. Reads see them; nobody else does until they are committed.
 * It is a place to write down decisions, not a place to take them.
 */
export class Transaction implements KeyValueReader {
  readonly #rows: KeyValueReader;
  readonly #changes = new Changes();
  readonly #fetched = new Map<string, Uint8Array | undefined>();
  readonly #before: Meta | undefined;
  #meta: Meta | undefined;
  #made = 0;

  constructor(rows: KeyValueReader, meta: Meta | undefined) {
    this.#rows = rows;
    this.#before = meta;
    this.#meta = meta;
  }

  /** Number of changed rows so far. */
  get size(): number {
    return this.#changes.size;
  }

  /** Number of changes made so far; a row that changes twice counts twice, and so do the meta rows. */
  get made(): number {
    return this.#made;
  }

  /** Whether there is anything to commit. */
  get changed(): boolean {
    return this.#changes.size > 0 || this.#meta !== this.#before;
  }

  /** True once the store has begun, this transaction included. */
  get begun(): boolean {
    return this.#meta !== undefined;
  }

  get meta(): Meta {
    assert(this.#meta, 'the store has not begun');
    return this.#meta;
  }

  /** Replaces parts of the meta rows. */
  update(change: Partial<Meta>): void {
    this.#meta = {...this.meta, ...change};
    this.#made++;
  }

  begin(meta: Meta): void {
    assert(!this.#meta, 'the store has begun already');
    this.#meta = meta;
    this.#made++;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const changed = this.#changes.get(key);
    if (changed !== undefined) return changed ?? undefined;
    if (this.#fetched.has(key)) return this.#fetched.get(key);
    return this.#rows.get(key);
  }

  async getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    const found = await this.#rows.getMany(keys);
    if (this.#changes.size === 0) return found;
    return found.map((value, i) => {
      const changed = this.#changes.get(keys[i]!);
      return changed === undefined ? value : (changed ?? undefined);
    });
  }

  /** Reads rows ahead in one go, for `get` to find. */
  async fetch(keys: readonly string[]): Promise<void> {
    const values = await this.#rows.getMany(keys);
    keys.forEach((key, i) => {
      this.#fetched.set(key, values[i]);
    });
  }

  /** A row that was read ahead, as it is committed. */
  fetched(key: string): Uint8Array | undefined {
    return this.#fetched.get(key);
  }

  async range(range: Range): Promise<Row[]> {
    assert(!range.reverse, 'a transaction is read forward');
    if (this.#changes.size === 0) return this.#rows.range(range);
    const found: Row[] = [];
    let {from} = range;
    while (found.length < range.limit) {
      const limit = range.limit - found.length;
      const page = await this.#rows.range({...range, from, limit});
      // A full page says nothing of the keys behind its last one.
      const end = page.length === limit ? `${page[limit - 1]![0]}\0` : range.to;
      found.push(...this.#overlay(page, from, end));
      if (end === range.to) break;
      from = end;
    }
    return found.length > range.limit ? found.slice(0, range.limit) : found;
  }

  async keys(range: Range): Promise<string[]> {
    return (await this.range(range)).map(([key]) => key);
  }

  put(key: string, value: Uint8Array): void {
    this.#changes.set(key, value);
    this.#made++;
  }

  del(key: string): void {
    this.#changes.set(key, null);
    this.#made++;
  }

  /** Adds a committed-to-be event to the log. */
  log(entry: unknown): void {
    const {progress} = this.meta;
    this.put(logKey(progress.nextLog), Buffer.from(JSON.stringify(entry)));
    this.update({progress: {...progress, nextLog: progress.nextLog + 1}});
  }

  /** Every change, meta rows included. */
  *changes(): Iterable<Change> {
    yield* this.#changes.entries();
    if (this.#meta) yield* metaChanges(this.#before, this.#meta);
  }

  #overlay(page: readonly Row[], from: string, to: string): Row[] {
    const changed = this.#changes.range({from, to});
    if (changed.length === 0) return [...page];
    const rows = new Map<string, Uint8Array | null>(page);
    for (const [key, value] of changed) rows.set(key, value);
    const live = [...rows].filter((row): row is [string, Uint8Array] => row[1] !== null);
    return live.sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
