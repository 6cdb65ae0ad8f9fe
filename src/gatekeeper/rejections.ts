import {type Facts, Rejection} from '../errors/index.js';

/*
 * The refusals of the Gatekeeper, under the names that the TEOS documentation gives them. Decisions return them, the
 * class throws them. Nothing has changed when one is thrown.
 */

/** The key could not be recovered from the signature, or it is not registered: `facts.reason` tells which. */
export class AuthenticationFailure extends Rejection {
  constructor(reason: 'key_not_recovered' | 'key_not_registered', facts: Facts = {}) {
    const message =
      reason === 'key_not_recovered'
        ? 'no public key can be recovered from the signature'
        : 'the key of the signature is not registered';
    super('TOWER_AUTHENTICATION_FAILURE', message, {facts: {reason, ...facts}});
  }
}

export class SubscriptionExpired extends Rejection {
  constructor(expiry: number) {
    super('TOWER_SUBSCRIPTION_EXPIRED', `the subscription expired at ${expiry}`, {facts: {expiry}});
  }
}

export class NotEnoughSlots extends Rejection {
  constructor(needed: number, available: number) {
    super('TOWER_NOT_ENOUGH_SLOTS', `${needed} more slots are needed, ${available} are available`, {
      facts: {slotsNeeded: needed, slotsAvailable: available},
    });
  }
}

export class InvalidParameter extends Rejection {
  constructor(parameter: string, expectation: string) {
    super('TOWER_INVALID_PARAMETER', `${parameter} must be ${expectation}`, {facts: {parameter}});
  }
}

export class MaximumSlotsReached extends Rejection {
  constructor(slots: number) {
    super('TOWER_MAXIMUM_SLOTS_REACHED', `the subscription would have ${slots} slots`, {facts: {slots}});
  }
}

export class MaximumExpiryReached extends Rejection {
  constructor(expiry: number, expiryDelta: number, hint?: string) {
    super('TOWER_MAXIMUM_EXPIRY_REACHED', `the expiry would be ${expiry}, with ${expiryDelta} blocks of grace`, {
      facts: {expiry, expiryDelta},
      ...(hint === undefined ? {} : {hint}),
    });
  }
}

export class NoTip extends Rejection {
  constructor() {
    super('TOWER_NO_TIP', 'the tower has not seen a block yet');
  }
}
