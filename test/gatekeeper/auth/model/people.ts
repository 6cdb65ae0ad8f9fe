import assert from 'node:assert/strict';
import type {GatekeeperSettings} from '../../../../src/gatekeeper/settings.js';
import type {Role} from '../../../../src/store/rows.js';

/*
 * Users and devices, told once more in the plainest way. Keys are numbers; what is refused is a code, and has changed
 * nothing.
 */

export interface ModelDevice {
  /** 0: of no user. */
  userId: number;
  role: Role;
  /** Height. */
  since: number;
}

export interface ModelUser {
  readonly id: number;
  readonly subscription: number;
  readonly start: number;
  expiry: number;
  slots: number;
  /** In the order in which they joined. */
  keys: number[];
}

/** A user as he was when a block deleted him, with what each of his devices was. */
export interface Deleted {
  readonly user: ModelUser;
  readonly devices: readonly (readonly [key: number, device: ModelDevice])[];
}

export interface Joined {
  readonly device: ModelDevice;
  readonly created: boolean;
}

/** Of slots and expiry each. */
export type Pair = readonly [slots: number, expiry: number];

/** What a key was told last, zeros for nothing, and the highest it was told in that subscription or had to exceed. */
interface Told {
  readonly userId: number;
  readonly subscription: number;
  readonly last: Pair;
  readonly highest: Pair;
}

const isAbove = (one: Pair, other: Pair): boolean => one[0] > other[0] && one[1] > other[1];
const highestOf = (one: Pair, other: Pair): Pair => [Math.max(one[0], other[0]), Math.max(one[1], other[1])];

const highestId = 0xffff_ffff;

export class People {
  readonly users = new Map<number, ModelUser>();
  readonly devices = new Map<number, ModelDevice>();
  nextId = 1;
  /** Ids that anybody ever had. */
  readonly #ids = new Set<number>();
  readonly told = new Map<number, Told>();
  #nextSubscription = 1;

  belongs(key: number): boolean {
    return (this.devices.get(key)?.userId ?? 0) > 0;
  }

  /** Whose the device was before, if it is nobody's now. */
  formerUser(key: number): number | null {
    return this.belongs(key) ? null : (this.told.get(key)?.userId ?? null);
  }

  /** @param wanted 0: a new user */
  join(
    key: number,
    wanted: number,
    kind: string | undefined,
    now: number,
    settings: GatekeeperSettings,
  ): Joined | string {
    const before = this.devices.get(key);
    if (this.belongs(key)) return 'TOWER_ALREADY_AUTHORIZED';
    if (wanted === 0 && kind === 'user_login') return 'TOWER_LOGIN_WITHOUT_USER';
    if (wanted === 0 && this.nextId > highestId) return 'TOWER_NO_USER_ID';
    if (kind === 'user_signup' && this.users.has(wanted)) return 'TOWER_USER_ID_IN_USE';
    const known = this.users.get(wanted);
    const user = known ?? this.#create(wanted, now, [settings.subscriptionSlots, now + settings.subscriptionDuration]);
    user.keys.push(key);
    const device = {userId: user.id, role: before?.role ?? null, since: now};
    this.devices.set(key, device);
    const told = this.told.get(key);
    const {id: userId, subscription} = user;
    const last: Pair = told?.subscription === subscription ? told.last : [0, 0];
    this.told.set(key, {userId, subscription, last, highest: told?.highest ?? [0, 0]});
    return {device, created: !known};
  }

  giveRole(key: number, role: 'primary' | 'secondary', now: number, settings: GatekeeperSettings): Joined | string {
    if (role === 'secondary' && settings.auth !== 'node') return 'TOWER_WRONG_AUTH_LEVEL';
    const before = this.devices.get(key);
    if (before?.role) return 'TOWER_ALREADY_AUTHORIZED';
    let created = false;
    if (!before && role === 'secondary') {
      const joined = this.join(key, 0, undefined, now, settings);
      if (typeof joined === 'string') return joined;
      ({created} = joined);
    }
    const device = {...(this.devices.get(key) ?? {userId: 0, since: now}), role};
    this.devices.set(key, device);
    return {device, created};
  }

  revoke(key: number): ModelDevice | string {
    const device = this.devices.get(key);
    if (!device) return 'TOWER_DEVICE_NOT_FOUND';
    this.devices.delete(key);
    const user = this.users.get(device.userId);
    if (user) user.keys = user.keys.filter((one) => one !== key);
    return device;
  }

  register(key: number, now: number, settings: GatekeeperSettings): {userId: number; type: string} | string {
    const before = this.devices.get(key);
    const owner = this.users.get(before?.userId ?? 0);
    if (!owner && settings.auth !== 'none') return 'TOWER_NOT_AUTHORIZED';
    if (!owner && this.nextId > highestId) return 'TOWER_MAXIMUM_SLOTS_REACHED';
    const told = this.told.get(key);
    const knows = told !== undefined && told.subscription === owner?.subscription && told.last[1] > 0;
    if (owner && !knows && now < owner.expiry && isAbove([owner.slots, owner.expiry], told!.highest)) {
      this.told.set(key, {...told!, last: [owner.slots, owner.expiry], highest: [owner.slots, owner.expiry]});
      return {userId: owner.id, type: 'receipt_issued'};
    }
    const from = owner && settings.renewal === 'extend' ? owner.expiry : now;
    const above: Pair = !told ? [-1, -1] : knows ? told.last : told.highest;
    const gets: Pair = [(owner?.slots ?? 0) + settings.subscriptionSlots, from + settings.subscriptionDuration];
    const promise = highestOf(gets, [above[0] + 1, above[1] + 1]);
    const user = owner ?? this.#create(0, now, promise);
    [user.slots, user.expiry] = promise;
    if (!owner) {
      user.keys.push(key);
      this.devices.set(key, {userId: user.id, role: before?.role ?? null, since: now});
    }
    const {id: userId, subscription} = user;
    const highest = told?.subscription === subscription ? highestOf(told.highest, promise) : promise;
    this.told.set(key, {userId, subscription, last: promise, highest});
    return {userId, type: owner ? 'subscription_renewed' : 'user_registered'};
  }

  deleteOutdated(now: number, expiryDelta: number): Deleted[] {
    const outdated = [...this.users.values()].filter(({expiry}) => now >= expiry + expiryDelta);
    return outdated.map((user) => {
      const devices = user.keys.map((key) => [key, this.devices.get(key)!] as const);
      this.users.delete(user.id);
      for (const key of user.keys) this.devices.delete(key);
      return {user, devices};
    });
  }

  /** Those come back whose id is free, with the devices that are; without any only who had none. */
  restore(deleted: readonly Deleted[]): number[] {
    const restored: number[] = [];
    for (const {user, devices} of deleted) {
      const free = devices.filter(([key]) => !this.devices.has(key));
      if (this.users.has(user.id) || (free.length === 0 && devices.length > 0)) continue;
      this.users.set(user.id, {...user, keys: free.map(([key]) => key)});
      for (const [key, device] of free) this.devices.set(key, device);
      restored.push(user.id);
    }
    return restored;
  }

  #create(wanted: number, now: number, [slots, expiry]: Pair): ModelUser {
    const id = wanted === 0 ? this.nextId : wanted;
    assert(wanted !== 0 || !this.#ids.has(id), `user id ${id} is given out twice`);
    this.#ids.add(id);
    this.nextId = Math.max(this.nextId, id + 1);
    const user = {id, subscription: this.#nextSubscription++, start: now, expiry, slots, keys: []};
    this.users.set(id, user);
    return user;
  }
}
