import {assert} from '../errors/index.js';
import {deviceKey, dueKey, dueOf, dueRange, undoKey, undoRange, userKey} from '../store/layout.js';
import {pageRows} from '../store/pages.js';
import {type DeletedUser, decodeUndo, decodeUser, encodeDevice, encodeUndo, encodeUser} from '../store/rows.js';
import type {Transaction} from '../store/transaction.js';
import {keepForPurge} from './purge.js';
import {maxU32} from './settings.js';

/** User ids named in an event; the rest is only counted. */
const namedUsers = 100;
/** Undo rows read at once, of about a thousand users each. */
const undoRowsAtOnce = 10;

export interface Users {
  readonly count: number;
  /** The first hundred. */
  readonly ids: readonly number[];
}

/**
 * Phase 2 of a block: deletes every user with `height >= expiry + expiry_delta`, with his devices, and keeps what is
 * needed to undo it. Reads only what is due: the due index above what earlier blocks have swept. A block in which nobody
 * is due looks ahead to whoever comes next, so that the blocks before him read nothing.
 */
export async function deleteOutdated(transaction: Transaction, height: number): Promise<Users> {
  const {settings, progress} = transaction.meta;
  const last = height - settings.expiryDelta;
  if (last <= progress.sweptExpiry) return {count: 0, ids: []};
  const ids: number[] = [];
  let count = 0;
  const {from: first, to} = dueRange('e', progress.sweptExpiry + 1, last);
  let from = first;
  for (;;) {
    const page = await transaction.range({from, to, limit: pageRows});
    if (page.length === 0) break;
    from = `${page[page.length - 1]![0]}\0`;
    const users = await deleteUsers(
      transaction,
      page.map(([key]) => dueOf(key)),
    );
    transaction.put(undoKey(height, count / pageRows), encodeUndo(users));
    count += users.length;
    for (const {id} of users.slice(0, namedUsers - ids.length)) ids.push(id);
    if (page.length < pageRows) break;
  }
  if (count === 0) {
    const [next] = await transaction.range({...dueRange('e', last + 1, maxU32), limit: 1});
    transaction.update({progress: {...progress, sweptExpiry: next ? dueOf(next[0]).height - 1 : maxU32}});
  } else {
    changeUserCount(transaction, -count);
    const purgedUndo = Math.min(progress.purgedUndo, height);
    transaction.update({progress: {...progress, sweptExpiry: last, purgedUndo}});
  }
  return {count, ids};
}

async function deleteUsers(
  transaction: Transaction,
  dues: readonly {id: number; height: number}[],
): Promise<DeletedUser[]> {
  const rows = await transaction.getMany(dues.map(({id}) => userKey(id)));
  return dues.map(({id, height}, i) => {
    const row = rows[i];
    assert(row, `user ${id} is due at ${height} but has no row`);
    const user = decodeUser(row);
    assert(user.expiry === height, `user ${id} is due at ${height} but expires at ${user.expiry}`);
    transaction.del(userKey(id));
    transaction.del(dueKey('e', height, id));
    for (const {key} of user.devices) transaction.del(deviceKey(key));
    return {id, user: row};
  });
}

/**
 * Undoes phase 2 of the block at this height. A user returns whole, byte for byte, save for devices that have
 * meanwhile joined another user; he stays deleted if his id, or all of his devices, have been given away.
 */
export async function restoreDeleted(transaction: Transaction, height: number): Promise<Users> {
  const ids: number[] = [];
  let count = 0;
  for (;;) {
    const undoRows = await transaction.range({...undoRange(height, height), limit: undoRowsAtOnce});
    if (undoRows.length === 0) break;
    for (const [key, undo] of undoRows) {
      transaction.del(key);
      const restored = await restoreUsers(transaction, decodeUndo(undo));
      count += restored.length;
      for (const id of restored.slice(0, namedUsers - ids.length)) ids.push(id);
    }
  }
  if (count > 0) changeUserCount(transaction, count);
  return {count, ids};
}

/** Restores the users of one undo row; answers the ids of those who are back. */
async function restoreUsers(transaction: Transaction, deleted: readonly DeletedUser[]): Promise<number[]> {
  const users = deleted.map(({id, user}) => ({id, raw: user, user: decodeUser(user)}));
  const taken = await takenRows(transaction, users);
  const restored: number[] = [];
  const gone: DeletedUser[] = [];
  for (const {id, raw, user} of users) {
    const devices = user.devices.filter(({key}) => !taken.has(deviceKey(key)));
    if (taken.has(userKey(id)) || devices.length === 0) {
      gone.push({id, user: raw});
      continue;
    }
    const whole = devices.length === user.devices.length;
    transaction.put(userKey(id), whole ? raw : encodeUser({...user, devices}));
    putDue(transaction, user.expiry, id);
    for (const {key, ...device} of devices) transaction.put(deviceKey(key), encodeDevice({userId: id, ...device}));
    restored.push(id);
  }
  if (gone.length > 0) await keepForPurge(transaction, encodeUndo(gone));
  return restored;
}

/** Has a user deleted once he is outdated. Whoever puts a due row does it here, so that no block looks past it. */
export function putDue(transaction: Transaction, expiry: number, id: number): void {
  transaction.put(dueKey('e', expiry, id), nothing);
  const {progress} = transaction.meta;
  if (expiry <= progress.sweptExpiry) transaction.update({progress: {...progress, sweptExpiry: expiry - 1}});
}

/** The value of rows that say all in their key. */
export const nothing = new Uint8Array(0);

async function takenRows(
  transaction: Transaction,
  deleted: readonly {id: number; user: {devices: readonly {key: string}[]}}[],
): Promise<Set<string>> {
  const keys = deleted.flatMap(({id, user}) => [userKey(id), ...user.devices.map(({key}) => deviceKey(key))]);
  const rows = await transaction.getMany(keys);
  return new Set(keys.filter((_, i) => rows[i] !== undefined));
}

function changeUserCount(transaction: Transaction, more: number): void {
  const {counters} = transaction.meta;
  transaction.update({counters: {...counters, users: counters.users + more}});
}
