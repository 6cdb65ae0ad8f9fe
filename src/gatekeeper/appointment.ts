import {Rejection} from '../errors/index.js';
import {appointmentKey, deviceKey, locatorKey, toldKey, userKey} from '../store/layout.js';
import {decodeAppointment, decodeTold, encodeAppointment, encodeTold, encodeUser, type UserRow} from '../store/rows.js';
import type {Transaction} from '../store/transaction.js';
import {nothing} from './expiry.js';
import {ownerOf} from './registration.js';
import {AuthenticationFailure, NoTip} from './rejections.js';
import {decideAppointment, withoutAppointments} from './slots.js';
import {tell} from './subscription.js';

export const appointmentReads = (key: string): string[] => [deviceKey(key), toldKey(key)];

/** Charges an appointment to the subscription of a key, or the difference to what it took before. */
export async function putAppointment(
  transaction: Transaction,
  key: string,
  {locator, slots}: {readonly locator: string; readonly slots: number},
): Promise<{id: number; user: UserRow; updated: boolean}> {
  if (!transaction.begun) throw new NoTip();
  const owner = await ownerOf(transaction, key);
  if (!owner) throw new AuthenticationFailure('key_not_registered', {key});
  const place = appointmentKey(owner.user.subscription, locator);
  const row = await transaction.get(place);
  const held = row && decodeAppointment(row);
  const tipHeight = transaction.meta.tip.height;
  const user = decideAppointment({tipHeight, user: owner.user, held}, slots);
  if (user instanceof Rejection) throw user;

  const toldRow = await transaction.get(toldKey(key));
  const now = {slots: user.availableSlots, expiry: user.expiry};
  transaction.put(
    toldKey(key),
    encodeTold(tell(toldRow && decodeTold(toldRow), {subscription: user.subscription, userId: owner.id}, now)),
  );
  transaction.put(userKey(owner.id), encodeUser(user));
  transaction.put(place, encodeAppointment(slots));
  transaction.put(locatorKey(locator, user.subscription), nothing);
  return {id: owner.id, user, updated: held !== undefined};
}

export interface Place {
  readonly subscription: number;
  readonly locator: string;
}

/** Deletes appointments of one key's user. Those that are not there, or not his, are passed over. */
export async function deleteAppointments(
  transaction: Transaction,
  key: string,
  places: readonly Place[],
  {refund}: {readonly refund: boolean},
): Promise<number> {
  const owner = await ownerOf(transaction, key);
  if (!owner) return 0;
  const gone = {count: 0, slots: 0};
  for (const {subscription, locator} of places) {
    if (subscription !== owner.user.subscription) continue;
    const row = await transaction.get(appointmentKey(subscription, locator));
    if (!row) continue;
    transaction.del(appointmentKey(subscription, locator));
    transaction.del(locatorKey(locator, subscription));
    gone.count++;
    gone.slots += decodeAppointment(row);
  }
  if (gone.count > 0) transaction.put(userKey(owner.id), encodeUser(withoutAppointments(owner.user, gone, refund)));
  return gone.count;
}
