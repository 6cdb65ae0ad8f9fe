import {assert} from '../../errors/index.js';
import {
  answeredKey,
  infoKey,
  readyKey,
  requestDueKey,
  requestKey,
  requestOfKey,
  type RequestKind,
} from '../../store/layout.js';
import {
  type Closing,
  decodeIds,
  decodeRequest,
  encodeIds,
  encodeRequest,
  type RequestRow,
  type RequestState,
} from '../../store/request-row.js';
import type {Transaction} from '../../store/transaction.js';
import {nothing} from '../expiry.js';
import {assertTransition} from './transitions.js';

/*
 * Every row that must stand beside a request is written here and nowhere else: where it waits, when it falls due, how
 * many there are, and from where on sweeps have to look.
 */

export async function readRequest(transaction: Transaction, id: number): Promise<RequestRow | undefined> {
  const row = await transaction.get(requestKey(id));
  return row && decodeRequest(row);
}

/** The newest request of a device and kind. */
export async function newestRequest(
  transaction: Transaction,
  key: string,
  kind: RequestKind,
): Promise<{readonly id: number; readonly row: RequestRow} | undefined> {
  const newest = await transaction.get(requestOfKey(key, kind));
  const [id] = newest ? decodeIds(newest) : [];
  if (id === undefined) return undefined;
  const row = await readRequest(transaction, id);
  assert(row, `request ${id} is the newest of ${key}, but has no row`);
  return {id, row};
}

/** A request that nobody has seen before. */
export function putNew(transaction: Transaction, id: number, row: RequestRow, info: string | null): void {
  putPending(transaction, id, row);
  if (info !== null) transaction.put(infoKey(id), Buffer.from(info));
  transaction.put(requestOfKey(row.key, row.kind), encodeIds([id]));
}

/** A pending request where it waits, and where the block looks in which it times out. */
function putPending(transaction: Transaction, id: number, row: RequestRow): void {
  transaction.put(requestKey(id), encodeRequest(row));
  transaction.put(requestDueKey('t', row.receivedHeight, id), nothing);
  putWaiting(transaction, id, row);
  count(transaction, row, {pending: 1});
  const {progress} = transaction.meta;
  if (row.receivedHeight <= progress.sweptTimeouts) {
    transaction.update({progress: {...progress, sweptTimeouts: row.receivedHeight - 1}});
  }
}

/** A pending request waits elsewhere from now on. */
export function moveRequest(transaction: Transaction, id: number, before: RequestRow, after: RequestRow): void {
  assert(before.state === 'pending' && after.state === 'pending', `request ${id} is ${before.state}, not pending`);
  delWaiting(transaction, id, before);
  transaction.put(requestKey(id), encodeRequest(after));
  putWaiting(transaction, id, after);
}

/** Ends a pending request. Its info goes with it, unless a reorg may yet bring it back. */
export function closeRequest(
  transaction: Transaction,
  id: number,
  row: RequestRow,
  state: Exclude<RequestState, 'pending'>,
  closing: Closing,
): RequestRow {
  assertTransition(row.state, state);
  const closed: RequestRow = {...row, state, closing};
  if (row.state === 'pending') {
    delWaiting(transaction, id, row);
    transaction.del(requestDueKey('t', row.receivedHeight, id));
    count(transaction, row, {pending: -1, closed: 1});
  } else if (row.closing) {
    transaction.del(requestDueKey('c', row.closing.height, id));
  }
  if (state !== 'expired' && row.infoHash !== null) transaction.del(infoKey(id));
  transaction.put(requestKey(id), encodeRequest(closed));
  transaction.put(requestDueKey('c', closing.height, id), nothing);
  const {progress} = transaction.meta;
  if (closing.height < progress.sweptClosed) {
    transaction.update({progress: {...progress, sweptClosed: closing.height}});
  }
  return closed;
}

/** A request that timed out in a block which is gone waits again, as it did before, and is the newest of its kind. */
export function reopenRequest(transaction: Transaction, id: number, row: RequestRow): void {
  assertTransition(row.state, 'pending');
  assert(row.closing, `request ${id} is expired, but was never closed`);
  transaction.del(requestDueKey('c', row.closing.height, id));
  count(transaction, row, {closed: -1});
  putPending(transaction, id, {...row, state: 'pending', closing: null});
  transaction.put(requestOfKey(row.key, row.kind), encodeIds([id]));
}

/** Nothing is left of a closed request. */
export async function forgetRequest(transaction: Transaction, id: number, row: RequestRow): Promise<void> {
  assert(row.closing, `request ${id} is to be forgotten, but is ${row.state}`);
  transaction.del(requestKey(id));
  transaction.del(requestDueKey('c', row.closing.height, id));
  if (row.state === 'expired' && row.infoHash !== null) transaction.del(infoKey(id));
  const newest = await transaction.get(requestOfKey(row.key, row.kind));
  if (newest && decodeIds(newest)[0] === id) transaction.del(requestOfKey(row.key, row.kind));
  count(transaction, row, {closed: -1});
}

function putWaiting(transaction: Transaction, id: number, row: RequestRow): void {
  if (!row.answer) return transaction.put(readyKeyOf(id, row), nothing);
  transaction.put(answeredKey(id), nothing);
  const {progress} = transaction.meta;
  if (id < progress.firstAnswered) transaction.update({progress: {...progress, firstAnswered: id}});
}

function delWaiting(transaction: Transaction, id: number, row: RequestRow): void {
  transaction.del(row.answer ? answeredKey(id) : readyKeyOf(id, row));
}

const readyKeyOf = (id: number, {stage, kind, readyHeight, proven}: RequestRow): string =>
  readyKey(stage, kind, readyHeight, id, proven);

function count(
  transaction: Transaction,
  {proven}: RequestRow,
  {pending = 0, closed = 0}: {pending?: number; closed?: number},
): void {
  const {counters} = transaction.meta;
  transaction.update({
    counters: {
      ...counters,
      pendingRequests: counters.pendingRequests + pending,
      closedRequests: counters.closedRequests + closed,
      unprovenRequests: counters.unprovenRequests + (proven ? 0 : pending),
    },
  });
}
