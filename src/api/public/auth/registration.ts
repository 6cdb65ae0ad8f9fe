import {type ErrorCode, Rejection} from '../../../errors/index.js';
import type {Admission} from '../../../gatekeeper/auth/new-request.js';
import type {RegistrationRequest} from '../../../gatekeeper/auth/views.js';
import type {RegistrationReply} from '../../../gatekeeper/gatekeeper.js';
import type {Tower} from '../../../tower/tower.js';
import {Refusal, wireCodes} from '../refusal.js';

/**
 * Registers a key. Where it needs an authorization and has none, a request for it is filed, and the refusal says which
 * one and when it is looked at: that is all that a TEOS client can show to whoever runs it.
 *
 * @throws Refusal with status 503 and code 32, besides whatever else refuses a registration
 */
export async function registerOrAsk(tower: Tower, key: string, admit: Admission): Promise<RegistrationReply> {
  const {gatekeeper, auth} = tower;
  try {
    return await gatekeeper.addUpdateUser(key);
  } catch (error) {
    if (!isRejection(error, 'TOWER_NOT_AUTHORIZED')) throw error;
  }
  try {
    const request = await auth.requestRegistration(key, {admit});
    if (request.state !== 'approved') throw notYet(waitText(request));
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    const text = refusedText(error);
    if (text !== undefined) throw notYet(text);
    // It has been authorized just now, or needs it no more.
    if (error.code !== 'TOWER_ALREADY_AUTHORIZED' && error.code !== 'TOWER_WRONG_AUTH_LEVEL') throw error;
  }
  return gatekeeper.addUpdateUser(key);
}

const notYet = (text: string): Refusal => new Refusal(503, wireCodes.serviceUnavailable, text);

const isRejection = (error: unknown, code: ErrorCode): boolean => error instanceof Rejection && error.code === code;

function waitText({requestId, state, nextLookHeight, retryHeight, reason}: RegistrationRequest): string {
  const request = `The tower has to authorize this key: request ${requestId}`;
  if (nextLookHeight !== null) {
    return `${request} is pending, and is looked at from block ${nextLookHeight} on. Register again then`;
  }
  const why = reason === null || reason === state ? '' : ` (${reason})`;
  const then = retryHeight === null ? 'Register again to ask anew' : `Register again from block ${retryHeight} on`;
  return `${request} is ${state}${why}. ${then}`;
}

function refusedText({code, facts: {retryHeight, reason}}: Rejection): string | undefined {
  if (code === 'TOWER_TOO_MANY_REQUESTS') {
    return 'The tower has to authorize this key, and too many keys wait for it already. Register again in a later block';
  }
  if (code !== 'TOWER_DENIED_COOLDOWN') return undefined;
  const why = reason === null ? '' : ` (${reason})`;
  return `The tower has denied this key${why}. Register again from block ${retryHeight} on`;
}
