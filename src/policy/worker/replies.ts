import type {Reply} from '../../gatekeeper/auth/policy.js';
import {tidyReason} from '../../gatekeeper/auth/reason.js';

/** Whoever was asked could not answer. Of the message its first line is told. */
export function failed(message: string): Reply {
  const [firstLine = ''] = message.trimStart().split('\n', 1);
  return {type: 'failed', reason: tidyReason(firstLine, 'it threw something without a message')};
}

export const unavailable = (reason: string): Reply => ({type: 'unavailable', reason});
