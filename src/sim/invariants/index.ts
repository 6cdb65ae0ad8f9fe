import {agreement} from './agreement.js';
import {atomicity} from './atomicity.js';
import {due} from './due.js';
import {expiry} from './expiry.js';
import {heights} from './heights.js';
import {ids} from './ids.js';
import {integrity} from './integrity.js';
import type {Invariant} from './invariant.js';
import {queue} from './queue.js';
import {receipts} from './receipts.js';
import {requests} from './requests.js';
import {restoration} from './restoration.js';
import {sameness} from './sameness.js';
import {slots} from './slots.js';

/** What is looked at after commits. Of several that a state breaks, the first is named. */
export const invariants: readonly Invariant[] = [
  atomicity,
  heights,
  expiry,
  restoration,
  ids,
  slots,
  requests,
  queue,
  receipts,
  due,
  agreement,
  sameness,
  integrity,
];
