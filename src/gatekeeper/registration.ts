import {deviceKey, dueKey, toldKey, userKey} from '../store/layout.js';
import {decodeDevice, decodeTold, decodeUser, encodeTold, encodeUser, type UserRow} from '../store/rows.js';
import type {Transaction} from '../store/transaction.js';
import {assert, Rejection} from '../errors/index.js';
import {readDevice} from './auth/devices.js';
import {notAuthorized} from './auth/rejections.js';
import type {GatekeeperEvent} from './events.js';
import {putDevice, putDue} from './expiry.js';
import type {StoreChange} from './lock.js';
import {NoTip} from './rejections.js';
import {decideRegistration, type Registration, type RegistrationOutcome} from './subscription.js';

const registrationEvents = {
  registered: 'user_registered',
  renewed: 'subscription_renewed',
  answered: 'receipt_issued',
} as const satisfies Record<RegistrationOutcome, string>;

/** Rows that a registration reads first, and those that they lead to. */
export const registrationReads = (key: string): Pick<StoreChange<never>, 'reads' | 'moreReads'> => ({
  reads: [deviceKey(key), toldKey(key)],
  moreReads(fetched) {
    const row = fetched(deviceKey(key));
    return row ? [userKey(decodeDevice(row).userId)] : [];
  },
});

/**
 * Registers a key, renews the subscription of its user, or answers it as it is.
 * @throws Rejection, before anything has changed
 */
export async function register(
  transaction: Transaction,
  publish: (event: GatekeeperEvent) => void,
  key: string,
): Promise<Registration> {
  const registration = await putRegistration(transaction, key);
  const {outcome, id, user} = registration;
  publish({
    type: registrationEvents[outcome],
    height: transaction.meta.tip.height,
    key,
    userId: id,
    availableSlots: user.availableSlots,
    subscriptionStart: user.start,
    subscriptionExpiry: user.expiry,
  });
  return registration;
}

async function putRegistration(transaction: Transaction, key: string): Promise<Registration> {
  if (!transaction.begun) throw new NoTip();
  const {settings, tip, counters} = transaction.meta;
  const device = await readDevice(transaction, key);
  const owner = await ownerOf(transaction, key);
  if (!owner && settings.auth !== 'none') throw notAuthorized(key, settings.auth);
  const toldRow = await transaction.get(toldKey(key));
  const told = toldRow && decodeTold(toldRow);
  const role = device?.role ?? null;
  const decision = decideRegistration({settings, tipHeight: tip.height, counters, owner, told, role}, key);
  if (decision instanceof Rejection) throw decision;

  const {id, user} = decision;
  transaction.put(toldKey(key), encodeTold(decision.told));
  if (decision.outcome === 'answered') return decision;
  transaction.put(userKey(id), encodeUser(user));
  if (owner) transaction.del(dueKey('e', owner.user.expiry, id));
  else putDevice(transaction, key, {userId: id, role, authorizedAt: tip.height});
  putDue(transaction, user.expiry, id);
  transaction.update({counters: decision.counters});
  return decision;
}

/** The user whom a device key belongs to. */
export async function ownerOf(
  transaction: Transaction,
  key: string,
): Promise<{readonly id: number; readonly user: UserRow} | undefined> {
  const device = await readDevice(transaction, key);
  if (!device || device.userId === 0) return undefined;
  const {userId: id} = device;
  const row = await transaction.get(userKey(id));
  assert(row, `device ${key} belongs to user ${id}, who has no row`);
  return {id, user: decodeUser(row)};
}
