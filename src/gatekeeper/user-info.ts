import {decodeAppointment} from '../store/appointment-row.js';
import type {KeyValueReader} from '../store/key-value-store.js';
import {appointmentOf, appointmentRange} from '../store/layout.js';
import {pagesOf} from '../store/pages.js';
import type {Device, UserRow} from '../store/rows.js';

/** The seed's `uuid` of an appointment: its subscription (12 characters of hex) and its locator (32). */
export const uuidOf = (subscription: number, locator: string): string =>
  subscription.toString(16).padStart(12, '0') + locator;

/** @returns undefined for a text that is not a uuid. */
export function parseUuid(uuid: string): {subscription: number; locator: string} | undefined {
  if (!/^[0-9a-f]{44}$/.test(uuid)) return undefined;
  return {subscription: Number.parseInt(uuid.slice(0, 12), 16), locator: uuid.slice(12)};
}

/** What the tower knows of a user. Slots and heights are u32. */
export class UserInfo {
  readonly userId: number;
  readonly availableSlots: number;
  /** Slots that his appointments take. */
  readonly takenSlots: number;
  readonly subscriptionStart: number;
  /** The first height at which the subscription no longer counts. */
  readonly subscriptionExpiry: number;
  readonly appointmentCount: number;
  readonly devices: readonly Device[];
  readonly #rows: KeyValueReader;
  readonly #subscription: number;

  constructor(rows: KeyValueReader, userId: number, user: UserRow) {
    this.userId = userId;
    this.availableSlots = user.availableSlots;
    this.takenSlots = user.grantedSlots - user.availableSlots;
    this.subscriptionStart = user.start;
    this.subscriptionExpiry = user.expiry;
    this.appointmentCount = user.appointments;
    this.devices = user.devices;
    this.#rows = rows;
    this.#subscription = user.subscription;
  }

  /** His appointments, read now: uuid to slots. At most `limit` of them. @default all */
  async appointments({limit = Number.POSITIVE_INFINITY} = {}): Promise<ReadonlyMap<string, number>> {
    const appointments = new Map<string, number>();
    for await (const page of pagesOf(this.#rows, appointmentRange(this.#subscription))) {
      for (const [key, value] of page) {
        if (appointments.size >= limit) return appointments;
        appointments.set(uuidOf(this.#subscription, appointmentOf(key).locator), decodeAppointment(value).slots);
      }
    }
    return appointments;
  }
}
