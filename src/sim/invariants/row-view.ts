import {createHash} from 'node:crypto';
import {type Change, type KeyValueReader, layout, type Meta} from '../../store/index.js';
import {decodeAppointment} from '../../store/appointment-row.js';
import {decodeRequest, type RequestRow} from '../../store/request-row.js';
import {decodeTold, decodeUndo, decodeUser, type DeletedUser, type ToldRow, type UserRow} from '../../store/rows.js';
import {tableOf} from '../../store/tables.js';

export interface TakenSlots {
  readonly count: number;
  readonly slots: number;
}

type StoredMeta = Omit<Meta, 'tip' | 'chain'> & {readonly tip: {readonly height: number; readonly hash: string}};

const stateTables = new Set(layout.stateTables.map((table) => `${table}!`));

/**
 * The rows of a tower, decoded and kept up with every batch, so that looking at them after each costs what the batch
 * has changed.
 */
export class RowView {
  readonly raw = new Map<string, Uint8Array>();
  readonly users = new Map<number, UserRow>();
  readonly requests = new Map<number, RequestRow>();
  readonly told = new Map<string, ToldRow>();
  /** What appointments take, by subscription. */
  readonly taken = new Map<number, TakenSlots>();
  /** Users whom undo rows hold, by the height of the block that deleted them. */
  readonly undo = new Map<number, Map<string, readonly DeletedUser[]>>();
  readonly tables = new Map<string, Set<string>>();
  readonly #sum = new Uint32Array(8);
  readonly #meta: Record<string, unknown> = {};

  static async read(rows: KeyValueReader): Promise<RowView> {
    const view = new RowView();
    view.apply(await rows.range({from: '', to: '~', limit: Number.MAX_SAFE_INTEGER}));
    return view;
  }

  get begun(): boolean {
    return this.#meta['tip'] !== undefined;
  }

  get meta(): StoredMeta {
    return this.#meta as unknown as StoredMeta;
  }

  /** Keys of a table, in no order. */
  keysOf(table: layout.Table): ReadonlySet<string> {
    return this.tables.get(`${table}!`) ?? none;
  }

  apply(changes: Iterable<Change>): void {
    for (const [key, value] of changes) {
      const table = tableOf(key);
      if (table === 'log!') continue;
      this.#index(table, key, value);
      this.#decode(table, key, value);
      if (stateTables.has(table)) this.#resum(key, value);
      if (value === null) this.raw.delete(key);
      else this.raw.set(key, value);
    }
  }

  /** Equal for equal states: a sum over the hashes of all state rows, kept up as they change. */
  digest(): string {
    return Buffer.from(this.#sum.buffer).toString('hex');
  }

  /** Whether these are the same rows, those of the log apart. */
  isEqual({raw}: RowView): boolean {
    if (raw.size !== this.raw.size) return false;
    for (const [key, value] of raw) {
      const own = this.raw.get(key);
      if (!own || Buffer.compare(own, value) !== 0) return false;
    }
    return true;
  }

  #resum(key: string, value: Uint8Array | null): void {
    const before = this.raw.get(key);
    if (before && value && Buffer.compare(before, value) === 0) return;
    if (before) this.#add(key, before, -1);
    if (value) this.#add(key, value, 1);
  }

  #add(key: string, value: Uint8Array, sign: 1 | -1): void {
    const hash = createHash('sha256').update(`${key.length} ${key}`, 'latin1').update(value).digest();
    // Words wrap around, so that what was added can be taken away again.
    for (let i = 0; i < this.#sum.length; i++) this.#sum[i]! += sign * hash.readUInt32LE(4 * i);
  }

  #index(table: string, key: string, value: Uint8Array | null): void {
    let keys = this.tables.get(table);
    if (!keys) this.tables.set(table, (keys = new Set()));
    if (value === null) keys.delete(key);
    else keys.add(key);
  }

  #decode(table: string, key: string, value: Uint8Array | null): void {
    switch (table) {
      case 'meta!':
      case 'local!':
        if (value) this.#meta[key.slice(table.length)] = JSON.parse(Buffer.from(value).toString());
        return;
      case 'user!':
        return put(this.users, layout.userIdOf(key), value && decodeUser(value));
      case 'request!':
        return put(this.requests, layout.requestIdOf(key), value && decodeRequest(value));
      case 'told!':
        return put(this.told, publicKeyOfTold(key), value && decodeTold(value));
      case 'appointment!':
        return this.#take(key, value);
      case 'undo!': {
        const height = layout.undoHeightOf(key);
        const parts = this.undo.get(height) ?? new Map<string, readonly DeletedUser[]>();
        put(parts, key, value && decodeUndo(value));
        put(this.undo, height, parts.size > 0 ? parts : null);
      }
    }
  }

  #take(key: string, value: Uint8Array | null): void {
    const {subscription} = layout.appointmentOf(key);
    const before = this.raw.get(key);
    const {count, slots} = this.taken.get(subscription) ?? {count: 0, slots: 0};
    const now = {
      count: count - (before ? 1 : 0) + (value ? 1 : 0),
      slots: slots - (before ? decodeAppointment(before).slots : 0) + (value ? decodeAppointment(value).slots : 0),
    };
    put(this.taken, subscription, now.count > 0 ? now : null);
  }
}

const none: ReadonlySet<string> = new Set();

const publicKeyOfTold = (key: string): string => Buffer.from(key.slice(5), 'latin1').toString('hex');

function put<Key, Value>(map: Map<Key, Value>, key: Key, value: Value | null): void {
  if (value === null) map.delete(key);
  else map.set(key, value);
}
