import type {ChainContents} from '../../chain/index.js';
import {copyRows} from '../../store/copy.js';
import {type Change, type KeyValueStore, MemoryStore, pagesOf} from '../../store/index.js';
import type {HistoryPast} from './history.js';
import type {MemoryContents, MemoryPast} from './memory.js';

/** All that a world is at one moment, apart from it: whatever happens there, this stays. */
export interface WorldState {
  readonly height: number;
  readonly chain: ChainContents;
  readonly rows: MemoryStore;
  readonly memory: MemoryContents;
  /** Events of the tower's log that have been told. */
  readonly toldEvents: number;
  /** What it could be rolled back through; none in a file. */
  readonly past?: {readonly history: HistoryPast; readonly memory: MemoryPast} | undefined;
}

/** The rows of a store as they stand now, in memory. */
export async function copyOf(rows: KeyValueStore): Promise<MemoryStore> {
  if (rows instanceof MemoryStore) return rows.copy();
  const copy = new MemoryStore();
  const snapshot = rows.snapshot();
  try {
    await copyRows(snapshot, copy);
  } finally {
    await snapshot.close();
  }
  return copy;
}

/** The range of all keys. */
export const everything = {from: '\0', to: '\xff'.repeat(64)};

/** Gives a store these rows, and no others. */
export async function replaceRows(rows: KeyValueStore, others: MemoryStore): Promise<void> {
  if (rows instanceof MemoryStore) return rows.become(others);
  const changes = new Map<string, Change[1]>();
  for await (const page of pagesOf(rows, everything)) for (const [key] of page) changes.set(key, null);
  for await (const page of pagesOf(others, everything)) for (const [key, value] of page) changes.set(key, value);
  await rows.write(changes);
}
