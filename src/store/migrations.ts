import type {Change, Changes, KeyValueReader} from './key-value-store.js';
import {deviceKey, localKey, metaKey, tableRange} from './layout.js';
import {pagesOf} from './pages.js';
import {intact} from './rows.js';

/** Changes that take a store from one schema version to the next. A migration is frozen once it has been released. */
export type Migration = (rows: KeyValueReader) => Changes;

/** `migrations[n]` leads from version n to n + 1. */
export const migrations: Readonly<Record<number, Migration>> = {
  1: authorizationRequests,
  2: appointmentBlobs,
};

/**
 * From 1 to 2: authorization requests. Meta rows have settings and counters more, and a told row ends with the user id,
 * which is read from the device's row; 0 where the device has none any more.
 */
async function* authorizationRequests(rows: KeyValueReader): AsyncIterable<Change> {
  const settings = {
    auth: 'none',
    authBudget: 100,
    requestTtl: 144,
    requestAttempts: 8,
    maxPendingRequests: 100_000,
    deniedCooldown: 6,
    proofWindow: 6,
  };
  yield* extended(rows, metaKey('settings'), settings);
  yield* extended(rows, metaKey('counters'), {nextRequestId: 1, pendingRequests: 0, closedRequests: 0});
  const progress = {sweptTimeouts: 0, sweptClosed: 0, purgedTimeouts: 0, firstAnswered: 0};
  yield* extended(rows, localKey('progress'), progress);
  for await (const page of pagesOf(rows, tableRange('told'))) {
    const devices = await rows.getMany(
      page.map(([key]) => deviceKey(Buffer.from(key.slice(5), 'latin1').toString('hex'))),
    );
    for (const [i, [key, told]] of page.entries()) {
      intact(told.length === 22, `a told row has ${told.length} bytes`);
      yield [key, Buffer.concat([told, devices[i]?.subarray(0, 4) ?? Buffer.alloc(4)])];
    }
  }
}

/** From 2 to 3: appointments with their blobs. Only stores without appointments come here. */
async function* appointmentBlobs(rows: KeyValueReader): AsyncIterable<Change> {
  yield* extended(rows, metaKey('settings'), {maxUnprovenRequests: 1_000});
  yield* extended(rows, metaKey('counters'), {unprovenRequests: 0, appointments: 0, takenSlots: 0});
}

/** A row of JSON with more fields at its end. */
async function* extended(rows: KeyValueReader, key: string, more: object): AsyncIterable<Change> {
  const row = await rows.get(key);
  if (!row) return;
  const before = JSON.parse(Buffer.from(row).toString()) as object;
  yield [key, Buffer.from(JSON.stringify({...before, ...more}))];
}
