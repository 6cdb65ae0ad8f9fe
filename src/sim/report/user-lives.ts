import {assert, unreachable} from '../../errors/index.js';
import type {TowerEvent} from '../../tower/events.js';
import type {Beginning} from './beginning.js';
import type {UserMark, UserState} from './story.js';
import {type Life, lifeOf, type Pending, rename, type Standing} from './user-life.js';

type Of<T extends TowerEvent['type']> = Extract<TowerEvent, {type: T}>;

/** Follows every user through the events of a tower, by the same rules by height as the tower. */
export class UserLives {
  readonly #lives = new Map<number, Life>();
  #owners = new Map<string, number>();
  /** Whose subscription ends at a height. */
  #expiring = new Map<number, Set<Life>>();
  /** Whom the block at a height has deleted. */
  #deletedAt = new Map<number, Life[]>();
  readonly #counts = {active: 0, grace: 0, deleted: 0};
  #pending: Pending[] = [];
  #tip = 0;
  #graceBlocks: number;

  constructor(graceBlocks: number) {
    this.#graceBlocks = graceBlocks;
  }

  get active(): number {
    return this.#counts.active;
  }

  get grace(): number {
    return this.#counts.grace;
  }

  get all(): Iterable<Pick<Life, 'id' | 'name' | 'changes'>> {
    // Of another time, some have come along who had been deleted there.
    return [...this.#lives.values()].filter(({changes}) => changes.length > 0);
  }

  /** Everybody as he was when the story begins, and those whom a reorg may bring back. */
  begin({height, users, deletedAt}: Beginning, nameOf: (id: number) => string): void {
    this.#tip = height;
    for (const {id, row} of users) {
      const life = lifeOf(id, nameOf(id), row);
      this.#lives.set(id, life);
      this.#counts.deleted++;
      for (const key of life.keys) this.#owners.set(key, id);
      this.#change(life, 'present', {state: this.#stateAt(row.expiry)});
    }
    for (const [at, deleted] of deletedAt) {
      const lives = deleted.map(({id, row}) => {
        const known = this.#lives.get(id);
        // His id was given to somebody else since, who is there, or was deleted in a later block.
        if (known && known.now.state !== 'deleted') return known;
        const life = lifeOf(id, nameOf(id), row);
        if (!known) this.#counts.deleted++;
        this.#lives.set(id, life);
        return life;
      });
      this.#deletedAt.set(at, lives);
    }
  }

  learn(event: TowerEvent, nameOf: (id: number) => string): void {
    switch (event.type) {
      case 'started':
        this.#tip = event.height;
        this.#graceBlocks = event.beginning?.settings.expiryDelta ?? this.#graceBlocks;
        return;
      case 'user_registered':
        return this.#create(event.userId, nameOf, {
          key: event.key,
          available: event.availableSlots,
          start: event.subscriptionStart,
          expiry: event.subscriptionExpiry,
        });
      case 'subscription_renewed':
      case 'receipt_issued':
        return this.#told(event);
      case 'subscription_extended':
        return this.#change(this.#alive(event.userId), 'extended', {expiry: event.subscriptionExpiry});
      case 'appointment_added':
      case 'appointment_updated': {
        const life = this.#alive(event.userId);
        const isNew = event.type === 'appointment_added';
        const appointments = life.now.appointments + (isNew ? 1 : 0);
        return this.#change(life, isNew ? 'deposit' : 'update', {available: event.availableSlots, appointments});
      }
      case 'device_authorized':
        return this.#joined(event, nameOf);
      case 'device_revoked':
        return this.#revoked(event);
      case 'user_deleted':
        return this.#delete(this.#alive(event.userId));
      case 'settings_changed':
        this.#graceBlocks = event.settings.expiryDelta;
        return;
      case 'block_connected':
        return this.#connected(event);
      case 'block_disconnected':
        return this.#disconnected(event);
      case 'chain_accepted':
        return this.#accepted(event.height);
      case 'appointments_deleted':
      case 'request_received':
      case 'request_postponed':
      case 'answer_recorded':
      case 'answer_late':
      case 'request_decided':
      case 'state_changed':
      case 'function_slow':
        return;
      default:
        return unreachable(event);
    }
  }

  /** Rows of those about whom something waits to be told. */
  get touched(): string[] {
    return this.#pending.map(({life}) => `user ${life.id}`);
  }

  /** Makes everybody what he was in an earlier moment of the same tower. */
  become(past: UserLives): void {
    const own = ({id}: Life) => this.#lives.get(id)!;
    Object.assign(this.#counts, {active: 0, grace: 0, deleted: 0});
    for (const {id, name, now} of past.#lives.values()) {
      const known = this.#lives.get(id);
      const life = known ?? {
        id,
        name,
        changes: [],
        keys: new Set<string>(),
        now: {...now, state: 'deleted'},
        isGone: true,
      };
      if (known) rename(known, name);
      this.#lives.set(id, life);
    }
    for (const life of this.#lives.values()) {
      const then = past.#lives.get(life.id);
      const before = life.now;
      const now: Standing = then?.now ?? {...before, state: 'deleted'};
      life.keys.clear();
      for (const key of then?.keys ?? []) life.keys.add(key);
      life.now = now;
      this.#counts[now.state]++;
      const names = Object.keys(now) as (keyof Standing)[];
      const isGone = then === undefined;
      const isOther = life.isGone !== isGone || names.some((name) => now[name] !== before[name]);
      life.isGone = isGone;
      // Whom the picture has never shown is not shown as deleted.
      if (isOther && (life.changes.length > 0 || now.state !== 'deleted')) {
        this.#pending.push({life, mark: isGone ? 'gone' : 'travelled', now});
      }
    }
    this.#owners = past.#owners;
    this.#expiring = new Map([...past.#expiring].map(([height, lives]) => [height, new Set([...lives].map(own))]));
    this.#deletedAt = new Map([...past.#deletedAt].map(([height, lives]) => [height, lives.map(own)]));
    this.#tip = past.#tip;
    this.#graceBlocks = past.#graceBlocks;
  }

  /** What has changed belongs to this step. */
  assign(step: number): void {
    for (const {life, mark, now} of this.#pending) life.changes.push({step, mark, ...now});
    this.#pending = [];
  }

  #create(
    id: number,
    nameOf: (id: number) => string,
    {key, available, start, expiry}: {key: string; available: number; start: number; expiry: number},
  ): void {
    const known = this.#lives.get(id);
    assert(!known || known.now.state === 'deleted', `user ${id} registers twice`);
    const now = {
      state: 'deleted' as UserState,
      available,
      granted: available,
      start,
      expiry,
      appointments: 0,
      devices: 0,
    };
    const life = known ?? {id, name: nameOf(id), changes: [], keys: new Set<string>(), now, isGone: false};
    life.isGone = false;
    if (known) rename(known, nameOf(id));
    if (!known) this.#counts.deleted++;
    for (const old of life.keys) if (this.#owners.get(old) === id) this.#owners.delete(old);
    life.keys.clear();
    this.#lives.set(id, life);
    this.#own(life, key);
    const state = this.#stateAt(expiry);
    this.#change(life, 'registered', {...now, devices: life.keys.size, state});
  }

  #told(event: Of<'user_registered' | 'subscription_renewed' | 'receipt_issued'>): void {
    const {type, userId, availableSlots: available, subscriptionExpiry: expiry} = event;
    const life = this.#alive(userId);
    const granted = life.now.granted + available - life.now.available;
    const mark = type === 'subscription_renewed' ? 'renewed' : 'receipt';
    this.#change(life, mark, {available, granted, start: event.subscriptionStart, expiry});
  }

  #joined({key, userId, created, height}: Of<'device_authorized'>, nameOf: (id: number) => string): void {
    if (userId === null) return;
    if (created) {
      const {availableSlots: available, subscriptionExpiry: expiry} = created;
      return this.#create(userId, nameOf, {key, available, start: height, expiry});
    }
    const life = this.#alive(userId);
    this.#own(life, key);
    this.#change(life, 'device', {devices: life.keys.size});
  }

  #revoked({key, userId}: Of<'device_revoked'>): void {
    if (userId === null) return;
    const life = this.#alive(userId);
    life.keys.delete(key);
    this.#owners.delete(key);
    this.#change(life, 'revoked', {devices: life.keys.size});
  }

  #connected({height, deletedUsers, userIds}: Of<'block_connected'>): void {
    this.#tip = height;
    this.#deletedAt.delete(height);
    if (deletedUsers > 0) {
      const deleted =
        deletedUsers === userIds.length
          ? userIds.map((id) => this.#alive(id))
          : [...this.#lives.values()].filter((life) => this.#isOutdated(life));
      assert(deleted.length === deletedUsers, `${deleted.length} users are outdated, ${deletedUsers} were deleted`);
      for (const life of deleted) this.#delete(life);
      this.#deletedAt.set(height, deleted);
    }
    for (const life of this.#expiring.get(height) ?? []) {
      if (life.now.state === 'active') this.#change(life, 'expired', {});
    }
  }

  #disconnected({height, restoredUsers, userIds}: Of<'block_disconnected'>): void {
    this.#tip = height - 1;
    for (const life of this.#expiring.get(height) ?? []) {
      if (life.now.state === 'grace') this.#change(life, 'revived', {});
    }
    const deleted = this.#deletedAt.get(height) ?? [];
    this.#deletedAt.delete(height);
    if (restoredUsers === 0) return;
    const named = new Set(userIds);
    const restored = deleted.filter((life) =>
      restoredUsers === userIds.length ? named.has(life.id) : this.#isFree(life),
    );
    assert(restored.length === restoredUsers, `${restoredUsers} users were restored, ${restored.length} are known`);
    for (const life of restored) {
      for (const key of [...life.keys]) if (this.#owners.has(key)) life.keys.delete(key);
      for (const key of life.keys) this.#owners.set(key, life.id);
      this.#change(life, 'restored', {state: this.#stateAt(life.now.expiry), devices: life.keys.size});
    }
  }

  /** Nobody comes or goes, but who is in grace is another question at another height. */
  #accepted(height: number): void {
    this.#tip = height;
    for (const life of this.#lives.values()) {
      const {state, expiry} = life.now;
      if (state === 'deleted' || state === this.#stateAt(expiry)) continue;
      this.#change(life, state === 'active' ? 'expired' : 'revived', {});
    }
  }

  #delete(life: Life): void {
    for (const key of life.keys) this.#owners.delete(key);
    this.#change(life, 'deleted', {state: 'deleted'});
  }

  #own(life: Life, key: string): void {
    life.keys.add(key);
    this.#owners.set(key, life.id);
  }

  /** Whether the undo of a deletion brings a user back: neither his id nor all of his devices are somebody else's. */
  #isFree({now, keys}: Life): boolean {
    return now.state === 'deleted' && (keys.size === 0 || [...keys].some((key) => !this.#owners.has(key)));
  }

  #isOutdated({now}: Life): boolean {
    return now.state !== 'deleted' && this.#tip >= now.expiry + this.#graceBlocks;
  }

  #stateAt(expiry: number): UserState {
    return this.#tip < expiry ? 'active' : 'grace';
  }

  #change(life: Life, mark: UserMark, change: Partial<Standing>): void {
    const before = life.now;
    const after = {...before, ...change};
    if (after.state !== 'deleted') after.state = this.#stateAt(after.expiry);
    this.#counts[before.state]--;
    this.#counts[after.state]++;
    if (after.expiry !== before.expiry || !this.#expiring.get(after.expiry)?.has(life)) {
      this.#expiring.get(before.expiry)?.delete(life);
      const others = this.#expiring.get(after.expiry);
      if (others) others.add(life);
      else this.#expiring.set(after.expiry, new Set([life]));
    }
    life.now = after;
    this.#pending.push({life, mark, now: after});
  }

  #alive(id: number): Life {
    const life = this.#lives.get(id);
    assert(life && life.now.state !== 'deleted', `user ${id} is not registered`);
    return life;
  }
}
