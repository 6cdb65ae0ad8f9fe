import {unreachable} from '../../errors/index.js';
import type {GatekeeperSettings} from '../../gatekeeper/settings.js';
import {layout} from '../../store/index.js';
import {decodeAppointment} from '../../store/appointment-row.js';
import {decodeDevice, decodeHeader, decodeUser, type Role, type UserRow} from '../../store/rows.js';
import type {TowerEvent} from '../../tower/events.js';
import {RequestLedger} from './request-ledger.js';
import type {RowView} from './row-view.js';

/** A user as the events tell of him. */
export interface Holder {
  readonly id: number;
  readonly start: number;
  expiry: number;
  /** Slots that he can use. */
  free: number;
  readonly devices: Map<string, Role>;
  /** Slots of each appointment, by locator. */
  readonly appointments: Map<string, number>;
}

/** An event, and what should have come of it. */
export interface Reckoned {
  readonly event: TowerEvent;
  /** The tip before it. */
  readonly height: number;
  readonly hash: string;
  /** Users whom it should have deleted, or brought back, in order of id. */
  readonly deleted: readonly number[];
  readonly restored: readonly number[];
  /** Requests that it should have timed out, or reopened, in order of id. */
  readonly expired: readonly number[];
  readonly reopened: readonly number[];
  /** The user whom it is about, as he was. */
  readonly before: Holder | undefined;
  /** The settings before it. */
  readonly settings: GatekeeperSettings;
  /** The most that the key of a registration was ever told before. */
  readonly told: Terms | undefined;
}

export interface Terms {
  readonly slots: number;
  readonly expiry: number;
}

/** User ids that an event names; the rest is only counted. */
export const namedAtMost = 100;

/**
 * The rules of subscriptions told once more, as plainly as can be: it believes the log about what people asked for, and
 * reckons by itself whom each block deletes, times out, or brings back. It goes through everybody, and reads no rows.
 */
export class Ledger {
  settings: GatekeeperSettings;
  readonly users = new Map<number, Holder>();
  /** The highest user id that was ever given out. */
  highestId = 0;
  readonly requests = new RequestLedger();
  /** Hashes of the chain that was processed, by height. */
  readonly chain = new Map<number, string>();
  tip = {height: 0, hash: ''};
  highest = 0;
  /** Events besides blocks. */
  deeds = 0;
  /** Something has happened that it cannot reckon: it has to begin anew with the rows. */
  isLost = false;
  /** Roles of all devices, null for one that has none. */
  readonly #roles = new Map<string, Role>();
  readonly #deleted = new Map<number, readonly Holder[]>();
  readonly #told = new Map<string, Terms>();

  constructor(settings: GatekeeperSettings) {
    this.settings = settings;
  }

  /** Begins in the middle, with the rows as they are. */
  static of(rows: RowView): Ledger {
    const {settings, tip, counters, progress} = rows.meta;
    const ledger = new Ledger(settings);
    ledger.tip = tip;
    ledger.highest = progress.highest;
    for (const key of rows.keysOf('header')) {
      const height = layout.headerHeightOf(key);
      ledger.chain.set(height, decodeHeader(height, rows.raw.get(key)!).hash);
    }
    ledger.highestId = counters.nextUserId - 1;
    for (const [id, row] of rows.users) ledger.users.set(id, holderOf(id, row, rows));
    for (const [height, parts] of rows.undo) {
      const users = [...parts.values()].flat();
      const holders = users.map(({id, user}) => holderOf(id, decodeUser(user), rows));
      if (height > 0) ledger.#deleted.set(height, holders);
    }
    for (const key of rows.keysOf('device')) {
      ledger.#roles.set(layout.publicKeyOfDevice(key), decodeDevice(rows.raw.get(key)!).role);
    }
    for (const [key, {highestSlots: slots, highestExpiry: expiry}] of rows.told) ledger.#told.set(key, {slots, expiry});
    ledger.requests.adopt(rows);
    return ledger;
  }

  ownerOf(key: string): Holder | undefined {
    for (const user of this.users.values()) if (user.devices.has(key)) return user;
    return undefined;
  }

  /** Ids of those whom the block at this height of the chain has deleted, in order. */
  deletedAt(height: number): readonly number[] {
    return inOrder(this.#deleted.get(height) ?? []);
  }

  /** The hash of a tip below the start, which no event has told. */
  findTip({height, hash}: {readonly height: number; readonly hash: string}): void {
    if (this.tip.hash !== '' || this.tip.height !== height) return;
    this.tip = {height, hash};
    this.chain.set(height, hash);
  }

  /** Takes an event in. */
  enter(event: TowerEvent): Reckoned {
    const {height, hash} = this.tip;
    const nobody = {deleted: [], restored: [], expired: [], reopened: [], before: undefined};
    const reckoned = {event, height, hash, ...nobody, settings: this.settings, told: this.#tell(event)};
    if (event.type === 'block_connected') return {...reckoned, ...this.#connect(event)};
    if (event.type === 'block_disconnected') return {...reckoned, ...this.#disconnect(event.height)};
    this.deeds++;
    return {...reckoned, before: this.#deed(event)};
  }

  #connect({height, hash}: {readonly height: number; readonly hash: string}): Pick<Reckoned, 'deleted' | 'expired'> {
    this.tip = {height, hash};
    this.highest = Math.max(this.highest, height);
    this.chain.set(height, hash);
    const outdated = [...this.users.values()].filter(({expiry}) => height >= expiry + this.settings.expiryDelta);
    for (const {id} of outdated) this.#remove(id);
    this.#deleted.set(height, outdated);
    return {deleted: inOrder(outdated), expired: this.requests.expire(height, this.settings.requestTtl)};
  }

  #disconnect(height: number): Pick<Reckoned, 'restored' | 'reopened'> {
    const below = this.chain.get(height - 1) ?? '';
    this.chain.delete(height);
    this.tip = {height: height - 1, hash: below};
    const reopened = this.requests.reopen(height, (kind, key) =>
      kind === 'new_node' ? (this.#roles.get(key) ?? null) !== null : this.ownerOf(key) !== undefined,
    );
    const restored: Holder[] = [];
    for (const user of this.#deleted.get(height) ?? []) {
      const free = [...user.devices].filter(([key]) => !this.#roles.has(key));
      if (this.users.has(user.id) || (free.length === 0 && user.devices.size > 0)) continue;
      const back = {...user, devices: new Map(free)};
      this.users.set(user.id, back);
      for (const [key, role] of free) this.#roles.set(key, role);
      restored.push(back);
    }
    this.#deleted.delete(height);
    return {restored: inOrder(restored), reopened};
  }

  /** What the key was told before; who deposits is told of his subscription, too. */
  #tell(event: TowerEvent): Terms | undefined {
    const isDeposit = event.type === 'appointment_added' || event.type === 'appointment_updated';
    if (!isDeposit && !('subscriptionStart' in event)) return undefined;
    const {key, userId, availableSlots: slots} = event;
    const expiry = 'subscriptionExpiry' in event ? event.subscriptionExpiry : (this.users.get(userId)?.expiry ?? 0);
    const before = this.#told.get(key);
    this.#told.set(key, {
      slots: Math.max(slots, before?.slots ?? 0),
      expiry: Math.max(expiry, before?.expiry ?? 0),
    });
    return before;
  }

  #deed(event: TowerEvent): Holder | undefined {
    switch (event.type) {
      case 'started':
        this.tip = {height: event.height, hash: event.hash};
        this.highest = event.height;
        this.chain.set(event.height, event.hash);
        return undefined;
      case 'chain_accepted':
        this.tip = {height: event.height, hash: event.hash};
        this.highest = event.height;
        this.chain.clear();
        this.chain.set(event.height, event.hash);
        this.#deleted.clear();
        this.requests.makeFinal();
        return undefined;
      case 'settings_changed':
        this.settings = event.settings;
        return undefined;
      case 'user_registered':
        return this.#create(event.userId, event.key, {
          start: event.subscriptionStart,
          expiry: event.subscriptionExpiry,
          free: event.availableSlots,
        });
      case 'subscription_renewed':
        return this.#alter(event.userId, (user) => {
          user.expiry = event.subscriptionExpiry;
          user.free = event.availableSlots;
        });
      case 'receipt_issued':
        return this.#alter(event.userId, () => undefined);
      case 'subscription_extended':
        return this.#alter(event.userId, (user) => {
          user.expiry += event.blocks;
        });
      case 'user_deleted': {
        const user = this.users.get(event.userId);
        this.#remove(event.userId);
        return user;
      }
      case 'appointment_added':
      case 'appointment_updated':
        return this.#alter(event.userId, (user) => {
          user.free -= event.slots - (user.appointments.get(event.locator) ?? 0);
          user.appointments.set(event.locator, event.slots);
        });
      case 'device_authorized':
        return this.#authorize(event);
      case 'device_revoked': {
        this.#roles.delete(event.key);
        if (event.userId === null) return undefined;
        return this.#alter(event.userId, (user) => user.devices.delete(event.key));
      }
      case 'request_received':
      case 'request_postponed':
      case 'answer_recorded':
      case 'request_decided':
        this.requests.enter(event, this.settings);
        return undefined;
      case 'appointments_deleted':
        // They are named by subscription, which events tell nobody.
        this.isLost = true;
        return undefined;
      case 'block_connected':
      case 'block_disconnected':
      case 'answer_late':
      case 'state_changed':
      case 'function_slow':
        return undefined;
      default:
        return unreachable(event);
    }
  }

  #authorize(event: Extract<TowerEvent, {type: 'device_authorized'}>): Holder | undefined {
    const {key, userId, role, created, height} = event;
    this.#roles.set(key, role);
    if (userId === null) return undefined;
    if (created) {
      const {availableSlots: free, subscriptionExpiry: expiry} = created;
      return this.#create(userId, key, {start: height, expiry, free});
    }
    return this.#alter(userId, (user) => user.devices.set(key, role));
  }

  #create(
    id: number,
    key: string,
    is: {readonly start: number; readonly expiry: number; readonly free: number},
  ): Holder | undefined {
    const before = this.users.get(id);
    const role = this.#roles.get(key) ?? null;
    this.#roles.set(key, role);
    this.users.set(id, {id, ...is, devices: new Map([[key, role]]), appointments: new Map()});
    this.highestId = Math.max(this.highestId, id);
    return before;
  }

  #alter(id: number, change: (user: Holder) => void): Holder | undefined {
    const user = this.users.get(id);
    if (!user) return undefined;
    const before = {...user, devices: new Map(user.devices), appointments: new Map(user.appointments)};
    change(user);
    return before;
  }

  #remove(id: number): void {
    for (const key of this.users.get(id)?.devices.keys() ?? []) this.#roles.delete(key);
    this.users.delete(id);
  }
}

const inOrder = (users: readonly Holder[]): number[] => users.map(({id}) => id).sort((a, b) => a - b);

function holderOf(
  id: number,
  {start, expiry, availableSlots: free, devices, subscription}: UserRow,
  rows: RowView,
): Holder {
  const appointments = new Map<string, number>();
  for (const key of rows.keysOf('appointment')) {
    const place = layout.appointmentOf(key);
    if (place.subscription !== subscription) continue;
    appointments.set(place.locator, decodeAppointment(rows.raw.get(key)!).slots);
  }
  return {id, start, expiry, free, devices: new Map(devices.map(({key, role}) => [key, role])), appointments};
}
