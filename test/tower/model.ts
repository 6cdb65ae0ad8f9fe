import type {GatekeeperSettings} from '../../src/gatekeeper/settings.js';

/*
 * The rules of subscriptions, told once more in the plainest way: maps, and a list of what each block deleted. Users
 * are few, so everything is gone through; keys, locators and blobs are numbers.
 */

export interface ModelUser {
  readonly id: number;
  readonly subscription: number;
  readonly start: number;
  expiry: number;
  slots: number;
  devices: number[];
  readonly appointments: Map<number, Held>;
}

/** An appointment, by the number of its locator. */
export interface Held {
  readonly slots: number;
  readonly blobHash: string;
  readonly toSelfDelay: number;
  readonly startBlock: number;
  readonly device: number;
  readonly signature: string;
}

interface Told {
  subscription: number;
  last: {slots: number; expiry: number};
  highest: {slots: number; expiry: number};
}

export type Answer = {slots: number; start: number; expiry: number; receipt?: string} | {refused: string};

export class Model {
  height: number;
  highest: number;
  settings: GatekeeperSettings;
  readonly users = new Map<number, ModelUser>();
  /** Ids that were ever given out. */
  readonly ids = new Set<number>();
  readonly #told = new Map<number, Told>();
  /** What each block of the chain deleted, by height. */
  readonly #deleted = new Map<number, ModelUser[]>();
  #nextId = 1;
  #nextSubscription = 1;

  constructor(height: number, settings: GatekeeperSettings) {
    this.height = height;
    this.highest = height;
    this.settings = settings;
  }

  ownerOf(key: number): ModelUser | undefined {
    return [...this.users.values()].find(({devices}) => devices.includes(key));
  }

  connect(): void {
    this.height++;
    this.highest = Math.max(this.highest, this.height);
    const outdated = [...this.users.values()].filter((user) => this.height >= user.expiry + this.settings.expiryDelta);
    for (const {id} of outdated) this.users.delete(id);
    this.#deleted.set(this.height, outdated);
  }

  disconnect(): void {
    for (const user of this.#deleted.get(this.height) ?? []) {
      const free = user.devices.filter((key) => !this.ownerOf(key));
      if (!this.users.has(user.id) && free.length > 0) this.users.set(user.id, {...user, devices: free});
    }
    this.#deleted.delete(this.height);
    this.height--;
  }

  register(key: number): Answer {
    const {subscriptionSlots, subscriptionDuration, renewal} = this.settings;
    const owner = this.ownerOf(key);
    const subscription = owner?.subscription ?? this.#nextSubscription;
    const least = this.#mustExceed(key, subscription);
    const base = owner && renewal === 'extend' ? owner.expiry : this.height;
    const expiry = Math.max(base + subscriptionDuration, least.expiry + 1, owner?.expiry ?? 0);
    const slots = Math.max((owner?.slots ?? 0) + subscriptionSlots, least.slots + 1);
    const user = owner ?? this.#create(this.#nextId++, key);
    user.slots = slots;
    user.expiry = expiry;
    this.#tell(key, user);
    return {slots, start: user.start, expiry};
  }

  appoint(key: number, locator: number, held: Held): Answer {
    const user = this.ownerOf(key);
    if (!user) return {refused: 'TOWER_AUTHENTICATION_FAILURE'};
    if (this.height >= user.expiry) return {refused: 'TOWER_SUBSCRIPTION_EXPIRED'};
    const more = held.slots - (user.appointments.get(locator)?.slots ?? 0);
    if (more > user.slots) return {refused: 'TOWER_NOT_ENOUGH_SLOTS'};
    user.slots -= more;
    user.appointments.set(locator, held);
    this.#tell(key, user);
    return {slots: user.slots, start: held.startBlock, expiry: user.expiry};
  }

  /** The operator takes an appointment away. */
  remove(user: ModelUser, locator: number, refund: boolean): void {
    if (refund) user.slots += user.appointments.get(locator)!.slots;
    user.appointments.delete(locator);
  }

  /** The operator adds blocks to a subscription. */
  extend(user: ModelUser, blocks: number): void {
    user.expiry += blocks;
  }

  /** The operator deletes a user: no block has done it, so none brings him back. */
  erase(user: ModelUser): void {
    this.users.delete(user.id);
  }

  /** A key that belongs to nobody joins a user. */
  join(key: number, user: ModelUser): void {
    user.devices.push(key);
  }

  /** A decision names an id: a new subscription, nothing inherited. Answers the user. */
  name(id: number, key: number): ModelUser {
    this.#nextId = Math.max(this.#nextId, id + 1);
    const user = this.#create(id, key);
    user.slots = this.settings.subscriptionSlots;
    user.expiry = this.height + this.settings.subscriptionDuration;
    return user;
  }

  #create(id: number, key: number): ModelUser {
    const user: ModelUser = {
      id,
      subscription: this.#nextSubscription++,
      start: this.height,
      expiry: 0,
      slots: 0,
      devices: [key],
      appointments: new Map(),
    };
    this.users.set(id, user);
    this.ids.add(id);
    return user;
  }

  #mustExceed(key: number, subscription: number): {slots: number; expiry: number} {
    const told = this.#told.get(key);
    if (!told) return {slots: -1, expiry: -1};
    return told.subscription === subscription ? told.last : told.highest;
  }

  #tell(key: number, {subscription, slots, expiry}: ModelUser): void {
    const before = this.#told.get(key);
    const highest = before?.subscription === subscription ? before.highest : {slots: 0, expiry: 0};
    this.#told.set(key, {
      subscription,
      last: {slots, expiry},
      highest: {slots: Math.max(slots, highest.slots), expiry: Math.max(expiry, highest.expiry)},
    });
  }
}
