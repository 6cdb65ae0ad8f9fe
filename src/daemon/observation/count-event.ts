import type {TowerEvent} from '../../tower/events.js';
import {deciders} from './metric-table.js';
import type {Metrics} from './metrics.js';

type Counted = Pick<Metrics, 'count'>;
type Counting = {
  readonly [Type in TowerEvent['type']]?: (event: Extract<TowerEvent, {type: Type}>, metrics: Counted) => void;
};

/** What is not counted here is told by a gauge, or by the log alone. */
const counting: Counting = {
  block_connected(event, metrics) {
    metrics.count('bartizan_blocks_connected_total');
    metrics.count('bartizan_users_deleted_total', {by: 'expiry'}, event.deletedUsers);
    metrics.count('bartizan_requests_expired_total', {}, event.expiredRequests?.count ?? 0);
  },
  block_disconnected(event, metrics) {
    metrics.count('bartizan_blocks_disconnected_total');
    metrics.count('bartizan_users_restored_total', {}, event.restoredUsers);
  },
  user_registered: (_, metrics) => metrics.count('bartizan_registrations_total', {kind: 'new'}),
  subscription_renewed: (_, metrics) => metrics.count('bartizan_registrations_total', {kind: 'renewal'}),
  receipt_issued: (_, metrics) => metrics.count('bartizan_registrations_total', {kind: 'receipt'}),
  subscription_extended: (_, metrics) => metrics.count('bartizan_registrations_total', {kind: 'extension'}),
  user_deleted: (_, metrics) => metrics.count('bartizan_users_deleted_total', {by: 'operator'}),
  appointment_added: ({blobBytes}, metrics) => countDeposit(metrics, 'added', blobBytes),
  appointment_updated: ({blobBytes}, metrics) => countDeposit(metrics, 'updated', blobBytes),
  appointments_deleted: ({count}, metrics) => metrics.count('bartizan_appointments_deleted_total', {}, count),
  request_received({kind, supersedes}, metrics) {
    metrics.count('bartizan_requests_total', {kind});
    if (supersedes !== null) countClosed(metrics, 'superseded', 'device');
  },
  request_decided: ({state, decidedBy}, metrics) => countClosed(metrics, state, decidedBy),
  request_postponed: ({attempts}, metrics) => countAnswer(metrics, attempts === 0 ? 'later' : 'error'),
  answer_recorded: ({verdict}, metrics) => countAnswer(metrics, verdict.type === 'deny' ? 'deny' : 'approve'),
  answer_late: (_, metrics) => countAnswer(metrics, 'late'),
  device_authorized: ({created, userId}, metrics) =>
    metrics.count('bartizan_devices_authorized_total', {user: created ? 'new' : userId === null ? 'none' : 'known'}),
  device_revoked: (_, metrics) => metrics.count('bartizan_devices_revoked_total'),
  function_slow: (_, metrics) => metrics.count('bartizan_policy_failures_total', {by: 'program'}),
};

/** Counts what has happened. */
export function countEvent(metrics: Counted, event: TowerEvent): void {
  (counting[event.type] as ((event: TowerEvent, metrics: Counted) => void) | undefined)?.(event, metrics);
}

function countDeposit(metrics: Counted, kind: string, bytes: number): void {
  metrics.count('bartizan_deposits_total', {kind});
  metrics.count('bartizan_deposited_bytes_total', {}, bytes);
}

function countClosed(metrics: Counted, state: string, name: string): void {
  const by = deciders.find((decider) => decider === name) ?? 'other';
  metrics.count('bartizan_requests_closed_total', {state, by});
}

const countAnswer = (metrics: Counted, outcome: string): void =>
  metrics.count('bartizan_policy_answers_total', {outcome});
