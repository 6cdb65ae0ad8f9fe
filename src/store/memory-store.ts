import SortedBTree from 'sorted-btree';
import type {Change, Changes, KeyValueStore, Range, Row, Snapshot} from './key-value-store.js';
import {isWithin, mayOverlap, tableOf} from './tables.js';

// The package is CommonJS and exports its class as `default`, which some bundlers and test runners see through.
const BTree = SortedBTree.default ?? (SortedBTree as unknown as typeof SortedBTree.default);
type Keys = InstanceType<typeof BTree<string, undefined>>;

const compareKeys = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Rows of one table. They are put in order only once somebody reads a range of them: most tables are read by key. */
class TableRows {
  readonly #values: Map<string, Uint8Array>;
  #order: Keys | undefined;
  /** Whether a snapshot may be looking. */
  shared = false;

  constructor(values = new Map<string, Uint8Array>(), order?: Keys) {
    this.#values = values;
    this.#order = order;
  }

  get(key: string): Uint8Array | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: Uint8Array): void {
    const before = this.#values.size;
    this.#values.set(key, value);
    if (this.#values.size > before) this.#order?.set(key, undefined);
  }

  delete(key: string): void {
    if (this.#values.delete(key)) this.#order?.delete(key);
  }

  range({from, to, limit, reverse = false}: Range): Row[] {
    const order = (this.#order ??= inOrder(this.#values.keys()));
    const found: Row[] = [];
    if (reverse) {
      for (const [key] of order.entriesReversed(to, undefined, true)) {
        if (key < from || found.length === limit) break;
        found.push([key, this.#values.get(key)!]);
      }
      return found;
    }
    order.editRange(from, to, false, (key) => {
      found.push([key, this.#values.get(key)!]);
      return found.length === limit ? {break: true} : undefined;
    });
    return found;
  }

  copy(): TableRows {
    return new TableRows(new Map(this.#values), this.#order?.clone());
  }
}

function inOrder(keys: Iterable<string>): Keys {
  const order: Keys = new BTree<string, undefined>(undefined, compareKeys);
  for (const key of [...keys].sort()) order.set(key, undefined);
  return order;
}

async function gathered(changes: Changes): Promise<Change[]> {
  const all: Change[] = [];
  for await (const change of changes) all.push(change);
  return all;
}

/** Rows in memory: the same behaviour as on disk, without the disk. For simulations and tests. */
export class MemoryStore implements KeyValueStore {
  readonly #tables = new Map<string, TableRows>();

  async get(key: string): Promise<Uint8Array | undefined> {
    return this.#tables.get(tableOf(key))?.get(key);
  }

  async getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    return keys.map((key) => this.#tables.get(tableOf(key))?.get(key));
  }

  async range(range: Range): Promise<Row[]> {
    const {from, to, limit, reverse = false} = range;
    if (limit <= 0 || from >= to) return [];
    const only = tableOf(from);
    if (isWithin(only, to)) return this.#tables.get(only)?.range(range) ?? [];
    const parts = [...this.#tables].filter(([table]) => mayOverlap(table, range)).map(([, rows]) => rows.range(range));
    if (parts.length === 1) return parts[0]!;
    const found = parts.flat().sort(([a], [b]) => (reverse ? compareKeys(b, a) : compareKeys(a, b)));
    return found.slice(0, limit);
  }

  async keys(range: Range): Promise<string[]> {
    return (await this.range(range)).map(([key]) => key);
  }

  async write(changes: Changes): Promise<void> {
    // Read to the end first: whoever fails to name all changes has made none.
    const all = Symbol.asyncIterator in changes ? await gathered(changes) : [...changes];
    for (const [key, value] of all) {
      const rows = this.#ownTable(tableOf(key));
      if (value === null) rows.delete(key);
      else rows.set(key, value);
    }
  }

  snapshot(): Snapshot {
    return this.copy();
  }

  /** Another store with the same rows, in no time however many they are. */
  copy(): MemoryStore {
    const copy = new MemoryStore();
    copy.become(this);
    return copy;
  }

  /** Takes the rows of another store instead of its own, in no time. */
  become(other: MemoryStore): void {
    const tables = [...other.#tables];
    this.#tables.clear();
    for (const [table, rows] of tables) {
      rows.shared = true;
      this.#tables.set(table, rows);
    }
  }

  async close(): Promise<void> {
    // Nothing is held.
  }

  /** A table that no snapshot sees. */
  #ownTable(table: string): TableRows {
    const rows = this.#tables.get(table);
    if (rows && !rows.shared) return rows;
    const own = rows?.copy() ?? new TableRows();
    this.#tables.set(table, own);
    return own;
  }
}
