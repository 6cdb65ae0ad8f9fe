import {unreachable} from '../../errors/index.js';
import type {Outcome} from '../../gatekeeper/auth/return-table.js';
import {readDevice} from '../../gatekeeper/auth/devices.js';
import {readRequest} from '../../gatekeeper/auth/request-rows.js';
import {parseUuid} from '../../gatekeeper/user-info.js';
import {decodeAppointment} from '../../store/appointment-row.js';
import {appointmentKey, headerKey, userKey} from '../../store/layout.js';
import type {RequestRow, Verdict} from '../../store/request-row.js';
import {decodeHeader, decodeUser} from '../../store/rows.js';
import type {Transaction} from '../../store/transaction.js';
import type {LogEntry} from '../../tower/log.js';
import type {Input, PlacesOfKey} from './input.js';

type Entry<Type extends LogEntry['type']> = Extract<LogEntry, {type: Type}>;

/** Those who decide without being asked. */
const deciders: readonly string[] = ['operator', 'program'];

/**
 * What came from outside, by the first event that it led to and the rows that stood before it. Where several inputs lead
 * to the same rows and events, it is one of them.
 *
 * @returns a sentence instead where nothing from outside leads to such an event first
 */
export async function inputOf(rows: Transaction, entry: LogEntry): Promise<Input | string> {
  switch (entry.type) {
    case 'started': {
      if (!entry.beginning) return 'it does not say with which settings and headers the tower began';
      const {network, genesis, settings, ...history} = entry.beginning;
      return {type: 'begin', chain: {network, genesis}, history, height: entry.height, settings};
    }
    case 'block_connected':
      return {type: 'connect', header: entry.header};
    case 'block_disconnected':
      return {type: 'disconnect'};
    case 'chain_accepted':
      if (!entry.history) return 'it does not say which headers were accepted';
      return {type: 'accept_chain', history: entry.history, height: entry.height, depth: entry.depth};
    case 'settings_changed':
      return {type: 'settings', settings: entry.settings};
    case 'user_registered':
    case 'subscription_renewed':
    case 'receipt_issued':
      return {type: 'register', key: entry.key};
    case 'appointment_added':
    case 'appointment_updated': {
      const {key, locator, blobBytes, blobHash, toSelfDelay, signature} = entry;
      return {type: 'deposit', key, locator, blobBytes, blobHash, toSelfDelay, signature};
    }
    case 'appointments_deleted':
      return {type: 'delete_appointments', refund: entry.refunded, of: await placesOf(rows, entry.uuids)};
    case 'subscription_extended':
      return {type: 'extend', userId: entry.userId, blocks: entry.blocks};
    case 'user_deleted':
      return {type: 'delete_user', userId: entry.userId};
    case 'request_received':
      return requestOf(rows, entry);
    case 'request_postponed': {
      const {attempts, reason} = entry;
      return answerTo(rows, entry, attempts === 0 ? {type: 'later'} : {type: 'error', reason});
    }
    case 'answer_recorded':
      return answerTo(rows, entry, {type: 'verdict', verdict: entry.verdict});
    case 'answer_late':
      return lateAnswer(rows, entry);
    case 'device_authorized':
      return authorizationOf(rows, entry);
    case 'request_decided':
      return decisionOf(rows, entry);
    case 'device_revoked':
      return {type: 'revoke', key: entry.key};
    default:
      return unreachable(entry);
  }
}

/** Neighbours of one user stay together, and in order; any of his devices will do. */
async function placesOf(rows: Transaction, uuids: readonly string[]): Promise<PlacesOfKey[]> {
  const places = new Map<string, {subscription: number; locator: string}[]>();
  for (const uuid of uuids) {
    const place = parseUuid(uuid);
    const appointment = place && (await rows.get(appointmentKey(place.subscription, place.locator)));
    const user = appointment && (await rows.get(userKey(decodeAppointment(appointment).userId)));
    const key = user && decodeUser(user).devices[0]?.key;
    if (!place || key === undefined) continue;
    const others = places.get(key);
    if (others) others.push(place);
    else places.set(key, [place]);
  }
  return [...places].map(([key, of]) => ({key, places: of}));
}

/** The text of its info is on no tape; that its block was recent, the tower has seen. */
async function requestOf(rows: Transaction, entry: Entry<'request_received'>): Promise<Input | string> {
  const {kind, key, infoHash, nodeInfo, proven, proofHeight} = entry;
  if (!proven) return {type: 'ask', key};
  const header = await rows.get(headerKey(proofHeight));
  if (!header) return `its proof names block ${proofHeight}, which is not one of the last`;
  const blockHash = decodeHeader(proofHeight, header).hash;
  const info = infoHash === null ? null : '';
  return {type: 'submit', submission: {kind, key, info, infoHash, nodeInfo, blockHeight: proofHeight, blockHash}};
}

async function answerTo(
  rows: Transaction,
  {requestId: id, actor}: {readonly requestId: number; readonly actor: string},
  outcome: Exclude<Outcome, {type: 'unavailable'}>,
): Promise<Input | string> {
  const row = await readRequest(rows, id);
  if (!row) return `there is no request ${id}`;
  return {type: 'answer', answer: {id, stage: row.stage, outcome, actor}};
}

/** One at a stage at which it is not any more comes too late, whatever it says. */
async function lateAnswer(rows: Transaction, {requestId: id, actor}: Entry<'answer_late'>): Promise<Input | string> {
  const row = await readRequest(rows, id);
  if (!row) return `there is no request ${id}`;
  const stage = row.stage === 'callback' ? 'check' : 'callback';
  return {type: 'answer', answer: {id, stage, outcome: {type: 'later'}, actor}};
}

async function authorizationOf(rows: Transaction, entry: Entry<'device_authorized'>): Promise<Input | string> {
  const {requestId, key, userId, role, actor, created} = entry;
  const request = requestId === null ? undefined : await readRequest(rows, requestId);
  if (requestId !== null && !request) return `there is no request ${requestId}`;
  const isNode = request ? request.kind === 'new_node' : await givesRole(rows, entry);
  const verdict = isNode ? nodeVerdict(role) : userVerdict(rows, {userId, isNew: created !== null, request});
  if (typeof verdict === 'string') return verdict;
  if (requestId === null) return {type: 'authorize', key, verdict, actor};
  return verdictOn(rows, requestId, verdict, actor);
}

/** A device that has a user already can only get a role, and one that has a role only a user. */
async function givesRole(rows: Transaction, {key, role}: Entry<'device_authorized'>): Promise<boolean> {
  const before = await readDevice(rows, key);
  return before ? before.userId > 0 : role !== null;
}

type Approval = Exclude<Verdict, {type: 'deny'}>;

const nodeVerdict = (role: 'primary' | 'secondary' | null): Approval | string =>
  role === null ? 'it gives a node no role' : {type: 'approve_node', role};

/** An id that comes next may have been named or not: it leads to the same. */
function userVerdict(
  rows: Transaction,
  who: {readonly userId: number | null; readonly isNew: boolean; readonly request: RequestRow | undefined},
): Approval | string {
  const {userId, isNew, request} = who;
  if (userId === null) return 'it names no user';
  const isNext = isNew && userId === rows.meta.counters.nextUserId && request?.kind !== 'user_login';
  return {type: 'approve_user', userId: isNext ? 0 : userId};
}

async function decisionOf(rows: Transaction, entry: Entry<'request_decided'>): Promise<Input | string> {
  const {requestId, state, reason, actor, key} = entry;
  if (state === 'denied') return verdictOn(rows, requestId, {type: 'deny', reason}, actor);
  if (state === 'failed') return answerTo(rows, entry, {type: 'error', reason});
  if (state === 'approved') return 'nothing was authorized before it';
  // A verdict that a device had no need of any more, whatever it was.
  const role = (await readDevice(rows, key))?.role ?? 'secondary';
  const verdict: Verdict = entry.kind === 'new_node' ? {type: 'approve_node', role} : {type: 'approve_user', userId: 1};
  return answerTo(rows, entry, {type: 'verdict', verdict});
}

async function verdictOn(
  rows: Transaction,
  requestId: number,
  verdict: Verdict,
  actor: string,
): Promise<Input | string> {
  if (deciders.includes(actor)) return {type: 'decide', requestId, verdict, actor};
  return answerTo(rows, {requestId, actor}, {type: 'verdict', verdict});
}
