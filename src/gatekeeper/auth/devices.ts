import {assert, Rejection} from '../../errors/index.js';
import {deviceKey, toldKey, userKey} from '../../store/layout.js';
import {
  decodeDevice,
  decodeTold,
  decodeUser,
  type DeviceRow,
  encodeTold,
  encodeUser,
  type UserRow,
} from '../../store/rows.js';
import type {Transaction} from '../../store/transaction.js';
import {putDevice, putDue} from '../expiry.js';
import {forgetLater} from '../purge.js';
import {MaximumExpiryReached} from '../rejections.js';
import {maxU32} from '../settings.js';
import {join} from '../subscription.js';
import type {AuthEvent} from './events.js';
import {givesRole} from './level.js';
import {maxDevices} from './limits.js';
import {
  alreadyAuthorized,
  revokeFirst,
  deviceNotFound,
  loginWithoutUser,
  noUserId,
  tooManyDevices,
  userIdInUse,
  wrongLevel,
} from './rejections.js';

type Publish = (event: AuthEvent) => void;

export async function readDevice(transaction: Transaction, key: string): Promise<DeviceRow | undefined> {
  const row = await transaction.get(deviceKey(key));
  return row && decodeDevice(row);
}

/** What a decision gives a device, and through which request; none when it is given in advance. */
export interface Authorization {
  readonly key: string;
  readonly request: {readonly id: number; readonly isLogin: boolean; readonly isSignup: boolean} | undefined;
}

/**
 * Lets a device join a user. An id that nobody has is created, and never allocated later.
 *
 * @param userId 0: a new user
 * @returns the refusal; nothing has changed then
 */
export async function joinUser(
  transaction: Transaction,
  publish: Publish,
  {key, request}: Authorization,
  userId: number,
): Promise<DeviceRow | Rejection> {
  const {tip, counters} = transaction.meta;
  const before = await readDevice(transaction, key);
  if (before && before.userId > 0) return alreadyAuthorized(before, revokeFirst(key));
  if (userId === 0 && request?.isLogin) return loginWithoutUser();
  if (userId === 0 && counters.nextUserId > maxU32) return noUserId();
  const id = userId === 0 ? counters.nextUserId : userId;
  // What was never given out has no row.
  const row = userId === 0 ? undefined : await transaction.get(userKey(id));
  if (row && request?.isSignup) return userIdInUse(id);
  const known = row && decodeUser(row);
  if (known && known.devices.length >= maxDevices) return tooManyDevices(id, known.devices.length);
  const user = known ?? newUser(transaction);
  if (user instanceof Rejection) return user;

  const device = {userId: id, role: before?.role ?? null, authorizedAt: tip.height};
  const {role, authorizedAt} = device;
  transaction.put(userKey(id), encodeUser({...user, devices: [...user.devices, {key, role, authorizedAt}]}));
  putDevice(transaction, key, device);
  if (!known) {
    putDue(transaction, user.expiry, id);
    transaction.update({
      counters: {
        ...transaction.meta.counters,
        nextUserId: Math.max(counters.nextUserId, id + 1),
        nextSubscription: user.subscription + 1,
        users: counters.users + 1,
      },
    });
  }
  const told = await transaction.get(toldKey(key));
  const membership = {subscription: user.subscription, userId: id};
  transaction.put(toldKey(key), encodeTold(join(told && decodeTold(told), membership)));
  publish(authorized(tip.height, {key, request}, device, known ? undefined : user));
  return device;
}

/** Gives a node its role. A secondary gets a user of its own; a primary has none. */
export async function giveRole(
  transaction: Transaction,
  publish: Publish,
  {key, request}: Authorization,
  role: 'primary' | 'secondary',
): Promise<DeviceRow | Rejection> {
  const {tip, settings} = transaction.meta;
  if (!givesRole(settings.auth, role)) return wrongLevel(`no node is authorized as ${role}`, settings.auth);
  const before = await readDevice(transaction, key);
  if (before?.role) return alreadyAuthorized(before, revokeFirst(key));
  const isNew = !before && role === 'secondary';
  const joined = isNew ? await joinUser(transaction, () => undefined, {key, request: undefined}, 0) : undefined;
  if (joined instanceof Rejection) return joined;
  const {userId, authorizedAt} = joined ?? before ?? {userId: 0, authorizedAt: tip.height};
  const device = {userId, role, authorizedAt};
  await setRole(transaction, key, device, role);
  publish(authorized(tip.height, {key, request}, device, isNew ? await userOf(transaction, userId) : undefined));
  return device;
}

/** Takes a device from its user, and its role. The user stays, even without a device, until he expires. */
export async function revokeDevice(transaction: Transaction, publish: Publish, key: string): Promise<DeviceRow> {
  const {tip} = transaction.meta;
  const device = await readDevice(transaction, key);
  if (!device) throw deviceNotFound(key);
  const {userId, role} = device;
  transaction.del(deviceKey(key));
  if (userId > 0) {
    const user = await userOf(transaction, userId);
    const devices = user.devices.filter((one) => one.key !== key);
    transaction.put(userKey(userId), encodeUser({...user, devices}));
    forgetLater(transaction, {subscription: user.subscription, devices: [{key}]});
  }
  publish({type: 'device_revoked', height: tip.height, key, userId: userId === 0 ? null : userId, role});
  return device;
}

const authorized = (
  height: number,
  {key, request}: Authorization,
  {userId, role}: DeviceRow,
  created: UserRow | undefined,
): AuthEvent => ({
  type: 'device_authorized',
  height,
  key,
  userId: userId === 0 ? null : userId,
  role,
  requestId: request?.id ?? null,
  created: created ? {availableSlots: created.availableSlots, subscriptionExpiry: created.expiry} : null,
});

function newUser(transaction: Transaction): UserRow | MaximumExpiryReached {
  const {tip, settings, counters} = transaction.meta;
  const expiry = tip.height + settings.subscriptionDuration;
  if (expiry + settings.expiryDelta > maxU32) return new MaximumExpiryReached(expiry, settings.expiryDelta);
  return {
    subscription: counters.nextSubscription,
    availableSlots: settings.subscriptionSlots,
    grantedSlots: settings.subscriptionSlots,
    start: tip.height,
    expiry,
    appointments: 0,
    devices: [],
  };
}

async function setRole(
  transaction: Transaction,
  key: string,
  device: DeviceRow,
  role: 'primary' | 'secondary',
): Promise<void> {
  putDevice(transaction, key, {...device, role});
  if (device.userId === 0) return;
  const user = await userOf(transaction, device.userId);
  const devices = user.devices.map((one) => (one.key === key ? {...one, role} : one));
  transaction.put(userKey(device.userId), encodeUser({...user, devices}));
}

async function userOf(transaction: Transaction, id: number): Promise<UserRow> {
  const row = await transaction.get(userKey(id));
  assert(row, `user ${id} has a device, but no row`);
  return decodeUser(row);
}
