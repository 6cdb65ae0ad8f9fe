import {recoverKey, registrationReceipt} from '../../crypto/index.js';
import {layout} from '../../store/index.js';
import {decodeAppointment} from '../../store/appointment-row.js';
import type {Invariant} from './invariant.js';
import type {Reckoned} from './ledger.js';
import type {Reply} from './reply.js';
import type {RowView} from './row-view.js';

/** What a key was told last, and the highest that it was told in the subscription. */
interface Told {
  readonly subscription: string;
  readonly slots: number;
  readonly expiry: number;
  readonly highestSlots: number;
  readonly highestExpiry: number;
}

/** What was promised stands in the store, and a client that checks what it is told never has to refuse it. */
export const receipts: Invariant = {
  name: 'receipts',
  claim: 'every receipt that was given is on disk, and strictly above what the key was told before',
  watch() {
    /** What was committed, by key. */
    const promises = new Map<string, Set<string>>();
    const told = new Map<string, Told>();
    return ({events, replies, rows, towerId}) => {
      const wrong: string[] = [];
      for (const reckoned of events) {
        const promise = promiseOf(reckoned);
        if (!promise) continue;
        const {key, text} = promise;
        const texts = promises.get(key);
        if (texts) texts.add(text);
        else promises.set(key, new Set([text]));
        if (promise.slots === undefined) continue;
        const {isRegistration, subscription, slots, expiry} = promise;
        const before = told.get(key);
        const same = before?.subscription === subscription;
        if (before && isRegistration) {
          const least = same ? before : {slots: before.highestSlots, expiry: before.highestExpiry};
          if (slots <= least.slots || expiry <= least.expiry) {
            wrong.push(`a device is told ${text}, and was told ${least.slots} slots until ${least.expiry}`);
          }
        }
        const highestSlots = Math.max(slots, same ? before.highestSlots : 0);
        const highestExpiry = Math.max(expiry, same ? before.highestExpiry : 0);
        told.set(key, {subscription, slots, expiry, highestSlots, highestExpiry});
      }
      for (const reply of replies) {
        const text = textOf(reply);
        if (!promises.get(reply.key)?.has(text) && !isStanding(reply, rows)) {
          wrong.push(`a device was answered "${text}", which is not on disk`);
        }
        if (reply.type === 'request') continue;
        if (reply.type === 'registration' && signerOf(reply) !== towerId) {
          wrong.push(`"${text}" was not signed by the tower`);
        }
        const known = rows.told.get(reply.key);
        if (known?.userId === reply.userId && known.highestExpiry < reply.expiry) {
          wrong.push(`a device was told ${reply.expiry}, and the store says at most ${known.highestExpiry}`);
        }
      }
      return wrong;
    };
  },
};

interface PromiseMade {
  readonly key: string;
  readonly text: string;
  readonly isRegistration?: boolean;
  readonly subscription: string;
  readonly slots?: number;
  readonly expiry: number;
}

function promiseOf({event, before}: Reckoned): PromiseMade | undefined {
  if (event.type === 'appointment_added' || event.type === 'appointment_updated') {
    const {key, userId, locator, startBlock, availableSlots: slots} = event;
    const {start = 0, expiry = 0} = before ?? {};
    return {key, text: `appointment ${locator} from ${startBlock}`, subscription: `${userId} ${start}`, slots, expiry};
  }
  if ('subscriptionStart' in event) {
    const {key, userId, availableSlots: slots, subscriptionStart: start, subscriptionExpiry: expiry} = event;
    const text = `${slots} slots from ${start} to ${expiry}`;
    return {key, text, isRegistration: true, subscription: `${userId} ${start}`, slots, expiry};
  }
  if (event.type !== 'request_received') return undefined;
  return {key: event.key, text: `request ${event.requestId}`, subscription: '', expiry: 0};
}

/** What was promised before anybody watched is on disk, and is told again to whoever asks again. */
function isStanding(reply: Reply, {requests, told, raw}: RowView): boolean {
  if (reply.type === 'request') return requests.get(reply.requestId)?.key === reply.key;
  const subscription = told.get(reply.key)?.subscription;
  if (reply.type !== 'appointment' || subscription === undefined) return false;
  const row = raw.get(layout.appointmentKey(subscription, reply.locator));
  return row !== undefined && decodeAppointment(row).startBlock === reply.start;
}

function textOf(reply: Reply): string {
  if (reply.type === 'request') return `request ${reply.requestId}`;
  if (reply.type === 'appointment') return `appointment ${reply.locator} from ${reply.start}`;
  return `${reply.slots} slots from ${reply.start} to ${reply.expiry}`;
}

function signerOf({key, slots, start, expiry, signature}: Extract<Reply, {type: 'registration'}>): string | undefined {
  const promise = {userKey: key, availableSlots: slots, subscriptionStart: start, subscriptionExpiry: expiry};
  return recoverKey(registrationReceipt(promise), signature);
}
