import type {Change, Range} from './key-value-store.js';
import {mayOverlap, tableOf} from './tables.js';

type Value = Uint8Array | null;

/** Keys of one table: those in order, and those that have come since anybody asked for a range. */
interface TableKeys {
  sorted: string[];
  fresh: string[];
}

/**
 * Uncommitted changes by key; a null value deletes. Keys are put in order only once somebody reads a range of their
 * table, because most tables are changed row by row and never read so.
 */
export class Changes {
  readonly #values = new Map<string, Value>();
  readonly #tables = new Map<string, TableKeys>();

  get size(): number {
    return this.#values.size;
  }

  get(key: string): Value | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: Value): void {
    const before = this.#values.size;
    this.#values.set(key, value);
    if (this.#values.size > before) this.#keysOf(tableOf(key)).fresh.push(key);
  }

  /** Every change, a key once. */
  entries(): Iterable<Change> {
    return this.#values.entries();
  }

  /** Changes with `from <= key < to`, in order of key. */
  range({from, to}: Pick<Range, 'from' | 'to'>): Change[] {
    let found: string[] = [];
    for (const [table, keys] of this.#tables) {
      if (!mayOverlap(table, {from, to})) continue;
      putInOrder(keys);
      const part = keys.sorted.slice(firstAtLeast(keys.sorted, from), firstAtLeast(keys.sorted, to));
      found = found.length === 0 ? part : found.concat(part).sort();
    }
    return found.map((key) => [key, this.#values.get(key)!]);
  }

  #keysOf(table: string): TableKeys {
    const known = this.#tables.get(table);
    if (known) return known;
    const keys = {sorted: [], fresh: []};
    this.#tables.set(table, keys);
    return keys;
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
