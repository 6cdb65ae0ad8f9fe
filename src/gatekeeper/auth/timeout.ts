import {assert} from '../../errors/index.js';
import type {ChainHeader} from '../../chain/header.js';
import {requestDueOf, requestDueRange, requestKey, timeoutKey, timeoutRange} from '../../store/layout.js';
import {pageRows} from '../../store/pages.js';
import {decodeIds, decodeRequest, encodeIds, type RequestRow} from '../../store/request-row.js';
import type {Transaction} from '../../store/transaction.js';
import {maxU32} from '../settings.js';
import {readDevice} from './devices.js';
import type {AuthEvent} from './events.js';
import {hasWhat} from './level.js';
import type {Received} from './new-request.js';
import {closeRequest, newestRequest, reopenRequest} from './request-rows.js';

/** Request ids named in an event; the rest is only counted. */
const namedRequests = 100;

export interface Requests {
  readonly count: number;
  /** The first hundred. */
  readonly ids: readonly number[];
}

const none: Requests = {count: 0, ids: []};

/**
 * Phase 3 of a block: pending requests with `height >= received height + time to live` expire. Reads only what is due,
 * and looks ahead, so that a block in which nothing is reads nothing.
 */
export async function expireRequests(transaction: Transaction, {height, hash}: ChainHeader): Promise<Requests> {
  const {settings, progress} = transaction.meta;
  const last = height - settings.requestTtl;
  if (last <= progress.sweptTimeouts) return none;
  const reason = `not decided within ${settings.requestTtl} ${settings.requestTtl === 1 ? 'block' : 'blocks'}`;
  const closing = {height, hash, actor: 'chain', reason, userId: null, role: null};
  const ids: number[] = [];
  const {from, to} = requestDueRange('t', progress.sweptTimeouts + 1, last);
  let count = 0;
  for (let page = await transaction.range({from, to, limit: pageRows}); page.length > 0;) {
    const due = page.map(([key]) => requestDueOf(key).id);
    const rows = await transaction.getMany(due.map(requestKey));
    due.forEach((id, i) => {
      assert(rows[i], `request ${id} is due, but has no row`);
      closeRequest(transaction, id, decodeRequest(rows[i]), 'expired', closing);
    });
    transaction.put(timeoutKey(height, count / pageRows), encodeIds(due));
    count += due.length;
    ids.push(...due.slice(0, namedRequests - ids.length));
    const next = {from: `${page[page.length - 1]![0]}\0`, to, limit: pageRows};
    page = page.length === pageRows ? await transaction.range(next) : [];
  }
  if (count > 0) {
    const now = transaction.meta.progress;
    const purgedTimeouts = Math.min(now.purgedTimeouts, height);
    transaction.update({progress: {...now, sweptTimeouts: last, purgedTimeouts}});
    return {count, ids};
  }
  const [next] = await transaction.range({...requestDueRange('t', last + 1, maxU32), limit: 1});
  const sweptTimeouts = next ? requestDueOf(next[0]).height - 1 : maxU32;
  transaction.update({progress: {...progress, sweptTimeouts}});
  return none;
}

/**
 * Undoes phase 3 of the block at this height: its requests are pending again, as they were, unless the device has sent
 * a newer one of the kind, or has been authorized. What nobody has signed gives way to what the device has.
 *
 * @param below the tip once the block is gone
 */
export async function restoreRequests(
  transaction: Transaction,
  height: number,
  below: ChainHeader,
): Promise<Requests & {readonly superseded: readonly AuthEvent[]}> {
  const superseded: AuthEvent[] = [];
  const ids: number[] = [];
  let count = 0;
  const {from, to} = timeoutRange(height, height);
  for (let page = await transaction.range({from, to, limit: 1}); page.length > 0;) {
    const [key, value] = page[0]!;
    transaction.del(key);
    const timedOut = decodeIds(value);
    const rows = await transaction.getMany(timedOut.map(requestKey));
    for (const [i, id] of timedOut.entries()) {
      // One that was forgotten early, to make room, does not come back.
      if (!rows[i]) continue;
      const row = decodeRequest(rows[i]);
      if (await isNeedless(transaction, id, row)) {
        superseded.push(supersede(transaction, {id, row}, below, 'superseded after it had expired'));
        continue;
      }
      for (const unproven of await unprovenBeside(transaction, row)) {
        superseded.push(supersede(transaction, unproven, below, `superseded by request ${id}, which is signed`));
      }
      reopenRequest(transaction, id, row);
      count++;
      if (ids.length < namedRequests) ids.push(id);
    }
    page = await transaction.range({from: `${key}\0`, to, limit: 1});
  }
  return {count, ids, superseded};
}

function supersede(
  transaction: Transaction,
  {id, row}: Received,
  {height, hash}: ChainHeader,
  reason: string,
): AuthEvent {
  const closing = {actor: 'chain', reason, userId: null, role: null};
  const {kind, key} = closeRequest(transaction, id, row, 'superseded', {height, hash, ...closing});
  const {actor: decidedBy, ...decision} = closing;
  return {type: 'request_decided', height, requestId: id, kind, key, state: 'superseded', decidedBy, ...decision};
}

async function isNeedless(transaction: Transaction, id: number, row: RequestRow): Promise<boolean> {
  const newest = await newestRequest(transaction, row.key, row.kind);
  const isNewest = newest?.id === id || (row.proven && newest?.row.signedBefore === id);
  if (!isNewest || (await hasSignedLoginSince(transaction, id, row))) return true;
  return hasWhat(row.kind, await readDevice(transaction, row.key));
}

/** A signup that anybody may have sent is not what a device wants that has signed a login since. */
async function hasSignedLoginSince(transaction: Transaction, id: number, row: RequestRow): Promise<boolean> {
  if (row.proven || row.kind !== 'user_signup') return false;
  const login = await newestRequest(transaction, row.key, 'user_login');
  return login !== undefined && login.id > id;
}

/** Pending requests that anybody may have sent, and that a request of the device's own takes the place of. */
async function unprovenBeside(transaction: Transaction, {proven, key, kind}: RequestRow): Promise<Received[]> {
  if (!proven) return [];
  const kinds = kind === 'user_login' ? ([kind, 'user_signup'] as const) : [kind];
  const newest = await Promise.all(kinds.map((one) => newestRequest(transaction, key, one)));
  return newest.filter((one) => one !== undefined && one.row.state === 'pending' && !one.row.proven) as Received[];
}
