import {deviceKey, publicKeyOfDevice, tableRange, userIdOf, userKey} from '../store/layout.js';
import {pageRows, pagesOf} from '../store/pages.js';
import {decodeDevice, decodeUser} from '../store/rows.js';
import type {Store} from '../store/store.js';
import {maxU32} from './settings.js';
import {UserInfo} from './user-info.js';

const keyPattern = /^[0-9a-f]{66}$/i;

/** The registered users as a read-only map from public key to user, without ever holding them all in memory. */
export class RegisteredUsers implements AsyncIterable<[key: string, user: UserInfo]> {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Number of users, known without counting them. */
  get size(): number {
    return this.#store.meta?.counters.users ?? 0;
  }

  /** Appointments of all users, and the slots that they take, known without counting them. */
  get holdings(): {readonly appointments: number; readonly takenSlots: number} {
    const {appointments = 0, takenSlots = 0} = this.#store.meta?.counters ?? {};
    return {appointments, takenSlots};
  }

  async has(key: string): Promise<boolean> {
    const row = await this.#device(key);
    return row !== undefined && decodeDevice(row).userId > 0;
  }

  /** The user whom a device key, 33 bytes in hex, belongs to. */
  async get(key: string): Promise<UserInfo | undefined> {
    const row = await this.#device(key);
    return row && this.byId(decodeDevice(row).userId);
  }

  async byId(id: number): Promise<UserInfo | undefined> {
    if (!Number.isInteger(id) || id < 1 || id > maxU32) return undefined;
    const row = await this.#store.rows.get(userKey(id));
    return row && new UserInfo(this.#store.rows, id, decodeUser(row));
  }

  /** Users with an id above `after`, in order of id, at most `limit`. */
  async page({after = 0, limit}: {after?: number; limit: number}): Promise<UserInfo[]> {
    if (after >= maxU32) return [];
    const {to} = tableRange('user');
    const page = await this.#store.rows.range({from: `${userKey(after)}\0`, to, limit: Math.min(limit, pageRows)});
    return page.map(([key, value]) => new UserInfo(this.#store.rows, userIdOf(key), decodeUser(value)));
  }

  /** Every device key with its user, in order of key, as they stand when the iteration begins. */
  async *[Symbol.asyncIterator](): AsyncIterator<[key: string, user: UserInfo]> {
    const snapshot = this.#store.snapshot();
    try {
      for await (const page of pagesOf(snapshot, tableRange('device'))) {
        const ids = page.map(([, value]) => decodeDevice(value).userId);
        const users = await snapshot.getMany(ids.map(userKey));
        for (const [i, [key]] of page.entries()) {
          yield [publicKeyOfDevice(key), new UserInfo(this.#store.rows, ids[i]!, decodeUser(users[i]!))];
        }
      }
    } finally {
      await snapshot.close();
    }
  }

  /** What is no key has no row: of a text with more or less to it, the bytes of the key would be those of another. */
  async #device(key: string): Promise<Uint8Array | undefined> {
    return keyPattern.test(key) ? this.#store.rows.get(deviceKey(key)) : undefined;
  }
}
