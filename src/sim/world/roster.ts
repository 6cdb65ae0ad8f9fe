import type {RequestKind} from '../../store/layout.js';
import type {TowerEvent} from '../../tower/events.js';
import type {Cast} from './cast.js';
import {Memory, type MemoryMap} from './memory.js';

/** A request, as a person would call it. */
export interface KnownRequest {
  readonly id: number;
  readonly kind: RequestKind;
  readonly device: string;
  /** What the story calls the user to whom the device is to belong. */
  readonly as: string;
}

/**
 * Who belongs to whom in a story: which user ids and requests its names stand for. It learns that from what the tower
 * has committed, so that it is right also after the tower has died before it could answer.
 */
export class Roster {
  readonly #cast: Cast;
  /** What the last step of a device has called the user to whom it is to belong. */
  readonly #as: MemoryMap<string, string>;
  readonly #firstDevices: MemoryMap<string, string>;
  readonly #requests: MemoryMap<number, KnownRequest>;
  readonly #ids: MemoryMap<string, number>;
  readonly #names: MemoryMap<number, string>;

  constructor(cast: Cast, memory = new Memory()) {
    this.#cast = cast;
    this.#as = memory.map('as');
    this.#firstDevices = memory.map('first devices');
    this.#requests = memory.map('requests');
    this.#ids = memory.map('ids');
    this.#names = memory.map('names');
  }

  /** A device acts, for a user whom the story calls `as`. */
  introduce(device: string, as: string): void {
    if (this.#as.get(device) !== as) this.#as.set(device, as);
    if (!this.#firstDevices.has(as)) this.#firstDevices.set(as, device);
  }

  learn(event: TowerEvent): void {
    if (event.type === 'user_registered') this.#name(this.ownerOf(event.key), event.userId);
    else if (event.type === 'request_received') {
      const device = this.ownerOf(event.key);
      const {requestId: id, kind} = event;
      this.#requests.set(id, {id, kind, device, as: this.#as.get(device) ?? device});
    } else if (event.type === 'device_authorized' && event.userId !== null) {
      const device = this.ownerOf(event.key);
      const request = event.requestId === null ? undefined : this.#requests.get(event.requestId);
      this.#name(request?.as ?? this.#as.get(device) ?? device, event.userId);
    }
  }

  /** The device behind a public key. */
  ownerOf(key: string): string {
    return this.#cast.ownerOf(key);
  }

  appointmentOf(locator: string): string {
    return this.#cast.appointmentOf(locator);
  }

  /** Id of the user whom the story calls so; undefined while there has been none. */
  idOf(user: string | number): number | undefined {
    return typeof user === 'number' ? user : this.#ids.get(user);
  }

  /** What the story calls the user with this id now. */
  nameOf(id: number): string {
    const name = this.#names.get(id);
    return name !== undefined && this.#ids.get(name) === id ? name : `user ${id}`;
  }

  /** The device that acts for a user unless another is named: his first one. */
  deviceOf(user: string): string {
    return this.#firstDevices.get(user) ?? user;
  }

  request(id: number): KnownRequest | undefined {
    return this.#requests.get(id);
  }

  #name(name: string, id: number): void {
    if (this.#ids.get(name) !== id) this.#ids.set(name, id);
    // An id keeps its first name, whoever joins it under another.
    if (!this.#names.has(id)) this.#names.set(id, name);
  }
}
