import type {Counters, DecisionSettings} from '../store/meta.js';
import type {Role, ToldRow, UserRow} from '../store/rows.js';
import {MaximumExpiryReached, MaximumSlotsReached} from './rejections.js';
import {maxU32} from './settings.js';

export interface RegistrationRows {
  readonly settings: DecisionSettings;
  readonly tipHeight: number;
  readonly counters: Counters;
  /** The user whom the key belongs to, if there is one. */
  readonly owner: {readonly id: number; readonly user: UserRow} | undefined;
  readonly told: ToldRow | undefined;
  /** What the key is as a node. @default null, none */
  readonly role?: Role;
}

/**
 * What became of a registration. `answered`: a decision has made the user, or let the device join him, and the device is
 * told of its subscription for the first time; nothing is added.
 */
export type RegistrationOutcome = 'registered' | 'renewed' | 'answered';

export interface Registration {
  readonly outcome: RegistrationOutcome;
  readonly id: number;
  readonly user: UserRow;
  readonly told: ToldRow;
  readonly counters: Counters;
}

/** Expired users add nothing but stay watched; outdated users are forgotten. */
export const isExpired = (user: Pick<UserRow, 'expiry'>, tipHeight: number): boolean => tipHeight >= user.expiry;

/**
 * A new subscription for a new key, more slots and time for one that was told of its subscription. A device that was let
 * in by a decision and was told nothing yet gets the subscription as it is, if its receipt would be accepted and is worth
 * something.
 */
export function decideRegistration(
  rows: RegistrationRows,
  key: string,
): Registration | MaximumSlotsReached | MaximumExpiryReached {
  const {settings, tipHeight, counters, owner} = rows;
  const subscription = owner?.user.subscription ?? counters.nextSubscription;
  const least = leastToTell(rows.told, subscription);

  if (owner && isUntold(rows.told, subscription) && !isExpired(owner.user, tipHeight)) {
    const {availableSlots: slots, expiry} = owner.user;
    if (slots >= least.slots && expiry >= least.expiry) {
      const told = tell(rows.told, {subscription, userId: owner.id}, {slots, expiry});
      return {outcome: 'answered', id: owner.id, user: owner.user, told, counters};
    }
  }
  const slots = Math.max((owner?.user.availableSlots ?? 0) + settings.subscriptionSlots, least.slots);
  const from = owner && settings.renewal === 'extend' ? owner.user.expiry : tipHeight;
  // An operator, or another device, may have brought it further than a reset does; that was promised.
  const expiry = Math.max(from + settings.subscriptionDuration, least.expiry, owner?.user.expiry ?? 0);
  // Slots that appointments take come back when they shrink or go, so they count, too.
  const granted = (owner?.user.grantedSlots ?? 0) + slots - (owner?.user.availableSlots ?? 0);
  if (granted > maxU32) return new MaximumSlotsReached(granted);
  if (expiry + settings.expiryDelta > maxU32) return new MaximumExpiryReached(expiry, settings.expiryDelta);

  if (owner) {
    const told = tell(rows.told, {subscription, userId: owner.id}, {slots, expiry});
    const user = {...owner.user, availableSlots: slots, grantedSlots: granted, expiry};
    return {outcome: 'renewed', id: owner.id, user, told, counters};
  }
  const id = counters.nextUserId;
  if (id > maxU32) return new MaximumSlotsReached(slots);
  return {
    outcome: 'registered',
    id,
    user: {
      subscription,
      availableSlots: slots,
      grantedSlots: granted,
      start: tipHeight,
      expiry,
      appointments: 0,
      devices: [{key, role: rows.role ?? null, authorizedAt: tipHeight}],
    },
    told: tell(rows.told, {subscription, userId: id}, {slots, expiry}),
    counters: {...counters, nextUserId: id + 1, nextSubscription: subscription + 1, users: counters.users + 1},
  };
}

/** The subscription that a key belongs to, and whose it is. */
export interface Membership {
  readonly subscription: number;
  readonly userId: number;
}

/**
 * What a key knows when it joins a subscription: nothing of it yet, so that its first receipt must be above all that
 * it was ever told of the one before.
 */
export function join(told: ToldRow | undefined, membership: Membership): ToldRow {
  if (told?.subscription === membership.subscription) return {...told, ...membership};
  const highest = {highestSlots: told?.highestSlots ?? 0, highestExpiry: told?.highestExpiry ?? 0};
  return {...membership, lastSlots: 0, lastExpiry: 0, ...highest};
}

/** Whether the key has joined this subscription and was told nothing of it since: no receipt has slots or an expiry of 0. */
const isUntold = (told: ToldRow | undefined, subscription: number): boolean =>
  told?.subscription === subscription && told.lastSlots === 0 && told.lastExpiry === 0;

/** What a key knows once it has been answered with these slots and this expiry. */
export function tell(
  told: ToldRow | undefined,
  {subscription, userId}: Membership,
  now: {slots: number; expiry: number},
): ToldRow {
  const same = told?.subscription === subscription ? told : undefined;
  return {
    userId,
    subscription,
    lastSlots: now.slots,
    lastExpiry: now.expiry,
    highestSlots: Math.max(now.slots, same?.highestSlots ?? 0),
    highestExpiry: Math.max(now.expiry, same?.highestExpiry ?? 0),
  };
}

/**
 * TEOS clients refuse a registration receipt whose slots and expiry are not both above what they hold. Within one
 * subscription they hold what they were told last; of one that is gone, it may be anything they were ever told.
 */
function leastToTell(told: ToldRow | undefined, subscription: number): {slots: number; expiry: number} {
  if (!told) return {slots: 0, expiry: 0};
  return told.subscription === subscription && !isUntold(told, subscription)
    ? {slots: told.lastSlots + 1, expiry: told.lastExpiry + 1}
    : {slots: told.highestSlots + 1, expiry: told.highestExpiry + 1};
}
