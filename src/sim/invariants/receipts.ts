import {recoverKey, registrationReceipt} from '../../crypto/index.js';
import type {Invariant} from './invariant.js';
import type {Reply} from './reply.js';

interface Held {
  readonly subscription: number;
  readonly slots: number;
  readonly expiry: number;
  /** The highest of this subscription. */
  readonly highestSlots: number;
  readonly highestExpiry: number;
}

/** What was promised stands in the store, and a client that checks what it is told never has to refuse it. */
export const receipts: Invariant = {
  name: 'receipts',
  claim: 'every receipt that was given is on disk, and strictly above what the key was told before',
  watch() {
    /** What was committed, by key. */
    const promised = new Map<string, Set<string>>();
    /** What each client holds. */
    const held = new Map<string, Held>();
    const promise = (key: string, text: string) => {
      const texts = promised.get(key);
      if (texts) texts.add(text);
      else promised.set(key, new Set([text]));
    };
    return ({events, replies, rows, ledger, towerId}) => {
      for (const {event} of events) {
        if (event.type === 'appointment_added' || event.type === 'appointment_updated') {
          promise(event.key, `appointment ${event.locator} from ${event.startBlock}`);
        } else if ('subscriptionStart' in event) {
          const {key, availableSlots, subscriptionStart, subscriptionExpiry} = event;
          promise(key, `${availableSlots} slots from ${subscriptionStart} to ${subscriptionExpiry}`);
        } else if (event.type === 'request_received') promise(event.key, `request ${event.requestId}`);
      }
      const wrong: string[] = [];
      for (const reply of replies) {
        const text = textOf(reply);
        if (!promised.get(reply.key)?.has(text)) wrong.push(`a device was answered "${text}", which is not on disk`);
        if (reply.type === 'request') continue;
        if (reply.type === 'registration' && signerOf(reply) !== towerId)
          wrong.push(`${text}: not signed by the tower`);
        const {key, userId, slots, expiry} = reply;
        const before = held.get(key);
        const subscription = rows.users.get(userId)?.subscription ?? before?.subscription ?? 0;
        const same = before?.subscription === subscription;
        if (before && reply.type === 'registration') {
          const least = same ? before : {slots: before.highestSlots, expiry: before.highestExpiry};
          if (slots <= least.slots || expiry <= least.expiry) {
            wrong.push(`user ${userId} was told ${text}, and held ${least.slots} slots until ${least.expiry}`);
          }
        }
        held.set(key, {
          subscription,
          slots,
          expiry,
          highestSlots: Math.max(slots, same ? before.highestSlots : 0),
          highestExpiry: Math.max(expiry, same ? before.highestExpiry : 0),
        });
        const known = rows.told.get(key);
        if (replies.at(-1) === reply && known?.subscription === subscription && known.lastExpiry < expiry) {
          wrong.push(`user ${userId} was told ${expiry}, and the store says that he was told ${known.lastExpiry}`);
        }
      }
      if (ledger.isLost) promised.clear();
      return wrong;
    };
  },
};

function textOf(reply: Reply): string {
  if (reply.type === 'request') return `request ${reply.requestId}`;
  if (reply.type === 'appointment') return `appointment ${reply.locator} from ${reply.start}`;
  return `${reply.slots} slots from ${reply.start} to ${reply.expiry}`;
}

function signerOf({key, slots, start, expiry, signature}: Extract<Reply, {type: 'registration'}>): string | undefined {
  const promise = {userKey: key, availableSlots: slots, subscriptionStart: start, subscriptionExpiry: expiry};
  return recoverKey(registrationReceipt(promise), signature);
}
