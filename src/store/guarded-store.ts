import type {Changes, KeyValueStore} from './key-value-store.js';

/** A store of which everything is passed on but the writes, which `write` is given with the store itself. */
export const guardedStore = (
  rows: KeyValueStore,
  write: (rows: KeyValueStore, changes: Changes) => Promise<void>,
): KeyValueStore => ({
  get: (key) => rows.get(key),
  getMany: (keys) => rows.getMany(keys),
  range: (range) => rows.range(range),
  keys: (range) => rows.keys(range),
  write: (changes) => write(rows, changes),
  snapshot: () => rows.snapshot(),
  close: () => rows.close(),
});
