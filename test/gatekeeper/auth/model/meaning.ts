import type {Reply} from '../../../../src/gatekeeper/auth/policy.js';
import type {RequestKind, RequestStage} from '../../../../src/store/layout.js';
import type {Verdict} from '../../../../src/store/request-row.js';

/** What a reply comes to, as the return table says it. */
export type Meaning = Verdict | 'later' | 'error' | 'unavailable';

export function meaningOf(stage: RequestStage, kind: RequestKind, reply: Reply): Meaning {
  if (reply.type === 'unavailable') return 'unavailable';
  if (reply.type === 'denied') return {type: 'deny', reason: reply.reason};
  if (reply.type === 'failed' || reply.value === -3) return 'error';
  const {value} = reply;
  if (value === -2) return 'later';
  if (value === -1) return {type: 'deny', reason: 'not authorized'};
  if (typeof value === 'number' && Number.isInteger(value) && value < -3) {
    return stage === 'check' ? {type: 'deny', reason: `not authorized (${value})`} : 'error';
  }
  if (kind === 'new_node') {
    if (value === 'primary' || value === 'secondary') return {type: 'approve_node', role: value};
    return value === '' || value === null || value === undefined ? {type: 'deny', reason: 'not authorized'} : 'error';
  }
  const isId = typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32;
  if (!isId || (value === 0 && kind === 'user_login')) return 'error';
  return {type: 'approve_user', userId: value};
}
