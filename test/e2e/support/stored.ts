import {join} from 'node:path';
import type {KeyValueReader, Row} from '../../../src/store/key-value-store.js';
import {LevelStore} from '../../../src/store/level-store.js';
import {type Table, tableRange} from '../../../src/store/layout.js';
import {pagesOf} from '../../../src/store/pages.js';
import type {TowerEvent} from '../../../src/tower/events.js';

/** Reads the store of a data directory that no tower has open. */
export async function readStored<Result>(
  dataDir: string,
  read: (rows: KeyValueReader) => Promise<Result>,
): Promise<Result> {
  const rows = await LevelStore.open(join(dataDir, 'store'), {create: false});
  try {
    return await read(rows);
  } finally {
    await rows.close();
  }
}

export async function tableOf(rows: KeyValueReader, table: Table): Promise<Row[]> {
  const all: Row[] = [];
  for await (const page of pagesOf(rows, tableRange(table))) all.push(...page);
  return all;
}

export type LoggedEvent = TowerEvent & {readonly actor: string};

/** Every committed event, in order. */
export async function loggedEvents(rows: KeyValueReader): Promise<LoggedEvent[]> {
  return (await tableOf(rows, 'log')).map(([, raw]) => JSON.parse(Buffer.from(raw).toString()) as LoggedEvent);
}
