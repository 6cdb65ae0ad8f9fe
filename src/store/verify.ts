import {OperationalError} from '../errors/index.js';
import type {KeyValueReader} from './key-value-store.js';
import {
  appointmentKey,
  appointmentOf,
  deviceKey,
  dueKey,
  dueOf,
  headerHeightOf,
  locatorKey,
  locatorOf,
  logNumberOf,
  publicKeyOfDevice,
  tableRange,
  undoHeightOf,
  userIdOf,
  userKey,
} from './layout.js';
import {type Meta, readMeta} from './meta.js';
import {pagesOf} from './pages.js';
import {decodeAppointment, decodeDevice, decodeHeader, decodeUndo, decodeUser} from './rows.js';

/** Problems listed before the rest is only counted. */
const listedProblems = 100;

export interface Verification {
  readonly users: number;
  readonly appointments: number;
  readonly problemCount: number;
  readonly problems: readonly string[];
}

/** Holds every index against its rows, and the slots of every user against his appointments. */
export async function verify(rows: KeyValueReader): Promise<Verification> {
  const check = new Check();
  const meta = await readMeta(rows);
  const taken: Taken = new Map();
  await check.table(() => verifyAppointments(rows, taken, check));
  let users = 0;
  if (meta) {
    await check.table(async () => {
      users = await verifyUsers(rows, meta, taken, check);
      check.that(
        users === meta.counters.users,
        () => `${users} users stand in the store, ${meta.counters.users} are counted`,
      );
    });
    await check.table(() => verifyDues(rows, check));
    await check.table(() => verifyDevices(rows, check));
    await check.table(() => verifyUndo(rows, meta, taken, check));
    await check.table(() => verifyHeaders(rows, meta, check));
    await verifyLog(rows, meta, check);
  }
  for (const subscription of taken.keys())
    check.fail(`appointments hang on subscription ${subscription}, which nobody has`);
  return {users, appointments: check.appointments, problemCount: check.count, problems: check.problems};
}

class Check {
  readonly problems: string[] = [];
  count = 0;
  appointments = 0;

  that(condition: boolean, problem: () => string): void {
    if (!condition) this.fail(problem());
  }

  /** Checks a table, up to the first row that cannot be read. */
  async table(check: () => Promise<void>): Promise<void> {
    try {
      await check();
    } catch (error) {
      if (!(error instanceof OperationalError) || error.code !== 'TOWER_STORE_CORRUPT') throw error;
      this.fail(error.message);
    }
  }

  fail(problem: string): void {
    if (++this.count <= listedProblems) this.problems.push(problem);
  }
}

/** Appointments and their slots, by subscription. */
type Taken = Map<number, {count: number; slots: number}>;

async function verifyAppointments(rows: KeyValueReader, taken: Taken, check: Check): Promise<void> {
  for await (const page of pagesOf(rows, tableRange('appointment'))) {
    const places = page.map(([key]) => appointmentOf(key));
    const indexed = await rows.getMany(places.map(({locator, subscription}) => locatorKey(locator, subscription)));
    page.forEach(([, value], i) => {
      const {subscription, locator} = places[i]!;
      const sum = taken.get(subscription) ?? {count: 0, slots: 0};
      taken.set(subscription, {count: sum.count + 1, slots: sum.slots + decodeAppointment(value)});
      check.that(
        indexed[i] !== undefined,
        () => `appointment ${locator} of subscription ${subscription} has no locator row`,
      );
    });
    check.appointments += page.length;
  }
  for await (const page of pagesOf(rows, tableRange('locator'))) {
    const places = page.map(([key]) => locatorOf(key));
    const found = await rows.getMany(places.map(({locator, subscription}) => appointmentKey(subscription, locator)));
    found.forEach((value, i) => {
      check.that(value !== undefined, () => `locator row ${places[i]!.locator} has no appointment`);
    });
  }
}

async function verifyUsers(rows: KeyValueReader, meta: Meta, taken: Taken, check: Check): Promise<number> {
  let users = 0;
  for await (const page of pagesOf(rows, tableRange('user'))) {
    const known = page.map(([key, value]) => ({id: userIdOf(key), ...decodeUser(value)}));
    const dues = await rows.getMany(known.map(({id, expiry}) => dueKey('e', expiry, id)));
    const devices = known.flatMap(({id, devices}) => devices.map((device) => ({id, ...device})));
    const deviceRows = await rows.getMany(devices.map(({key}) => deviceKey(key)));
    known.forEach((user, i) => {
      const sum = taken.get(user.subscription) ?? {count: 0, slots: 0};
      taken.delete(user.subscription);
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
      check.that(
        authorizedAt <= meta.progress.lastJoin,
        () => `device ${key} joined at ${authorizedAt}, later than any is said to have joined`,
      );
    });
    users += page.length;
  }
  return users;
}

async function verifyDues(rows: KeyValueReader, check: Check): Promise<void> {
  for await (const page of pagesOf(rows, tableRange('due'))) {
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

async function verifyDevices(rows: KeyValueReader, check: Check): Promise<void> {
  for await (const page of pagesOf(rows, tableRange('device'))) {
    const devices = page.map(([key, value]) => ({key: publicKeyOfDevice(key), ...decodeDevice(value)}));
    const users = await rows.getMany(devices.map(({userId}) => userKey(userId)));
    users.forEach((raw, i) => {
      const {key, userId} = devices[i]!;
      const owned = raw !== undefined && decodeUser(raw).devices.some((device) => device.key === key);
      check.that(owned, () => `device ${key} is not among those of user ${userId}`);
    });
  }
}

/** Undo rows can be read, and what hangs on their users' subscriptions is accounted for. */
async function verifyUndo(rows: KeyValueReader, meta: Meta, taken: Taken, check: Check): Promise<void> {
  for await (const page of pagesOf(rows, tableRange('undo'), 10)) {
    for (const [key, value] of page) {
      const height = undoHeightOf(key);
      check.that(height <= meta.tip.height, () => `an undo row stands at ${height}, above the tip`);
      check.that(height >= meta.progress.purgedUndo, () => `no block will purge the undo row at ${height}`);
      for (const {user} of decodeUndo(value)) taken.delete(decodeUser(user).subscription);
    }
  }
}

async function verifyHeaders(rows: KeyValueReader, meta: Meta, check: Check): Promise<void> {
  let below: {hash: string; height: number} | undefined;
  for await (const page of pagesOf(rows, tableRange('header'))) {
    for (const [key, value] of page) {
      const header = decodeHeader(headerHeightOf(key), value);
      const linked = !below || (header.previous === below.hash && header.height === below.height + 1);
      check.that(linked, () => `header ${header.height} does not extend the one below it`);
      below = header;
    }
  }
  check.that(below?.hash === meta.tip.hash, () => `the highest header is not the tip ${meta.tip.hash}`);
}

/** No event is missing between the first and the last that the log should hold. */
async function verifyLog(rows: KeyValueReader, meta: Meta, check: Check): Promise<void> {
  let expected = meta.progress.firstLog;
  for await (const page of pagesOf(rows, tableRange('log'))) {
    for (const [key] of page) {
      const n = logNumberOf(key);
      check.that(n === expected, () => `the log goes from event ${expected - 1} to ${n}`);
      expected = n + 1;
    }
  }
  check.that(
    expected === meta.progress.nextLog,
    () => `the log ends before event ${expected}, not before ${meta.progress.nextLog}`,
  );
}
