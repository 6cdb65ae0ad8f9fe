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

/** Id of the user whom an event has made; undefined for one that makes none. */
export function createdBy(event: TowerEvent): number | undefined {
  if (event.type === 'user_registered') return event.userId;
  return event.type === 'device_authorized' && event.created ? (event.userId ?? undefined) : undefined;
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
  /** Of one that is told a log again: the first name of each id. */
  #firstNames: MemoryMap<number, string> | undefined;

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
      // A request that is told again was for whom it was for, whoever the device has acted for since.
      if (!this.#requests.has(id)) this.#requests.set(id, {id, kind, device, as: this.#as.get(device) ?? device});
    } else if (event.type === 'device_authorized' && event.userId !== null) {
      const device = this.ownerOf(event.key);
      const request = event.requestId === null ? undefined : this.#requests.get(event.requestId);
      this.#name(request?.as ?? this.#as.get(device) ?? device, event.userId);
    }
  }

  /** The same names, to be told a log from its beginning: it then calls everybody as the story did at the time. */
  retold(): Roster {
    const retold = new Roster(this.#cast);
    retold.#firstNames = this.#names;
    for (const device of this.#as.keys()) retold.#as.set(device, this.#as.get(device)!);
    for (const id of this.#requests.keys()) retold.#requests.set(id, this.#requests.get(id)!);
    return retold;
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
    // An id keeps its first name, whoever joins it under another.
    const first = this.#names.get(id) ?? this.#firstNames?.get(id) ?? name;
    const called = this.#names.has(id) ? name : first;
    if (this.#ids.get(called) !== id) this.#ids.set(called, id);
    if (!this.#names.has(id)) this.#names.set(id, first);
  }
}
