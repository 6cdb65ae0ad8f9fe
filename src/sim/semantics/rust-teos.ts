import {charge, maxU32, type ModelSettings, type ModelUser, slotsOf, type TowerModel} from './tower-model.js';

interface User extends ModelUser {
  readonly appointments: ReadonlyMap<string, number>;
}

/**
 * The Gatekeeper of rust-teos (since 2022). It is given every block, in order, and deletes users at or above
 * `expiry + expiry_delta`; a block that goes again lowers the height and brings nobody back. A renewal counts from the
 * old expiry.
 */
export class RustTeos implements TowerModel {
  readonly users = new Map<string, User>();
  #settings: ModelSettings;
  #height: number;

  constructor(settings: ModelSettings, tip: number) {
    this.#settings = settings;
    this.#height = tip;
  }

  register(user: string): string | undefined {
    const {subscriptionSlots, subscriptionDuration} = this.#settings;
    const known = this.users.get(user);
    const slots = (known?.slots ?? 0) + subscriptionSlots;
    if (slots > maxU32) return 'too many slots';
    const from = known?.expiry ?? this.#height;
    const appointments = known?.appointments ?? new Map<string, number>();
    this.users.set(user, {slots, expiry: Math.min(from + subscriptionDuration, maxU32), appointments});
    return undefined;
  }

  deposit(user: string, {name, blobBytes}: {readonly name: string; readonly blobBytes: number}): string | undefined {
    const known = this.users.get(user);
    if (!known) return 'not registered';
    if (this.#height >= known.expiry) return 'subscription expired';
    const slots = slotsOf(blobBytes);
    const left = charge(known.slots, known.appointments.get(name) ?? 0, slots);
    if (typeof left === 'string') return left;
    const appointments = new Map([...known.appointments, [name, slots]]);
    this.users.set(user, {...known, slots: left, appointments});
    return undefined;
  }

  connected(height: number): undefined {
    for (const [user, {expiry}] of this.users) {
      if (height >= expiry + this.#settings.expiryDelta) this.users.delete(user);
    }
    this.#height = height;
  }

  disconnected(height: number): void {
    this.#height = height - 1;
  }

  restart(): void {
    // All of it is in its database.
  }

  set(settings: ModelSettings): void {
    this.#settings = settings;
  }
}
