import {unreachable} from '../../errors/index.js';
import type {RequestKind, RequestStage} from '../../store/layout.js';
import type {Verdict} from '../../store/request-row.js';
import {maxU32} from '../settings.js';
import type {Reply} from './policy.js';
import {tidyReason} from './reason.js';

/** What a reply means for a request. */
export type Outcome =
  | {readonly type: 'verdict'; readonly verdict: Verdict}
  /** -2: from the callback, that the check decides; from the check, that it does not know yet. */
  | {readonly type: 'later'}
  /** Counts as an attempt; the request is asked about again. */
  | {readonly type: 'error'; readonly reason: string}
  /** Nobody could be asked; no attempt is counted. */
  | {readonly type: 'unavailable'; readonly reason: string};

const notAuthorized = 'not authorized';

/**
 * The return table: what a policy's reply means. Source: OctoDB's authorization callbacks, whose two tables (for
 * decisions at once and for later ones) are one here. `docs/reference/auth.md` shows it; a test holds the two together.
 */
export function readReply(stage: RequestStage, kind: RequestKind, reply: Reply): Outcome {
  switch (reply.type) {
    case 'returned':
      return kind === 'new_node' ? readRole(stage, reply.value) : readUserId(stage, kind, reply.value);
    case 'denied':
      return deny(tidyReason(reply.reason, notAuthorized));
    case 'failed':
      return error(reply.reason);
    case 'unavailable':
      return {type: 'unavailable', reason: tidyReason(reply.reason, 'no reason given')};
    default:
      return unreachable(reply);
  }
}

function readUserId(stage: RequestStage, kind: 'user_signup' | 'user_login', value: unknown): Outcome {
  if (typeof value !== 'number') return error(`a user id was expected, ${describe(value)} came`);
  if (!Number.isInteger(value)) return error(`a user id is a whole number, ${value} came`);
  if (value < 0) return readNegative(stage, value);
  if (value > maxU32) return error(`a user id is at most ${maxU32}, ${value} came`);
  if (value === 0 && kind === 'user_login') return error('a login needs a user id, and 0 stands for a new user');
  // -0 becomes 0.
  return {type: 'verdict', verdict: {type: 'approve_user', userId: value + 0}};
}

function readRole(stage: RequestStage, value: unknown): Outcome {
  if (value === 'primary' || value === 'secondary') {
    return {type: 'verdict', verdict: {type: 'approve_node', role: value}};
  }
  if (value === '' || value === null || value === undefined) return deny(notAuthorized);
  if (typeof value === 'number' && Number.isInteger(value) && value < 0) return readNegative(stage, value);
  return error(`"primary" or "secondary" was expected, ${quote(value)} came`);
}

function readNegative(stage: RequestStage, value: number): Outcome {
  switch (value) {
    case -1:
      return deny(notAuthorized);
    case -2:
      return {type: 'later'};
    case -3:
      return error('general error');
    default:
      return stage === 'check' ? deny(`${notAuthorized} (${value})`) : error(`${value} has no meaning here`);
  }
}

const deny = (reason: string): Outcome => ({type: 'verdict', verdict: {type: 'deny', reason}});
const error = (reason: string): Outcome => ({type: 'error', reason: tidyReason(reason, 'no reason given')});

/** Characters of a text that are quoted: enough to know a misspelt role. */
const quotedCharacters = 20;

/** A node has no info that could be in the text. */
const quote = (value: unknown): string =>
  typeof value === 'string' && value.length <= quotedCharacters ? `the text ${JSON.stringify(value)}` : describe(value);

/** Looks at nothing inside the value, which may be a trap, or hold signup_info or login_info. */
function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return `a text of ${value.length} characters`;
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
