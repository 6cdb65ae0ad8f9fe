import {hash} from 'node:crypto';
import {defaultGatekeeperSettings} from '../../src/gatekeeper/settings.js';
import {encodeAppointment} from '../../src/store/appointment-row.js';
import type {Change} from '../../src/store/key-value-store.js';
import {appointmentKey, blobKey, locatorKey} from '../../src/store/layout.js';
import {deviceKeys} from './device-keys.js';
import {fill, rowsOfUser, startHeight} from './population.js';

/** As large as the penalty transaction of a channel without pending payments, encrypted. */
export const blobBytes = 367;
export const toSelfDelay = 42;
/** As long as a signature; nobody looks at it again. */
export const signature = 'y'.repeat(104);
const usersPerWrite = 20;
/** Events of the log that fill the part of it that an opening store looks at. */
const loggedEvents = 20_000;
const nothing = new Uint8Array(0);

export interface Depositors {
  readonly location: string;
  readonly users: number;
  /** Appointments of each. */
  readonly each: number;
}

/** The n-th appointment of a user. */
export const locatorOf = (userId: number, n: number): string => hash('sha256', `${userId} ${n}`, 'hex').slice(0, 32);

/** A blob of random bytes, as far as a compressing disk can tell. */
export function blobOf(locator: string): Buffer {
  const blob = Buffer.alloc(blobBytes);
  for (let at = 0; at < blobBytes; at += 64)
    blob.set(hash('sha512', `${locator} ${at}`, 'buffer').subarray(0, blobBytes - at), at);
  return blob;
}

/** Fills a new store with users who have deposited. Answers what `verify` finds wrong. */
export function populateDeposits({location, users, each}: Depositors): Promise<number> {
  const keys = deviceKeys(users);
  const log = Array.from({length: Math.min(loggedEvents, users * each)}, (_, n) => ({
    actor: `user:${keys[n % users]}`,
    type: 'appointment_added',
    height: startHeight,
    key: keys[n % users],
    userId: (n % users) + 1,
    locator: locatorOf((n % users) + 1, n),
    slots: 1,
    availableSlots: 9_999,
    blobBytes,
    blobHash: hash('sha256', String(n), 'hex'),
    toSelfDelay,
    startBlock: startHeight,
    signature,
  }));
  const rowsOf = (from: number, to: number) => depositorRows(from, to, {keys, each});
  return fill({location, users, appointments: users * each, usersPerWrite, rowsOf, log});
}

function* depositorRows(
  from: number,
  to: number,
  {keys, each}: {readonly keys: readonly string[]; readonly each: number},
): Iterable<Change> {
  for (let id = from; id <= to; id++) {
    const key = keys[id - 1]!;
    yield* rowsOfUser({
      id,
      key,
      expiry: startHeight + defaultGatekeeperSettings.subscriptionDuration,
      appointments: each,
    });
    for (let n = 0; n < each; n++) {
      const locator = locatorOf(id, n);
      const blob = blobOf(locator);
      const content = {toSelfDelay, blobBytes, blobHash: hash('sha256', blob, 'hex'), signature};
      const row = encodeAppointment({userId: id, slots: 1, startBlock: startHeight, device: key, ...content});
      yield [appointmentKey(id, locator), row];
      yield [blobKey(id, locator), blob];
      yield [locatorKey(locator, id), nothing];
    }
  }
}
