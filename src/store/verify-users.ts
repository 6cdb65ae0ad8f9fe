import type {Check} from './check.js';
import type {KeyValueReader} from './key-value-store.js';
import {
  deviceKey,
  dueKey,
  dueOf,
  dueRange,
  publicKeyOfDevice,
  tableRange,
  undoHeightOf,
  userIdOf,
  userKey,
} from './layout.js';
import type {Meta} from './meta.js';
import {pagesOf} from './pages.js';
import type {Taken} from './verify-appointments.js';
import {decodeDevice, decodeUndo, decodeUser} from './rows.js';

export async function verifyUsers(rows: KeyValueReader, meta: Meta, taken: Taken, check: Check): Promise<number> {
  let users = 0;
  let appointments = 0;
  let takenSlots = 0;
  for await (const page of pagesOf(rows, tableRange('user'))) {
    const known = page.map(([key, value]) => ({id: userIdOf(key), ...decodeUser(value)}));
    const dues = await rows.getMany(known.map(({id, expiry}) => dueKey('e', expiry, id)));
    const devices = known.flatMap(({id, devices}) => devices.map((device) => ({id, ...device})));
    const deviceRows = await rows.getMany(devices.map(({key}) => deviceKey(key)));
    known.forEach((user, i) => {
      appointments += user.appointments;
      takenSlots += user.grantedSlots - user.availableSlots;
      const sum = taken.get(user.subscription) ?? {count: 0, slots: 0, userId: user.id};
      taken.delete(user.subscription);
      check.that(sum.userId === user.id, () => `appointments of user ${user.id} name another user`);
      check.that(dues[i] !== undefined, () => `user ${user.id} has no due row at ${user.expiry}`);
      check.that(
        sum.count === user.appointments,
        () => `user ${user.id} has ${sum.count} appointments, not ${user.appointments}`,
      );
      check.that(
        user.grantedSlots === user.availableSlots + sum.slots,
        () => `user ${user.id}: ${user.grantedSlots} slots granted, ${user.availableSlots} free, ${sum.slots} taken`,
      );
      check.that(user.id < meta.counters.nextUserId, () => `user id ${user.id} could be given out again`);
      check.that(
        user.subscription < meta.counters.nextSubscription,
        () => `subscription ${user.subscription} could be given out again`,
      );
      check.that(
        user.expiry > meta.progress.sweptExpiry,
        () => `no block will look for user ${user.id}, who expires at ${user.expiry}`,
      );
    });
    deviceRows.forEach((raw, i) => {
      const {id, key, role, authorizedAt} = devices[i]!;
      const row = raw && decodeDevice(raw);
      check.that(
        row?.userId === id && row.role === role && row.authorizedAt === authorizedAt,
        () => `device ${key} of user ${id} has another device row, or none`,
      );
      check.that(authorizedAt <= meta.progress.lastJoin, () => joinedLate(key, authorizedAt));
    });
    users += page.length;
  }
  const {counters} = meta;
  check.that(users === counters.users, () => `${users} users stand in the store, ${counters.users} are counted`);
  check.that(
    appointments === counters.appointments && takenSlots === counters.takenSlots,
    () =>
      `users have ${appointments} appointments in ${takenSlots} slots, ${counters.appointments} in ${counters.takenSlots} are counted`,
  );
  return users;
}

export async function verifyDues(rows: KeyValueReader, check: Check): Promise<void> {
  for await (const page of pagesOf(rows, dueRange('e', 0, 0xffff_ffff))) {
    const dues = page.map(([key]) => dueOf(key));
    const users = await rows.getMany(dues.map(({id}) => userKey(id)));
    users.forEach((raw, i) => {
      const {id, height} = dues[i]!;
      check.that(
        raw !== undefined && decodeUser(raw).expiry === height,
        () => `due row of user ${id} at ${height} is nobody's`,
      );
    });
  }
}

export async function verifyDevices(rows: KeyValueReader, meta: Meta, check: Check): Promise<void> {
  for await (const page of pagesOf(rows, tableRange('device'))) {
    const devices = page.map(([key, value]) => ({key: publicKeyOfDevice(key), ...decodeDevice(value)}));
    const users = await rows.getMany(devices.map(({userId}) => userKey(userId)));
    users.forEach((raw, i) => {
      const {key, userId, role, authorizedAt} = devices[i]!;
      if (userId === 0) {
        check.that(role !== null, () => `device ${key} has neither a user nor a role`);
        check.that(authorizedAt <= meta.progress.lastJoin, () => joinedLate(key, authorizedAt));
        return;
      }
      const owned = raw !== undefined && decodeUser(raw).devices.some((device) => device.key === key);
      check.that(owned, () => `device ${key} is not among those of user ${userId}`);
    });
  }
}

/** Undo rows can be read, and what hangs on their users' subscriptions is accounted for. */
export async function verifyUndo(rows: KeyValueReader, meta: Meta, taken: Taken, check: Check): Promise<void> {
  for await (const page of pagesOf(rows, tableRange('undo'), 10)) {
    for (const [key, value] of page) {
      const height = undoHeightOf(key);
      check.that(height <= meta.tip.height, () => `an undo row stands at ${height}, above the tip`);
      check.that(height >= meta.progress.purgedUndo, () => `no block will purge the undo row at ${height}`);
      for (const {user} of decodeUndo(value)) taken.delete(decodeUser(user).subscription);
    }
  }
}

const joinedLate = (key: string, authorizedAt: number): string =>
  `device ${key} joined at ${authorizedAt}, later than any is said to have joined`;
