import {Rejection} from '../errors/index.js';
import {type AppointmentRow, decodeAppointment, encodeAppointment} from '../store/appointment-row.js';
import {appointmentKey, blobKey, deviceKey, locatorKey, toldKey, userKey} from '../store/layout.js';
import {encodeTold, encodeUser, decodeTold, type UserRow} from '../store/rows.js';
import type {Transaction} from '../store/transaction.js';
import {forgetAppointment, type Place} from './appointment-place.js';
import type {CheckedDeposit} from './deposit.js';
import type {GatekeeperEvent} from './events.js';
import {nothing} from './expiry.js';
import {countHoldings} from './holdings.js';
import type {StoreChange} from './lock.js';
import {ownerOf} from './registration.js';
import {AuthenticationFailure, NoTip} from './rejections.js';
import {decideAppointment, withoutAppointments} from './slots.js';
import {tell} from './subscription.js';
import {uuidOf} from './user-info.js';

/** Rows that a deposit reads first, and those that they lead to. */
export const appointmentReads = (key: string, locator: string): Pick<StoreChange<never>, 'reads' | 'moreReads'> => ({
  reads: [deviceKey(key), toldKey(key)],
  moreReads(fetched) {
    const row = fetched(toldKey(key));
    if (!row) return [];
    const {userId, subscription} = decodeTold(row);
    return [userKey(userId), appointmentKey(subscription, locator)];
  },
});

export interface Accepted {
  readonly user: UserRow;
  readonly appointment: AppointmentRow;
  /** Whether an appointment with this locator stood already. */
  readonly updated: boolean;
  /** False if all of it stood so already, and was answered so: then nothing was written. */
  readonly changed: boolean;
}

type Publish = (event: GatekeeperEvent) => void;

/**
 * Stores an appointment, and says so, unless all of it stood so already.
 * @throws Rejection, before anything has changed
 */
export async function takeDeposit(
  transaction: Transaction,
  publish: Publish,
  key: string,
  deposit: CheckedDeposit,
): Promise<Accepted> {
  const accepted = await putAppointment(transaction, key, deposit);
  const {user, appointment, updated, changed} = accepted;
  const {userId, slots, startBlock, toSelfDelay, blobBytes, blobHash, signature} = appointment;
  if (changed) {
    publish({
      type: updated ? 'appointment_updated' : 'appointment_added',
      height: startBlock,
      key,
      userId,
      locator: deposit.locator,
      slots,
      availableSlots: user.availableSlots,
      blobBytes,
      blobHash,
      toSelfDelay,
      startBlock,
      signature,
    });
  }
  return accepted;
}

/** Deletes appointments, by the key of their user, and says which. Answers how many they were. */
export async function takeBack(
  transaction: Transaction,
  publish: Publish,
  placesByKey: ReadonlyMap<string, readonly Place[]>,
  {refund}: {readonly refund: boolean},
): Promise<number> {
  const uuids: string[] = [];
  for (const [key, places] of placesByKey) {
    for (const uuid of await deleteAppointments(transaction, key, places, {refund})) uuids.push(uuid);
  }
  const {length: count} = uuids;
  if (count > 0) {
    publish({type: 'appointments_deleted', height: transaction.meta.tip.height, count, uuids, refunded: refund});
  }
  return count;
}

/** Stores an appointment and charges it to the subscription of a key, or the difference to what it took before. */
async function putAppointment(
  transaction: Transaction,
  key: string,
  {locator, encryptedBlob, row}: CheckedDeposit,
): Promise<Accepted> {
  if (!transaction.begun) throw new NoTip();
  const owner = await ownerOf(transaction, key);
  if (!owner) throw new AuthenticationFailure('key_not_registered', {key});
  const {subscription} = owner.user;
  const place = appointmentKey(subscription, locator);
  const before = await transaction.get(place);
  const held = before && decodeAppointment(before).slots;
  const startBlock = transaction.meta.tip.height;
  const user = decideAppointment({tipHeight: startBlock, user: owner.user, held}, row.slots);
  if (user instanceof Rejection) throw user;

  const appointment = {...row, userId: owner.id, startBlock, device: key};
  const after = encodeAppointment(appointment);
  const toldRow = await transaction.get(toldKey(key));
  const now = {slots: user.availableSlots, expiry: user.expiry};
  const told = encodeTold(tell(toldRow && decodeTold(toldRow), {subscription, userId: owner.id}, now));
  const changed = !isSame(before, after) || !isSame(toldRow, told);
  if (changed) {
    transaction.put(toldKey(key), told);
    putUser(transaction, owner.id, {before: owner.user, after: user});
    transaction.put(place, after);
    transaction.put(blobKey(subscription, locator), encryptedBlob);
    transaction.put(locatorKey(locator, subscription), nothing);
  }
  return {user, appointment, updated: held !== undefined, changed};
}

const isSame = (before: Uint8Array | undefined, after: Buffer): boolean => before !== undefined && after.equals(before);

/**
 * Deletes appointments of one key's user. Those that are not there, or not his, are passed over.
 *
 * @returns the uuids of those that were
 */
async function deleteAppointments(
  transaction: Transaction,
  key: string,
  places: readonly Place[],
  {refund}: {readonly refund: boolean},
): Promise<string[]> {
  const owner = await ownerOf(transaction, key);
  if (!owner) return [];
  const uuids: string[] = [];
  let slots = 0;
  for (const place of places) {
    if (place.subscription !== owner.user.subscription) continue;
    const row = await transaction.get(appointmentKey(place.subscription, place.locator));
    if (!row) continue;
    forgetAppointment(transaction, place);
    uuids.push(uuidOf(place.subscription, place.locator));
    slots += decodeAppointment(row).slots;
  }
  if (uuids.length === 0) return uuids;
  const after = withoutAppointments(owner.user, {count: uuids.length, slots}, refund);
  putUser(transaction, owner.id, {before: owner.user, after});
  return uuids;
}

/** What he holds has changed. */
function putUser(transaction: Transaction, id: number, {before, after}: {before: UserRow; after: UserRow}): void {
  transaction.put(userKey(id), encodeUser(after));
  countHoldings(transaction, {gone: [before], come: [after]});
}
