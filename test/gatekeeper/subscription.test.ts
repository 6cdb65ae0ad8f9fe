import test from 'ava';
import {MaximumExpiryReached, MaximumSlotsReached} from '../../src/gatekeeper/rejections.js';
import {defaultGatekeeperSettings, type GatekeeperSettings, maxU32} from '../../src/gatekeeper/settings.js';
import {decideRegistration, isExpired, join, type Registration, tell} from '../../src/gatekeeper/subscription.js';
import type {ToldRow, UserRow} from '../../src/store/rows.js';

const key = `02${'ab'.repeat(32)}`;
const settings: GatekeeperSettings = {
  ...defaultGatekeeperSettings,
  subscriptionSlots: 10,
  subscriptionDuration: 100,
  expiryDelta: 6,
  renewal: 'extend',
};
const counters = {
  nextUserId: 4,
  nextSubscription: 8,
  users: 2,
  nextRequestId: 5,
  pendingRequests: 1,
  closedRequests: 3,
  unprovenRequests: 1,
  appointments: 1,
  takenSlots: 1,
};

/** A user with id 3, who registered at 1000 and has used 4 of his 10 slots. */
const user: UserRow = {
  subscription: 7,
  availableSlots: 6,
  grantedSlots: 10,
  start: 1000,
  expiry: 1100,
  appointments: 3,
  devices: [{key, role: null, authorizedAt: 1000}],
};
const told = (subscription: number, last: [number, number], highest: [number, number] = last): ToldRow => ({
  userId: 3,
  subscription,
  lastSlots: last[0],
  lastExpiry: last[1],
  highestSlots: highest[0],
  highestExpiry: highest[1],
});

interface Case {
  readonly title: string;
  readonly settings?: Partial<GatekeeperSettings>;
  readonly tipHeight: number;
  readonly user?: Partial<UserRow>;
  readonly told?: ToldRow;
  /** @default renewed, for a user */
  readonly outcome?: 'answered';
  /** Slots, granted slots, start, expiry. */
  readonly gives: [number, number, number, number];
}

const cases: Case[] = [
  {title: 'a new key gets slots and duration from the tip', tipHeight: 1000, gives: [10, 10, 1000, 1100]},
  {
    title: 'extend: a renewal adds slots, keeps the start, counts from the old expiry',
    tipHeight: 1050,
    user: {},
    gives: [16, 20, 1000, 1200],
  },
  {
    title: 'extend: a renewal in the grace period counts from the old expiry, too',
    tipHeight: 1105,
    user: {},
    gives: [16, 20, 1000, 1200],
  },
  {
    title: 'reset: a renewal counts from the tip',
    settings: {renewal: 'reset'},
    tipHeight: 1050,
    user: {},
    gives: [16, 20, 1000, 1150],
  },
  {
    title: 'reset: a second renewal on one tip is lifted one above what was told',
    settings: {renewal: 'reset'},
    tipHeight: 1050,
    user: {expiry: 1150, availableSlots: 16, grantedSlots: 20},
    told: told(7, [16, 1150]),
    gives: [26, 30, 1000, 1151],
  },
  {
    title: 'reset: a renewal after a reorg to a lower tip is lifted one above what was told',
    settings: {renewal: 'reset'},
    tipHeight: 990,
    user: {},
    told: told(7, [10, 1100]),
    gives: [16, 20, 1000, 1101],
  },
  {
    title: 'reset: a renewal does not take back what an operator, or another device, has added',
    settings: {renewal: 'reset'},
    tipHeight: 1050,
    user: {expiry: 1300},
    told: told(7, [10, 1100]),
    gives: [16, 20, 1000, 1300],
  },
  {
    title: 'slots are lifted one above what the key was last told',
    settings: {subscriptionSlots: 2},
    tipHeight: 1050,
    user: {},
    told: told(7, [9, 1100]),
    gives: [10, 14, 1000, 1200],
  },
  {
    title: 'slots exactly one above what was told are not lifted',
    settings: {subscriptionSlots: 2},
    tipHeight: 1050,
    user: {},
    told: told(7, [7, 1100]),
    gives: [8, 12, 1000, 1200],
  },
  {
    title: 'what was told earlier in the same subscription, and lowered by appointments, does not lift',
    tipHeight: 1050,
    user: {},
    told: told(7, [6, 1100], [500, 5000]),
    gives: [16, 20, 1000, 1200],
  },
  {
    title: 'a key whose user was deleted is lifted above the highest that it was told',
    tipHeight: 1200,
    told: told(5, [3, 1100], [40, 1350]),
    gives: [41, 41, 1200, 1351],
  },
  {
    title: 'a key whose user was deleted long ago needs no lift',
    tipHeight: 9000,
    told: told(5, [3, 1100], [9, 1350]),
    gives: [10, 10, 9000, 9100],
  },
  {
    title: 'a device that was let in is told of the subscription as it is',
    tipHeight: 1050,
    user: {},
    told: told(7, [0, 0]),
    outcome: 'answered',
    gives: [6, 10, 1000, 1100],
  },
  {
    title: 'as it is when slots and expiry are just above the highest that the key was told before',
    tipHeight: 1050,
    user: {},
    told: told(7, [0, 0], [5, 1099]),
    outcome: 'answered',
    gives: [6, 10, 1000, 1100],
  },
  {
    title: 'slots that are not above the highest told before are renewed',
    tipHeight: 1050,
    user: {},
    told: told(7, [0, 0], [6, 1099]),
    gives: [16, 20, 1000, 1200],
  },
  {
    title: 'an expiry that is not above the highest told before is renewed, and lifted',
    tipHeight: 1050,
    user: {},
    told: told(7, [0, 0], [5, 1300]),
    gives: [16, 20, 1000, 1301],
  },
  {
    title: 'a device that was let in when no slots are left renews',
    tipHeight: 1050,
    user: {availableSlots: 0},
    told: told(7, [0, 0]),
    gives: [10, 20, 1000, 1200],
  },
  {
    title: 'a device that was let in and waits for the last active block is told as it is',
    tipHeight: 1099,
    user: {},
    told: told(7, [0, 0]),
    outcome: 'answered',
    gives: [6, 10, 1000, 1100],
  },
  {
    title: 'a device that was let in and comes when the subscription is expired renews',
    tipHeight: 1100,
    user: {},
    told: told(7, [0, 0]),
    gives: [16, 20, 1000, 1200],
  },
  {
    title: 'a device that was told nothing of an earlier subscription registers anew, above what it was told before',
    tipHeight: 1200,
    told: told(5, [0, 0], [40, 1350]),
    gives: [41, 41, 1200, 1351],
  },
  {
    title: 'the largest slots of all can be granted',
    settings: {subscriptionSlots: maxU32},
    tipHeight: 1000,
    gives: [maxU32, maxU32, 1000, 1100],
  },
  {
    title: 'the largest expiry of all, grace included, can be granted',
    settings: {subscriptionDuration: 289, expiryDelta: 6},
    tipHeight: maxU32 - 295,
    gives: [10, 10, maxU32 - 295, maxU32 - 6],
  },
];

for (const {title, tipHeight, gives, ...given} of cases) {
  test(title, (t) => {
    const owner = given.user && {id: 3, user: {...user, ...given.user}};
    const decision = decideRegistration(
      {settings: {...settings, ...given.settings}, tipHeight, counters, owner, told: given.told},
      key,
    ) as Registration;
    const {availableSlots, grantedSlots, start, expiry} = decision.user;
    t.deepEqual([availableSlots, grantedSlots, start, expiry], gives);
    t.is(decision.told.lastSlots, availableSlots);
    t.is(decision.told.lastExpiry, expiry);
    t.is(decision.told.subscription, decision.user.subscription);
    t.is(decision.told.userId, decision.id);
    if (owner) {
      t.is(decision.outcome, given.outcome ?? 'renewed');
      t.is(decision.id, 3);
      t.deepEqual(decision.counters, counters);
      t.is(decision.user.subscription, 7);
      t.is(decision.user.appointments, 3);
      t.deepEqual(decision.user.devices, user.devices);
    } else {
      t.is(decision.outcome, 'registered');
      t.is(decision.id, 4);
      t.deepEqual(decision.counters, {...counters, nextUserId: 5, nextSubscription: 9, users: 3});
      t.is(decision.user.subscription, 8);
      t.is(decision.user.appointments, 0);
      t.deepEqual(decision.user.devices, [{key, role: null, authorizedAt: tipHeight}]);
    }
  });
}

interface Refusal {
  readonly title: string;
  readonly settings?: Partial<GatekeeperSettings>;
  readonly tipHeight?: number;
  readonly user?: Partial<UserRow>;
  readonly told?: ToldRow;
  readonly as: typeof MaximumSlotsReached | typeof MaximumExpiryReached;
}

const refusals: Refusal[] = [
  {title: 'one slot above u32', user: {availableSlots: maxU32 - 9, grantedSlots: maxU32 - 9}, as: MaximumSlotsReached},
  {
    title: 'available slots within u32 but, with those that appointments may return, above',
    user: {availableSlots: 5, grantedSlots: maxU32 - 9},
    as: MaximumSlotsReached,
  },
  {title: 'slots lifted above u32', told: told(5, [1, 1], [maxU32, 1]), as: MaximumSlotsReached},
  {
    title: 'an expiry one above u32',
    settings: {subscriptionDuration: 296, expiryDelta: 0},
    tipHeight: maxU32 - 295,
    as: MaximumExpiryReached,
  },
  {
    title: 'an expiry within u32 whose grace period is not',
    settings: {subscriptionDuration: 290, expiryDelta: 6},
    tipHeight: maxU32 - 295,
    as: MaximumExpiryReached,
  },
  {title: 'an old expiry extended above u32', user: {expiry: maxU32 - 105}, as: MaximumExpiryReached},
  {
    title: 'an expiry lifted above u32',
    settings: {expiryDelta: 0},
    told: told(5, [1, 1], [1, maxU32]),
    as: MaximumExpiryReached,
  },
  {title: 'user ids that are used up', as: MaximumSlotsReached},
];

for (const {title, as, tipHeight = 1050, ...given} of refusals) {
  test(`refused: ${title}`, (t) => {
    const owner = given.user && {id: 3, user: {...user, ...given.user}};
    const usedUp = title.includes('ids') ? {...counters, nextUserId: maxU32 + 1} : counters;
    const decision = decideRegistration(
      {settings: {...settings, ...given.settings}, tipHeight, counters: usedUp, owner, told: given.told},
      key,
    );
    t.true(decision instanceof as);
  });
}

test('the last slot and the last user id can still be given', (t) => {
  const rows = {settings, tipHeight: 1050, told: undefined};
  const owner = {id: 3, user: {...user, availableSlots: maxU32 - 10, grantedSlots: maxU32 - 10}};
  const renewed = decideRegistration({...rows, counters, owner}, key) as Registration;
  t.is(renewed.user.availableSlots, maxU32);
  const last = decideRegistration({...rows, counters: {...counters, nextUserId: maxU32}, owner: undefined}, key);
  t.is((last as Registration).id, maxU32);
});

test('a subscription is expired from its expiry on, not a block earlier', (t) => {
  t.deepEqual(
    [1099, 1100, 1101].map((tip) => isExpired({expiry: 1100}, tip)),
    [false, true, true],
  );
});

test('what was told grows its highest within one subscription, and begins anew with the next', (t) => {
  const membership = {subscription: 1, userId: 3};
  const first = tell(undefined, membership, {slots: 10, expiry: 100});
  t.deepEqual(first, told(1, [10, 100]));
  const second = tell(first, membership, {slots: 4, expiry: 100});
  t.deepEqual(second, told(1, [4, 100], [10, 100]));
  t.deepEqual(tell(second, membership, {slots: 14, expiry: 90}), told(1, [14, 90], [14, 100]));
  t.deepEqual(tell(second, {subscription: 2, userId: 4}, {slots: 3, expiry: 7}), {...told(2, [3, 7]), userId: 4});
});

test('a key that joins a subscription was told nothing of it, but all that it was ever told before', (t) => {
  const membership = {subscription: 2, userId: 4};
  t.deepEqual(join(undefined, membership), {...told(2, [0, 0]), userId: 4});
  t.deepEqual(join(told(1, [4, 90], [10, 100]), membership), {...told(2, [0, 0], [10, 100]), userId: 4});
  t.deepEqual(
    join({...told(2, [4, 90], [10, 100]), userId: 0}, membership),
    {...told(2, [4, 90], [10, 100]), userId: 4},
    'a key that comes back to its subscription knows it',
  );
});
