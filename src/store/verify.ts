import {Check} from './check.js';
import type {KeyValueReader} from './key-value-store.js';
import {headerHeightOf, logNumberOf, tableRange} from './layout.js';
import {type Meta, readMeta} from './meta.js';
import {pagesOf} from './pages.js';
import {decodeHeader} from './rows.js';
import {verifyRequests} from './verify-requests.js';
import {type Taken, verifyAppointments, verifyBlobs} from './verify-appointments.js';
import {verifyDevices, verifyDues, verifyUndo, verifyUsers} from './verify-users.js';

export interface Verification {
  readonly users: number;
  /** Of users who are there. */
  readonly appointments: number;
  /** What deleted users have left: a reorg may bring it back, or the next blocks purge it. */
  readonly appointmentsOfDeleted: number;
  readonly requests: number;
  readonly problemCount: number;
  readonly problems: readonly string[];
}

/**
 * Holds every index against its rows, the slots of every user against his appointments, every blob against its hash, and every authorization request
 * against the rows that say where it waits.
 */
export async function verify(rows: KeyValueReader): Promise<Verification> {
  const check = new Check();
  const meta = await readMeta(rows);
  const taken: Taken = new Map();
  let appointments = 0;
  let users = 0;
  let appointmentsOfDeleted = 0;
  let requests = 0;
  await check.table(async () => {
    appointments = await verifyAppointments(rows, taken, check);
  });
  await check.table(() => verifyBlobs(rows, check));
  if (meta) {
    await check.table(async () => {
      users = await verifyUsers(rows, meta, taken, check);
      for (const {count} of taken.values()) appointmentsOfDeleted += count;
    });
    await check.table(() => verifyDues(rows, check));
    await check.table(() => verifyDevices(rows, meta, check));
    await check.table(() => verifyUndo(rows, meta, taken, check));
    requests = await verifyRequests(rows, meta, check);
    await check.table(() => verifyHeaders(rows, meta, check));
    await verifyLog(rows, meta, check);
  }
  for (const subscription of taken.keys())
    check.fail(`appointments hang on subscription ${subscription}, which nobody has`);
  appointments -= appointmentsOfDeleted;
  return {users, appointments, appointmentsOfDeleted, requests, problemCount: check.count, problems: check.problems};
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
