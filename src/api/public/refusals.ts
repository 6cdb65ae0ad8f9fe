import {BartizanError, type ErrorCode} from '../../errors/index.js';
import type {Tower} from '../../tower/tower.js';
import {ClientGone} from './body-reader.js';
import {badRequest, notAuthenticated, Refusal, unavailable, wireCodes} from './refusal.js';

/** Seconds after which a full queue has room again. */
const queueSeconds = 1;
/** Seconds after which a tower may have its first block, or may have been started again. */
const towerSeconds = 10;

/** Whether the client that an error is about is still there to be told. */
export const isGone = (error: unknown): boolean => error instanceof ClientGone;

type ToRefusal = (error: BartizanError, unauthenticated: string) => Refusal;

const unauthenticated: ToRefusal = (_error, text) => notAuthenticated(text);
const expired: ToRefusal = ({facts}) => notAuthenticated(`Your subscription expired at ${facts['expiry']}`);
const exhausted = (what: string): Refusal =>
  badRequest(wireCodes.registrationResourceExhausted, `Subscription maximum ${what} reached`);

const refusals: Partial<Record<ErrorCode, ToRefusal>> = {
  TOWER_AUTHENTICATION_FAILURE: unauthenticated,
  TOWER_NOT_ENOUGH_SLOTS: unauthenticated,
  TOWER_SUBSCRIPTION_EXPIRED: expired,
  TOWER_MAXIMUM_SLOTS_REACHED: () => exhausted('slots count'),
  TOWER_MAXIMUM_EXPIRY_REACHED: () => exhausted('expiry'),
  TOWER_NOT_AUTHORIZED: () => new Refusal(503, wireCodes.serviceUnavailable, 'The key is not authorized'),
  TOWER_QUEUE_FULL: () => unavailable(queueSeconds),
  TOWER_NO_TIP: () => unavailable(towerSeconds),
  TOWER_HALTED: () => unavailable(towerSeconds),
};

/**
 * The refusal that tells of an error; undefined if it is a defect, which nobody outside is told about.
 *
 * @param unauthenticated what the endpoint says to a key that it does not know
 */
export function toRefusal(error: unknown, unauthenticated = 'User cannot be authenticated'): Refusal | undefined {
  if (error instanceof Refusal) return error;
  return error instanceof BartizanError ? refusals[error.code]?.(error, unauthenticated) : undefined;
}

/** @throws Refusal while the tower cannot promise anything: it has never had a tip, or has halted */
export function refuseUnready({tip, halted}: Pick<Tower, 'tip' | 'halted'>): void {
  if (tip === undefined || halted !== undefined) throw unavailable(towerSeconds);
}
