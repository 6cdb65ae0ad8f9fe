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

/** First height at which something may become of a request; null once it is closed. */
export const nextLookHeightOf = ({state, readyHeight}: RequestView, tipHeight: number): number | null =>
  state === 'pending' ? Math.max(readyHeight, tipHeight + 1) : null;

export function registrationRequestOf(request: RequestView, tipHeight: number): RegistrationRequest {
  const {requestId, kind, state, proven, retryHeight, closing} = request;
  const nextLookHeight = nextLookHeightOf(request, tipHeight);
  const reason = proven ? null : (closing?.reason ?? null);
  return {requestId, kind, state, proven, nextLookHeight, retryHeight, reason};
}

export const deviceViewOf = (key: string, {userId, role, authorizedAt}: DeviceRow): DeviceView => ({
  key,
  userId: userId === 0 ? null : userId,
  role,
  authorizedAt,
});
