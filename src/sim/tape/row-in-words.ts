import {decodeAppointment} from '../../store/appointment-row.js';
import type {KeyValueReader} from '../../store/key-value-store.js';
import {
  appointmentOf,
  dueOf,
  idOfAnswered,
  locatorOf,
  publicKeyOfDevice,
  readyOf,
  requestDueOf,
  requestIdOf,
  userIdOf,
} from '../../store/layout.js';
import {decodeIds, decodeRequest} from '../../store/request-row.js';
import {decodeDevice, decodeTold, decodeUser} from '../../store/rows.js';
import {tableOf} from '../../store/tables.js';

const hexAfter = (key: string, from: number, bytes: number): string =>
  Buffer.from(key.slice(from, from + bytes), 'latin1').toString('hex');

/** A row of state in words: whose it is, and what it is about. */
export function keyInWords(key: string): string {
  switch (tableOf(key)) {
    case 'meta!':
      return `the tower's ${key.slice(5)}`;
    case 'user!':
      return `user ${userIdOf(key)}`;
    case 'device!':
      return `device ${publicKeyOfDevice(key)}`;
    case 'due!':
      return dueInWords(key);
    case 'appointment!': {
      const {subscription, locator} = appointmentOf(key);
      return `appointment ${locator} of subscription ${subscription}`;
    }
    case 'locator!': {
      const {subscription, locator} = locatorOf(key);
      return `the place of appointment ${locator} of subscription ${subscription}`;
    }
    case 'told!':
      return `what key ${hexAfter(key, 5, 33)} was told`;
    case 'request!':
      return `request ${requestIdOf(key)}`;
    case 'requestOf!':
      return `the newest request of device ${hexAfter(key, 10, 33)}`;
    case 'ready!':
      return `where request ${readyOf(key).id} waits to be asked about, from height ${readyOf(key).height} on`;
    case 'answered!':
      return `where the answer to request ${idOfAnswered(key)} waits for a block`;
    default:
      return `row ${hexAfter(key, 0, key.length)}`;
  }
}

function dueInWords(key: string): string {
  if (key[4] === 'e') return `the expiry of user ${dueOf(key).id} at height ${dueOf(key).height}`;
  const {id, height} = requestDueOf(key);
  return key[4] === 't' ? `request ${id}, received at height ${height}` : `request ${id}, closed at height ${height}`;
}

/** What stands in a row of state, by name; null for rows that say all in their key. */
export function valueInWords(key: string, value: Uint8Array): unknown {
  switch (tableOf(key)) {
    case 'meta!':
      return JSON.parse(Buffer.from(value).toString());
    case 'user!':
      return decodeUser(value);
    case 'device!':
      return decodeDevice(value);
    case 'appointment!':
      return decodeAppointment(value);
    case 'told!':
      return decodeTold(value);
    case 'request!':
      return decodeRequest(value);
    case 'requestOf!':
      return decodeIds(value)[0];
    default:
      return value.length === 0 ? null : Buffer.from(value).toString('hex');
  }
}

/** Whose subscription a row is about, where its key only has a number. */
export async function ownerInWords(rows: KeyValueReader, key: string): Promise<string> {
  if (tableOf(key) !== 'appointment!') return '';
  const row = await rows.get(key);
  if (!row) return '';
  const {userId, device} = decodeAppointment(row);
  return ` (user ${userId}, device ${device})`;
}
