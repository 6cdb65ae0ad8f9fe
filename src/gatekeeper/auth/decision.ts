import {assert, Rejection} from '../../errors/index.js';
import type {RequestKind} from '../../store/layout.js';
import type {Closing, RequestRow, Verdict} from '../../store/request-row.js';
import type {DeviceRow} from '../../store/rows.js';
import type {Transaction} from '../../store/transaction.js';
import {type Authorization, giveRole, joinUser, readDevice} from './devices.js';
import type {AuthEvent} from './events.js';
import {hasWhat, requestKinds} from './level.js';
import {pendingFor} from './pending-for.js';
import {requestClosed, requestNotFound, wrongDecision} from './rejections.js';
import {closeRequest, newestRequest, readRequest} from './request-rows.js';

type Publish = (event: AuthEvent) => void;

/** @throws Rejection TOWER_REQUEST_NOT_FOUND, TOWER_REQUEST_CLOSED */
export async function requirePending(transaction: Transaction, id: number): Promise<RequestRow> {
  const row = await readRequest(transaction, id);
  if (!row) throw requestNotFound(id);
  if (row.state !== 'pending') throw requestClosed(id, row.state);
  return row;
}

/**
 * Decides a pending request, now.
 * @returns the closed request, or why the verdict cannot be carried out; nothing has changed then
 */
export async function decide(
  transaction: Transaction,
  publish: Publish,
  {id, row}: {readonly id: number; readonly row: RequestRow},
  verdict: Verdict,
  actor: string,
): Promise<RequestRow | Rejection> {
  const {kind, key} = row;
  if (verdict.type === 'deny') return close(transaction, publish, {id, row}, 'denied', {actor, reason: verdict.reason});
  const isNode = kind === 'new_node';
  if (isNode !== (verdict.type === 'approve_node')) return wrongDecision(kind);
  const request = {id, isLogin: kind === 'user_login', isSignup: kind === 'user_signup'};
  const device = await authorize(transaction, publish, {key, request}, verdict);
  if (device instanceof Rejection) return device;
  const closed = close(transaction, publish, {id, row}, 'approved', {actor, reason: 'approved', device});
  await closeNeedless(transaction, publish, key, device, kind);
  return closed;
}

/**
 * Gives a key what a verdict says: through its pending request if it has one that fits, else in advance.
 * @returns the device from now on
 * @throws Rejection, before anything has changed
 */
export async function authorizeKey(
  transaction: Transaction,
  publish: Publish,
  key: string,
  verdict: Exclude<Verdict, {type: 'deny'}>,
  actor: string,
): Promise<DeviceRow> {
  const request = await pendingFor(transaction, key, verdict);
  const refused = request
    ? await decide(transaction, publish, request, verdict, actor)
    : await authorize(transaction, publish, {key, request: undefined}, verdict);
  if (refused instanceof Rejection) throw refused;
  const device = await readDevice(transaction, key);
  assert(device, `device ${key} was authorized, but has no row`);
  if (!request) await closeNeedless(transaction, publish, key, device);
  return device;
}

function authorize(
  transaction: Transaction,
  publish: Publish,
  authorization: Authorization,
  verdict: Exclude<Verdict, {type: 'deny'}>,
): Promise<DeviceRow | Rejection> {
  return verdict.type === 'approve_user'
    ? joinUser(transaction, publish, authorization, verdict.userId)
    : giveRole(transaction, publish, authorization, verdict.role);
}

/** Closes the requests of a device for what it has meanwhile, those of the kind that was decided apart. */
async function closeNeedless(
  transaction: Transaction,
  publish: Publish,
  key: string,
  device: DeviceRow,
  decided?: RequestKind,
): Promise<void> {
  for (const kind of requestKinds) {
    if (kind === decided) continue;
    const newest = hasWhat(kind, device) ? await newestRequest(transaction, key, kind) : undefined;
    if (newest?.row.state !== 'pending') continue;
    close(transaction, publish, newest, 'superseded', {actor: 'tower', reason: 'authorized otherwise', device});
  }
}

/** Ends a request, and says so. */
export function close(
  transaction: Transaction,
  publish: Publish,
  {id, row}: {readonly id: number; readonly row: RequestRow},
  state: 'approved' | 'denied' | 'failed' | 'superseded',
  {actor, reason, device}: {readonly actor: string; readonly reason: string; readonly device?: DeviceRow},
): RequestRow {
  const {height, hash} = transaction.meta.tip;
  const userId = device && device.userId > 0 ? device.userId : null;
  const closing: Closing = {height, hash, actor, reason, userId, role: device?.role ?? null};
  const closed = closeRequest(transaction, id, row, state, closing);
  const {kind, key} = row;
  const {role} = closing;
  publish({type: 'request_decided', height, requestId: id, kind, key, state, decidedBy: actor, reason, userId, role});
  return closed;
}
