import {createHash} from 'node:crypto';
import type {Check} from './check.js';
import type {KeyValueReader} from './key-value-store.js';
import {
  answeredKey,
  dueRange,
  idOfAnswered,
  idOfInfo,
  infoKey,
  readyKey,
  readyOf,
  requestDueKey,
  requestDueOf,
  requestIdOf,
  requestKey,
  requestOfKey,
  tableRange,
  timeoutHeightOf,
} from './layout.js';
import type {Meta} from './meta.js';
import {pagesOf} from './pages.js';
import {readableRequest} from './readable-request.js';
import {decodeIds, type RequestRow} from './request-row.js';
import {tableOf} from './tables.js';

/** Blocks by which a reorg may lower the tip: a newer request may have been closed so many below an older one. */
const reorgBlocks = 100;

const usersDue = dueRange('e', 0, 0xffff_ffff);
/** Due rows that are not of users: those of requests, and any that are of nobody. */
const dueRanges = [
  {from: tableRange('due').from, to: usersDue.from},
  {from: usersDue.to, to: tableRange('due').to},
];

/** Requests that timed out in blocks which a reorg may take back. */
type TimedOut = Set<number>;

/**
 * Holds every authorization request against the rows that say where it waits, when it falls due, what it holds, and
 * which is the newest. Answers how many there are.
 */
export async function verifyRequests(rows: KeyValueReader, meta: Meta, check: Check): Promise<number> {
  const timedOut: TimedOut = new Set();
  const counts = {pending: 0, closed: 0, unproven: 0};
  await check.table(() => verifyTimeouts(rows, meta, timedOut, check));
  await check.table(() => verifyRows(rows, meta, timedOut, counts, check));
  const {pendingRequests, closedRequests, unprovenRequests} = meta.counters;
  check.that(
    counts.pending === pendingRequests,
    () => `${counts.pending} requests are pending, ${pendingRequests} are counted`,
  );
  check.that(
    counts.closed === closedRequests,
    () => `${counts.closed} requests are closed, ${closedRequests} are counted`,
  );
  check.that(
    counts.unproven === unprovenRequests,
    () => `${counts.unproven} pending requests are unproven, ${unprovenRequests} are counted`,
  );
  await check.table(() => verifyNewest(rows, check));
  await check.table(() => verifyPlaces(rows, tableRange('ready'), (key) => readyOf(key).id, check));
  await check.table(() => verifyPlaces(rows, tableRange('answered'), idOfAnswered, check));
  for (const range of dueRanges) {
    await check.table(() => verifyPlaces(rows, range, (key) => requestDueOf(key).id, check));
  }
  await check.table(() => verifyInfo(rows, timedOut, check));
  return counts.pending + counts.closed;
}

/** Timeout rows stand where a block finds them, and name requests that have expired there. */
async function verifyTimeouts(
  rows: KeyValueReader,
  {tip, progress}: Meta,
  timedOut: TimedOut,
  check: Check,
): Promise<void> {
  for await (const page of pagesOf(rows, tableRange('timeout'), 10)) {
    for (const [key, value] of page) {
      const height = timeoutHeightOf(key);
      check.that(height <= tip.height, () => `a timeout row stands at ${height}, above the tip`);
      check.that(height >= progress.purgedTimeouts, () => `no block will purge the timeout row at ${height}`);
      const ids = decodeIds(value);
      const requests = await rows.getMany(ids.map(requestKey));
      for (const [i, id] of ids.entries()) {
        check.that(!timedOut.has(id), () => `request ${id} is said to have timed out twice`);
        timedOut.add(id);
        // The oldest closed requests are forgotten early when there are very many.
        const row = requests[i] && readableRequest(requests[i]);
        if (!row) continue;
        const {state, closing} = row;
        check.that(
          // Time-outs that were made final stand at 0, whenever they were.
          state === 'expired' && (height === 0 || closing?.height === height),
          () => `request ${id} is said to have timed out at ${height}, but is ${state}`,
        );
      }
    }
  }
}

/** Every request stands where its row says it waits, and is found by whoever looks for it. */
async function verifyRows(
  rows: KeyValueReader,
  meta: Meta,
  timedOut: TimedOut,
  counts: {pending: number; closed: number; unproven: number},
  check: Check,
): Promise<void> {
  for await (const page of pagesOf(rows, tableRange('request'))) {
    const requests = page.flatMap(([key, value]) => {
      const id = requestIdOf(key);
      const row = requestKey(id) === key ? readableRequest(value) : undefined;
      check.that(row !== undefined, () => `the row of request ${id} cannot be read`);
      return row ? [{id, row}] : [];
    });
    const places = requests.flatMap(({id, row}) => placesOf(id, row).map((place) => ({id, place})));
    const placed = await rows.getMany(places.map(({place}) => place));
    places.forEach(({id, place}, i) => {
      check.that(placed[i] !== undefined, () => `request ${id} has no ${described(place)}`);
    });
    const newest = await rows.getMany(requests.map(({row}) => requestOfKey(row.key, row.kind)));
    const infos = await rows.getMany(requests.map(({id}) => infoKey(id)));
    requests.forEach(({id, row}, i) => {
      counts[row.state === 'pending' ? 'pending' : 'closed']++;
      if (row.state === 'pending' && !row.proven) counts.unproven++;
      check.that(id < meta.counters.nextRequestId, () => `request id ${id} could be given out again`);
      verifyProgress(id, row, meta, check);
      verifyIsNewest(id, row, newest[i], meta, check);
      const mayReturn = row.state === 'pending' || timedOut.has(id);
      check.that(
        !mayReturn || row.infoHash === null || infos[i] !== undefined,
        () => `request ${id} is ${row.state}, but its info is gone`,
      );
    });
  }
}

/** No sweep has gone past what it should have found. */
function verifyProgress(id: number, row: RequestRow, {progress}: Meta, check: Check): void {
  const {state, receivedHeight, answer, closing} = row;
  check.that(
    (state === 'pending') === (closing === null),
    () => `request ${id} is ${state}, and ${closing ? `was closed at ${closing.height}` : 'was never closed'}`,
  );
  if (closing) {
    check.that(
      closing.height >= progress.sweptClosed,
      () => `no block will forget request ${id}, which was closed at ${closing.height}`,
    );
    return;
  }
  check.that(
    receivedHeight > progress.sweptTimeouts,
    () => `no block will time out request ${id}, which was received at ${receivedHeight}`,
  );
  check.that(!answer || id >= progress.firstAnswered, () => `no block will apply the answer that request ${id} has`);
}

function verifyIsNewest(id: number, row: RequestRow, raw: Uint8Array | undefined, meta: Meta, check: Check): void {
  const {key, kind, proven, state, closing} = row;
  const newest = raw && idOf(raw);
  if (newest === undefined) {
    // The newest one is forgotten when its time has come, even if an older one was closed at a greater height.
    const mayBeForgotten = closing !== null && closing.height <= meta.progress.sweptClosed + reorgBlocks;
    check.that(mayBeForgotten, () => `request ${id} is not found as a ${kind} of ${key}`);
    return;
  }
  // One that nobody has signed gives way to an older one that a reorg has brought back.
  const gaveWay = !proven && closing !== null;
  check.that(
    newest >= id || gaveWay,
    () => `request ${id} is newer than request ${newest}, the newest ${kind} of ${key}`,
  );
  check.that(
    state !== 'pending' || newest <= id,
    () => `request ${id} is pending, but request ${newest} is the newest ${kind} of ${key}`,
  );
}

/** What is said to be the newest of a device and kind is a request of theirs. */
async function verifyNewest(rows: KeyValueReader, check: Check): Promise<void> {
  for await (const page of pagesOf(rows, tableRange('requestOf'))) {
    const ids = page.map(([, value]) => idOf(value) ?? 0);
    const requests = await rows.getMany(ids.map(requestKey));
    page.forEach(([key], i) => {
      const row = requests[i] && readableRequest(requests[i]);
      check.that(
        row !== undefined && requestOfKey(row.key, row.kind) === key,
        () => `a newest request of a device is said to be request ${ids[i]}, which is not`,
      );
    });
  }
}

/** Rows that say where a request waits agree with the request. */
async function verifyPlaces(
  rows: KeyValueReader,
  range: {readonly from: string; readonly to: string},
  requestOf: (key: string) => number,
  check: Check,
): Promise<void> {
  for await (const page of pagesOf(rows, range)) {
    const ids = page.map(([key]) => requestOf(key));
    const requests = await rows.getMany(ids.map(requestKey));
    page.forEach(([key], i) => {
      const row = requests[i] && readableRequest(requests[i]);
      const agrees = row !== undefined && placesOf(ids[i]!, row).includes(key);
      check.that(agrees, () => `${described(key)} names request ${ids[i]}, which does not stand there`);
    });
  }
}

/** Info is kept for whoever may yet be asked about it, and for nobody else. */
async function verifyInfo(rows: KeyValueReader, timedOut: TimedOut, check: Check): Promise<void> {
  for await (const page of pagesOf(rows, tableRange('info'))) {
    const ids = page.map(([key]) => idOfInfo(key));
    const requests = await rows.getMany(ids.map(requestKey));
    page.forEach(([key, info], i) => {
      const id = ids[i]!;
      const row = requests[i] && readableRequest(requests[i]);
      const mayReturn = row?.state === 'pending' || (row?.state === 'expired' && timedOut.has(id));
      const isNeeded = mayReturn && key === infoKey(id);
      check.that(isNeeded, () => `the info of request ${id} is kept, though nobody will need it`);
      check.that(
        !isNeeded || createHash('sha256').update(info).digest('hex') === row.infoHash,
        () => `the info of request ${id} is not the one that was sent`,
      );
    });
  }
}

/** Keys of the rows that say where a request waits, and when it falls due. */
function placesOf(id: number, row: RequestRow): string[] {
  const {stage, kind, proven, receivedHeight, readyHeight, answer, closing} = row;
  if (closing) return [requestDueKey('c', closing.height, id)];
  const waits = answer ? answeredKey(id) : readyKey(stage, kind, readyHeight, id, proven);
  return [requestDueKey('t', receivedHeight, id), waits];
}

function described(place: string): string {
  switch (tableOf(place)) {
    case 'due!':
      return `due row at ${requestDueOf(place).height}`;
    case 'ready!':
      return `ready row at ${readyOf(place).height}`;
    default:
      return 'answered row';
  }
}

const idOf = (raw: Uint8Array): number | undefined => (raw.length === 6 ? decodeIds(raw)[0] : undefined);
