import SortedBTree from 'sorted-btree';
import type {Change, KeyValueStore, Range, Row, Snapshot} from './key-value-store.js';

// The package is CommonJS and exports its class as `default`.
const BTree = SortedBTree.default;
export type Tree<V> = InstanceType<typeof BTree<string, V>>;

const compareKeys = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const makeTree = <V>(): Tree<V> => new BTree<string, V>(undefined, compareKeys);

/** Pairs of a tree with `from <= key < to`, in order, at most `limit`. */
export function rangeOf<V>(tree: Tree<V>, {from, to, limit, reverse = false}: Range): [string, V][] {
  const found: [string, V][] = [];
  if (limit <= 0 || from >= to) return found;
  if (reverse) {
    for (const pair of tree.entriesReversed(to, undefined, true)) {
      if (pair[0] < from) break;
      found.push([pair[0], pair[1]]);
      if (found.length === limit) break;
    }
    return found;
  }
  tree.editRange(from, to, false, (key, value) => {
    found.push([key, value]);
    return found.length === limit ? {break: true} : undefined;
  });
  return found;
}

/** Rows in memory: the same behaviour as on disk, without the disk. For simulations and tests. */
export class MemoryStore implements KeyValueStore {
  readonly #rows: Tree<Uint8Array>;

  constructor(rows: Tree<Uint8Array> = makeTree()) {
    this.#rows = rows;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return this.#rows.get(key);
  }

  async getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    return keys.map((key) => this.#rows.get(key));
  }

  async range(range: Range): Promise<Row[]> {
    return rangeOf(this.#rows, range);
  }

  async write(changes: Iterable<Change>): Promise<void> {
    // Read to the end first: whoever fails to name all changes has made none.
    for (const [key, value] of [...changes]) {
      if (value === null) this.#rows.delete(key);
      else this.#rows.set(key, value);
    }
  }

  snapshot(): Snapshot {
    return new MemoryStore(this.#rows.clone());
  }

  async close(): Promise<void> {
    // Nothing is held.
  }
}
