import type {Change, Range} from './key-value-store.js';
import {isWithin, tableOf} from './tables.js';

type Value = Uint8Array | null;

/** Keys of one table: those in order, and those that have come since the last range of it was read. */
interface TableKeys {
  sorted: string[];
  fresh: string[];
}

/**
 * Uncommitted changes by key; a null value deletes. Keys are put in order only for tables of which somebody has read a
 * range, because most tables are changed row by row and never read so.
 */
export class Changes {
  readonly #values = new Map<string, Value>();
  readonly #ordered = new Map<string, TableKeys>();

  get size(): number {
    return this.#values.size;
  }

  get(key: string): Value | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: Value): void {
    const before = this.#values.size;
    this.#values.set(key, value);
    if (this.#values.size === before) return;
    for (const [table, keys] of this.#ordered) {
      if (!key.startsWith(table)) continue;
      keys.fresh.push(key);
      return;
    }
  }

  /** Every change, a key once. */
  entries(): Iterable<Change> {
    return this.#values.entries();
  }

  /** Changes with `from <= key < to`, in order of key. */
  range({from, to}: Pick<Range, 'from' | 'to'>): Change[] {
    const table = tableOf(from);
    const found = isWithin(table, to) ? this.#within(table, from, to) : this.#across(from, to);
    return found.map((key) => [key, this.#values.get(key)!]);
  }

  #within(table: string, from: string, to: string): string[] {
    let keys = this.#ordered.get(table);
    if (!keys) {
      keys = {sorted: [], fresh: [...this.#values.keys()].filter((key) => key.startsWith(table))};
      this.#ordered.set(table, keys);
    }
    putInOrder(keys);
    return keys.sorted.slice(firstAtLeast(keys.sorted, from), firstAtLeast(keys.sorted, to));
  }

  #across(from: string, to: string): string[] {
    return [...this.#values.keys()].filter((key) => from <= key && key < to).sort();
  }
}

function putInOrder(keys: TableKeys): void {
  if (keys.fresh.length === 0) return;
  const fresh = keys.fresh.sort();
  const last = keys.sorted.at(-1);
  // Sweeps go upward, so that what they add comes last.
  if (last === undefined || last < fresh[0]!) for (const key of fresh) keys.sorted.push(key);
  else keys.sorted = keys.sorted.concat(fresh).sort();
  keys.fresh = [];
}

function firstAtLeast(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
