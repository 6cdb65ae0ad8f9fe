import type {DecisionSettings} from '../../store/meta.js';
import type {RequestRow} from '../../store/request-row.js';
import type {DeviceRow} from '../../store/rows.js';
import type {DeviceView, RegistrationRequest, RequestView} from './views.js';

export function viewOf(id: number, row: RequestRow, settings: DecisionSettings): RequestView {
  const {receivedHeight, state, closing} = row;
  return {
    requestId: id,
    kind: row.kind,
    key: row.key,
    state,
    proven: row.proven,
    nodeInfo: row.nodeInfo,
    infoHash: row.infoHash,
    receivedHeight,
    receivedHash: row.receivedHash,
    expiresAt: receivedHeight + settings.requestTtl,
    stage: row.stage,
    attempts: row.attempts,
    readyHeight: row.readyHeight,
    answer: row.answer,
    closing,
    revision: row.revision,
    supersedes: row.previous,
    retryHeight: state === 'denied' && closing ? closing.height + settings.deniedCooldown : null,
  };
}

export const registrationRequestOf = (
  {requestId, kind, state, proven, readyHeight, retryHeight, closing}: RequestView,
  tipHeight: number,
): RegistrationRequest => ({
  requestId,
  kind,
  state,
  proven,
  nextLookHeight: state === 'pending' ? Math.max(readyHeight, tipHeight + 1) : null,
  retryHeight,
  reason: proven ? null : (closing?.reason ?? null),
});

export const deviceViewOf = (key: string, {userId, role, authorizedAt}: DeviceRow): DeviceView => ({
  key,
  userId: userId === 0 ? null : userId,
  role,
  authorizedAt,
});
