import {assert} from '../errors/index.js';
import {deviceKey, dueKey, dueOf, dueRange, undoKey, undoRange, userKey} from '../store/layout.js';
import {pageRows} from '../store/pages.js';
import {
  type DeletedUser,
  type DeviceRow,
  decodeUndo,
  decodeUser,
  encodeDevice,
  encodeUndo,
  encodeUser,
  type UserRow,
} from '../store/rows.js';
import type {Transaction} from '../store/transaction.js';
import {countHoldings} from './holdings.js';
import {keepForPurge} from './purge.js';
import {maxU32} from './settings.js';

/** User ids named in an event; the rest is only counted. */
const namedUsers = 100;
/** Undo rows read at once, of about a thousand users each. */
const undoRowsAtOnce = 4;

export interface Users {
  readonly count: number;
  /** The first hundred. */
  readonly ids: readonly number[];
}

/**
 * Phase 2 of a block: deletes every user with `height >= expiry + expiry_delta`, with his devices, and keeps what is
 * needed to undo it. Reads only what is due: the due index above what earlier blocks have swept. A block in which nobody
 * is due looks ahead to whoever comes next, so that the blocks before him read nothing.
 *
 * @param deleted gets the ids of all of them, where somebody wants to know
 */
export async function deleteOutdated(transaction: Transaction, height: number, deleted?: Set<number>): Promise<Users> {
  const {settings, progress} = transaction.meta;
  const last = height - settings.expiryDelta;
  if (last <= progress.sweptExpiry) return {count: 0, ids: []};
  const ids: number[] = [];
  let count = 0;
  const {from, to} = dueRange('e', progress.sweptExpiry + 1, last);
  const pageFrom = (from: string) => transaction.range({from, to, limit: pageRows});
  for (let page = await pageFrom(from); page.length > 0;) {
    const dues = page.map(([key]) => dueOf(key));
    // The next page is read while this one's users are.
    const [rows, nextPage] = await Promise.all([
      transaction.getMany(dues.map(({id}) => userKey(id))),
      page.length === pageRows ? pageFrom(`${page[pageRows - 1]![0]}\0`) : [],
    ]);
    const users = deleteUsers(transaction, dues, rows);
    transaction.put(undoKey(height, count / pageRows), encodeUndo(users));
    count += users.length;
    if (deleted) for (const {id} of users) deleted.add(id);
    for (const {id} of users.slice(0, namedUsers - ids.length)) ids.push(id);
    page = nextPage;
  }
  if (count === 0) {
    const [next] = await transaction.range({...dueRange('e', last + 1, maxU32), limit: 1});
    transaction.update({progress: {...progress, sweptExpiry: next ? dueOf(next[0]).height - 1 : maxU32}});
  } else {
    const purgedUndo = Math.min(progress.purgedUndo, height);
    transaction.update({progress: {...progress, sweptExpiry: last, purgedUndo}});
  }
  return {count, ids};
}

/** Deletes users, whose rows are given, with their due and device rows. Answers what is needed to restore them. */
export function deleteUsers(
  transaction: Transaction,
  dues: readonly {readonly id: number; readonly height: number}[],
  rows: readonly (Uint8Array | undefined)[],
): DeletedUser[] {
  const gone: UserRow[] = [];
  const deleted = dues.map(({id, height}, i) => {
    const row = rows[i];
    assert(row, `user ${id} is due at ${height} but has no row`);
    const user = decodeUser(row);
    assert(user.expiry === height, `user ${id} is due at ${height} but expires at ${user.expiry}`);
    transaction.del(userKey(id));
    transaction.del(dueKey('e', height, id));
    for (const {key} of user.devices) transaction.del(deviceKey(key));
    gone.push(user);
    return {id, user: row};
  });
  countHoldings(transaction, {gone});
  return deleted;
}

/**
 * Undoes phase 2 of the block at this height. A user returns whole, byte for byte, save for devices that have
 * meanwhile joined another user; he stays deleted if his id, or all of his devices, have been given away.
 */
export async function restoreDeleted(transaction: Transaction, height: number): Promise<Users> {
  const ids: number[] = [];
  let count = 0;
  // What a block deleted can only have been given away since.
  const mayBeTaken = transaction.meta.progress.lastJoin >= height;
  const {from: first, to} = undoRange(height, height);
  for (let from = first; ;) {
    const undoRows = await transaction.range({from, to, limit: undoRowsAtOnce});
    if (undoRows.length === 0) break;
    from = `${undoRows.at(-1)![0]}\0`;
    const parts = undoRows.map(([, undo]) => decodeUndo(undo).map(withKeys));
    const taken = mayBeTaken ? await Promise.all(parts.map((users) => takenRows(transaction, users))) : [];
    for (const [i, [key]] of undoRows.entries()) {
      transaction.del(key);
      const restored = await restoreUsers(transaction, parts[i]!, taken[i] ?? new Set());
      count += restored.length;
      for (const id of restored.slice(0, namedUsers - ids.length)) ids.push(id);
    }
  }
  return {count, ids};
}

/** A deleted user with the keys of the rows he had. */
interface KeyedUser extends DeletedUser {
  readonly row: UserRow;
  readonly key: string;
  readonly deviceKeys: readonly string[];
}

function withKeys({id, user}: DeletedUser): KeyedUser {
  const row = decodeUser(user);
  return {id, user, row, key: userKey(id), deviceKeys: row.devices.map(({key}) => deviceKey(key))};
}

/** Restores the users of one undo row; answers the ids of those who are back. */
async function restoreUsers(
  transaction: Transaction,
  users: readonly KeyedUser[],
  taken: ReadonlySet<string>,
): Promise<number[]> {
  const restored: number[] = [];
  const come: UserRow[] = [];
  const gone: DeletedUser[] = [];
  for (const deleted of users) {
    const {id, user, row, key, deviceKeys} = deleted;
    const devices = row.devices.filter((_, i) => !taken.has(deviceKeys[i]!));
    // Whose devices were all revoked had none to lose.
    if (taken.has(key) || devices.length < Math.min(1, row.devices.length)) {
      gone.push(deleted);
      continue;
    }
    transaction.put(key, devices.length === row.devices.length ? user : encodeUser({...row, devices}));
    putDue(transaction, row.expiry, id);
    row.devices.forEach(({role, authorizedAt}, i) => {
      if (taken.has(deviceKeys[i]!)) return;
      transaction.put(deviceKeys[i]!, encodeDevice({userId: id, role, authorizedAt}));
    });
    restored.push(id);
    come.push(row);
  }
  countHoldings(transaction, {come});
  if (gone.length > 0) await keepForPurge(transaction, encodeUndo(gone));
  return restored;
}

/** Which of the rows of these users are somebody else's now. */
async function takenRows(transaction: Transaction, users: readonly KeyedUser[]): Promise<ReadonlySet<string>> {
  const keys = users.flatMap(({key, deviceKeys}) => [key, ...deviceKeys]);
  const rows = await transaction.getMany(keys);
  return new Set(keys.filter((_, i) => rows[i] !== undefined));
}

/** Gives a device to a user. Whoever lets one join does it here, so that no undo misses it. */
export function putDevice(transaction: Transaction, key: string, device: DeviceRow): void {
  transaction.put(deviceKey(key), encodeDevice(device));
  const {tip, progress} = transaction.meta;
  if (tip.height > progress.lastJoin) transaction.update({progress: {...progress, lastJoin: tip.height}});
}

/** Has a user deleted once he is outdated. Whoever puts a due row does it here, so that no block looks past it. */
export function putDue(transaction: Transaction, expiry: number, id: number): void {
  transaction.put(dueKey('e', expiry, id), nothing);
  const {progress} = transaction.meta;
  if (expiry <= progress.sweptExpiry) transaction.update({progress: {...progress, sweptExpiry: expiry - 1}});
}

/** The value of rows that say all in their key. */
export const nothing = new Uint8Array(0);
