import {isExpired} from '../../gatekeeper/subscription.js';
import type {UserInfo} from '../../gatekeeper/user-info.js';

export interface UserSummary {
  readonly userId: number;
  readonly keys: readonly string[];
  /** `outdated`: past the grace period, so the next block deletes him; an operator has accepted another chain, or shortened the grace. */
  readonly state: 'active' | 'expired' | 'outdated';
  readonly availableSlots: number;
  /** Slots that his appointments take. */
  readonly takenSlots: number;
  readonly subscriptionStart: number;
  readonly subscriptionExpiry: number;
  readonly appointments: number;
}

/** The moment at which a user is looked at. */
export interface Moment {
  readonly tipHeight: number;
  readonly expiryDelta: number;
}

export function summaryOf(user: UserInfo, moment: Moment): UserSummary {
  return {
    userId: user.userId,
    keys: user.devices.map(({key}) => key),
    state: stateOf(user.subscriptionExpiry, moment),
    availableSlots: user.availableSlots,
    takenSlots: user.takenSlots,
    subscriptionStart: user.subscriptionStart,
    subscriptionExpiry: user.subscriptionExpiry,
    appointments: user.appointmentCount,
  };
}

function stateOf(expiry: number, {tipHeight, expiryDelta}: Moment): UserSummary['state'] {
  if (!isExpired({expiry}, tipHeight)) return 'active';
  return tipHeight >= expiry + expiryDelta ? 'outdated' : 'expired';
}
