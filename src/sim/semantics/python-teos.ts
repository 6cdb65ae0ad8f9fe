import {charge, maxU32, type ModelSettings, type ModelUser, slotsOf, type TowerModel} from './tower-model.js';

interface User extends ModelUser {
  readonly appointments: ReadonlyMap<string, number>;
}

/** Heights of which it remembers whom they delete. */
const rememberedHeights = 10;

/**
 * The Gatekeeper of python-teos (2020 to 2022). A thread of its own deletes users: at exactly `expiry + expiry_delta`,
 * whom it has written down for that height when it first met it; when one of them is not there, the thread ends. A
 * renewal counts from the tip.
 */
export class PythonTeos implements TowerModel {
  readonly users = new Map<string, User>();
  readonly #hears: 'every block' | 'tips';
  #settings: ModelSettings;
  #tip: number;
  readonly #outdated = new Map<number, readonly string[]>();
  #threadLives = true;

  /** @param hears of blocks that come together every one, or the last */
  constructor(settings: ModelSettings, tip: number, hears: 'every block' | 'tips') {
    this.#settings = settings;
    this.#tip = tip;
    this.#hears = hears;
  }

  register(user: string): string | undefined {
    const {subscriptionSlots, subscriptionDuration} = this.#settings;
    const known = this.users.get(user);
    const slots = (known?.slots ?? 0) + subscriptionSlots;
    if (slots > maxU32) return 'too many slots';
    const appointments = known?.appointments ?? new Map<string, number>();
    this.users.set(user, {slots, expiry: this.#tip + subscriptionDuration, appointments});
    return undefined;
  }

  deposit(user: string, {name, blobBytes}: {readonly name: string; readonly blobBytes: number}): string | undefined {
    const known = this.users.get(user);
    if (!known) return 'not registered';
    if (this.#tip >= known.expiry) return 'subscription expired';
    const slots = slotsOf(blobBytes);
    const left = charge(known.slots, known.appointments.get(name) ?? 0, slots);
    if (typeof left === 'string') return left;
    const appointments = new Map([...known.appointments, [name, slots]]);
    this.users.set(user, {...known, slots: left, appointments});
    return undefined;
  }

  connected(height: number, isLast: boolean): string | undefined {
    this.#tip = height;
    const isHeard = this.#hears === 'every block' || isLast;
    if (!isHeard || !this.#threadLives) return undefined;
    for (const user of this.#outdatedAt(height)) {
      if (this.users.delete(user)) continue;
      this.#threadLives = false;
      return `the thread that deletes users dies: ${user} is to go again, and is not there`;
    }
    return undefined;
  }

  disconnected(height: number): void {
    this.#tip = height - 1;
  }

  restart(): void {
    this.#threadLives = true;
    this.#outdated.clear();
  }

  set(settings: ModelSettings): void {
    this.#settings = settings;
    this.restart();
  }

  #outdatedAt(height: number): readonly string[] {
    const known = this.#outdated.get(height);
    if (known) return known;
    const users = [...this.users].filter(([, {expiry}]) => height === expiry + this.#settings.expiryDelta);
    const names = users.map(([user]) => user);
    this.#outdated.set(height, names);
    this.#outdated.delete(height - rememberedHeights);
    return names;
  }
}
