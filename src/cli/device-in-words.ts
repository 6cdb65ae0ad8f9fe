import type {DeviceView} from '../gatekeeper/auth/views.js';
import {grantRows} from './request-in-words.js';
import {columns} from './table.js';

/** A device as aligned rows, the key under its own name. */
export function deviceInWords({key, authorizedAt, ...grant}: DeviceView, keyName: string): string {
  return columns([[keyName, key], ...grantRows(grant), ['authorized', `at ${authorizedAt}`]]).join('\n');
}
