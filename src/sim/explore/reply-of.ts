import {unreachable} from '../../errors/index.js';
import type {Reply} from '../invariants/reply.js';
import type {Refusable} from '../scenario/scenario.js';
import type {Simulation} from '../simulation.js';

interface Answer {
  readonly userId: number;
  readonly availableSlots: number;
  readonly subscriptionStart: number;
  readonly subscriptionExpiry: number;
  readonly subscriptionSignature: string;
  readonly startBlock: number;
  readonly requestId: number;
}

/** What somebody holds once he has been answered; undefined for what nobody holds against the tower. */
export function replyOf(request: Refusable, answer: unknown, {cast, roster}: Simulation): Reply | undefined {
  const {userId, availableSlots: slots, subscriptionExpiry: expiry, ...given} = answer as Answer;
  switch (request.type) {
    case 'register':
    case 'renew': {
      const key = cast.keyOf(request.type === 'register' ? request.user : roster.deviceOf(request.user));
      const {subscriptionStart: start, subscriptionSignature: signature} = given;
      return {type: 'registration', key, userId, slots, start, expiry, signature};
    }
    case 'appointment': {
      const key = cast.keyOf(request.device ?? roster.deviceOf(request.user));
      const locator = cast.locatorOf(request.user, request.name);
      return {type: 'appointment', key, userId, locator, slots, start: given.startBlock, expiry};
    }
    case 'signup':
    case 'login':
    case 'node':
    case 'request_registration':
      return {type: 'request', key: cast.keyOf(request.device), requestId: given.requestId};
    case 'approve':
    case 'deny':
    case 'authorize':
    case 'revoke':
    case 'extend':
    case 'delete':
      return undefined;
    default:
      return unreachable(request);
  }
}
