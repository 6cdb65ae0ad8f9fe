import {undoRange, userKey} from '../../store/layout.js';
import {decodeUndo, decodeUser} from '../../store/rows.js';
import type {LogEntry} from '../../tower/log.js';
import {Lives} from '../semantics/lives.js';
import type {Machine} from '../tape/machine.js';
import {Histogram, type Spread} from './histogram.js';

/** What has come of a run, in numbers. */
export interface Statistics {
  readonly height: number;
  /** New users, by themselves or by an authorization; and renewals. */
  readonly registered: number;
  readonly renewed: number;
  /** Users whom blocks have deleted, those who came back with a reorg, and those whom an operator has deleted. */
  readonly deleted: number;
  readonly restored: number;
  readonly deletedByOperator: number;
  /** At the end, and at most. */
  readonly users: number;
  readonly mostUsers: number;
  readonly deposits: number;
  readonly appointments: number;
  readonly takenSlots: number;
  readonly mostTakenSlots: number;
  readonly requests: number;
  readonly approved: number;
  readonly denied: number;
  readonly failed: number;
  /** Requests that timed out, less those that came back with a reorg. */
  readonly expired: number;
  readonly mostPending: number;
  /** Blocks from a request to its approval or denial. */
  readonly latency: Spread;
  readonly reorgs: number;
  readonly deepestReorg: number;
}

type Count = Exclude<
  {[Name in keyof Statistics]: Statistics[Name] extends number ? Name : never}[keyof Statistics],
  'height' | 'users' | 'appointments' | 'takenSlots'
>;

/** Adds up what a machine decides. */
export class Tally {
  /** By the first key of each user. */
  readonly lives = new Lives();
  readonly latency = new Histogram();
  readonly #machine: Machine;
  readonly #counts: Record<Count, number> = {
    ...{registered: 0, renewed: 0, deleted: 0, restored: 0, deletedByOperator: 0, mostUsers: 0, deposits: 0},
    ...{mostTakenSlots: 0, requests: 0, approved: 0, denied: 0, failed: 0, expired: 0, mostPending: 0},
    ...{reorgs: 0, deepestReorg: 0},
  };
  readonly #keys = new Map<number, string>();
  /** Heights at which requests that are not closed were received. */
  readonly #received = new Map<number, number>();
  /** Users whom the block at a height has deleted last. */
  readonly #deletedAt = new Map<number, readonly number[]>();
  #depth = 0;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  async take(events: readonly LogEntry[]): Promise<void> {
    for (const event of events) {
      if (event.type === 'block_connected') await this.#connected(event);
      else if (event.type === 'block_disconnected') await this.#disconnected(event);
      else this.#count(event);
    }
    const counts = this.#counts;
    const {users, takenSlots, pendingRequests} = this.#machine.now.meta.counters;
    counts.mostUsers = Math.max(counts.mostUsers, users);
    counts.mostTakenSlots = Math.max(counts.mostTakenSlots, takenSlots);
    counts.mostPending = Math.max(counts.mostPending, pendingRequests);
  }

  get statistics(): Statistics {
    const {tip, counters} = this.#machine.now.meta;
    const {users, appointments, takenSlots} = counters;
    return {height: tip.height, ...this.#counts, users, appointments, takenSlots, latency: this.latency.summary};
  }

  #count(event: Exclude<LogEntry, {type: 'block_connected' | 'block_disconnected'}>): void {
    const counts = this.#counts;
    if (event.type === 'user_registered') this.#born(event.userId, event.key, event.height);
    else if (event.type === 'subscription_renewed') counts.renewed++;
    else if (event.type === 'appointment_added' || event.type === 'appointment_updated') counts.deposits++;
    else if (event.type === 'device_authorized') {
      if (event.created && event.userId !== null) this.#born(event.userId, event.key, event.height);
    } else if (event.type === 'user_deleted') {
      counts.deletedByOperator++;
      this.lives.end(this.#keyOf(event.userId, event.keys[0]), event.height);
    } else if (event.type === 'request_received') {
      counts.requests++;
      this.#received.set(event.requestId, event.height);
    } else if (event.type === 'request_decided') this.#decided(event);
  }

  #born(userId: number, key: string, height: number): void {
    this.#counts.registered++;
    this.#keys.set(userId, key);
    this.lives.begin(key, height);
  }

  #keyOf(userId: number, key: string | undefined): string {
    return this.#keys.get(userId) ?? key ?? `user ${userId}`;
  }

  #decided({requestId, state, height}: Extract<LogEntry, {type: 'request_decided'}>): void {
    const counts = this.#counts;
    if (state === 'approved' || state === 'denied' || state === 'failed') counts[state]++;
    const received = this.#received.get(requestId);
    this.#received.delete(requestId);
    if (received !== undefined && (state === 'approved' || state === 'denied')) {
      this.latency.add(Math.max(0, height - received));
    }
  }

  async #connected(event: Extract<LogEntry, {type: 'block_connected'}>): Promise<void> {
    const {height, deletedUsers, expiredRequests} = event;
    const counts = this.#counts;
    this.#depth = 0;
    counts.deleted += deletedUsers;
    counts.expired += expiredRequests?.count ?? 0;
    this.#deletedAt.delete(height);
    if (deletedUsers > 0) await this.#bury(height);
  }

  /** The event names a hundred users; what the block would undo names all. */
  async #bury(height: number): Promise<void> {
    const ids: number[] = [];
    for (const [, undo] of await this.#machine.now.range({...undoRange(height, height), limit: 1_000_000})) {
      for (const {id, user} of decodeUndo(undo)) {
        ids.push(id);
        const {start, devices} = decodeUser(user);
        const key = this.#keyOf(id, devices[0]?.key);
        // One who was there before all this.
        if (this.lives.of(key).length === 0) this.lives.begin(key, start);
        this.lives.end(key, height);
      }
    }
    this.#deletedAt.set(height, ids);
  }

  async #disconnected(event: Extract<LogEntry, {type: 'block_disconnected'}>): Promise<void> {
    const {height, restoredUsers, restoredRequests} = event;
    const counts = this.#counts;
    if (this.#depth === 0) counts.reorgs++;
    counts.deepestReorg = Math.max(counts.deepestReorg, ++this.#depth);
    counts.restored += restoredUsers;
    counts.expired -= restoredRequests?.count ?? 0;
    if (restoredUsers === 0) return;
    for (const id of this.#deletedAt.get(height) ?? []) {
      const row = await this.#machine.now.get(userKey(id));
      if (row) this.lives.begin(this.#keyOf(id, decodeUser(row).devices[0]?.key), height - 1, true);
    }
  }
}
