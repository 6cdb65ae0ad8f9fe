import {dueKey, userKey} from '../store/layout.js';
import {encodeUser, type UserRow} from '../store/rows.js';
import type {Transaction} from '../store/transaction.js';
import type {GatekeeperEvent} from './events.js';
import {putDue} from './expiry.js';
import {MaximumExpiryReached} from './rejections.js';
import {maxU32} from './settings.js';
import type {KnownUser} from './user-reference.js';

/**
 * Adds blocks to a subscription, in its grace period, too. Slots and start stay as they are.
 *
 * @returns the user's row from now on
 * @throws MaximumExpiryReached; nothing has changed then
 */
export function extend(
  transaction: Transaction,
  publish: (event: GatekeeperEvent) => void,
  {id, user}: KnownUser,
  blocks: number,
): UserRow {
  const {expiryDelta} = transaction.meta.settings;
  const expiry = user.expiry + blocks;
  if (expiry + expiryDelta > maxU32) {
    const most = maxU32 - expiryDelta - user.expiry;
    throw new MaximumExpiryReached(expiry, expiryDelta, `Add fewer blocks: this subscription can take ${most}.`);
  }
  const extended = {...user, expiry};
  transaction.put(userKey(id), encodeUser(extended));
  transaction.del(dueKey('e', user.expiry, id));
  putDue(transaction, expiry, id);
  const {height} = transaction.meta.tip;
  publish({type: 'subscription_extended', height, userId: id, blocks, subscriptionExpiry: expiry});
  return extended;
}
