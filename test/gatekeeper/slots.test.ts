import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import {NotEnoughSlots, SubscriptionExpired} from '../../src/gatekeeper/rejections.js';
import {decideAppointment, slotsOf, withoutAppointments} from '../../src/gatekeeper/slots.js';
import type {UserRow} from '../../src/store/rows.js';

const user: UserRow = {
  subscription: 7,
  availableSlots: 6,
  grantedSlots: 10,
  start: 1000,
  expiry: 1100,
  appointments: 3,
  devices: [],
};

test('a blob takes one slot for each 2,048 bytes begun, and an empty one takes one', (t) => {
  const known: [blobBytes: number, slots: number][] = [
    [0, 1],
    [1, 1],
    [2047, 1],
    [2048, 1],
    [2049, 2],
    [4096, 2],
    [4097, 3],
    [16_777_216, 8192],
  ];
  for (const [blobBytes, slots] of known) t.is(slotsOf(blobBytes), slots, String(blobBytes));
});

const cases: [title: string, held: number | undefined, slots: number, gives: [available: number, count: number]][] = [
  ['a new appointment takes its slots', undefined, 2, [4, 4]],
  ['a new appointment may take the last slot', undefined, 6, [0, 4]],
  ['a larger update takes the difference', 2, 5, [3, 3]],
  ['a larger update may take the last slot', 2, 8, [0, 3]],
  ['a smaller update returns the difference', 4, 1, [9, 3]],
  ['an update of the same size changes nothing', 4, 4, [6, 3]],
];

for (const [title, held, slots, [availableSlots, appointments]] of cases) {
  test(title, (t) => {
    t.deepEqual(decideAppointment({tipHeight: 1099, user, held}, slots), {...user, availableSlots, appointments});
  });
}

test('an appointment that needs one slot too many is refused with both numbers', (t) => {
  const fresh = decideAppointment({tipHeight: 1050, user, held: undefined}, 7);
  t.true(fresh instanceof NotEnoughSlots);
  t.like(fresh, {code: 'TOWER_NOT_ENOUGH_SLOTS', facts: {slotsNeeded: 7, slotsAvailable: 6}});
  const update = decideAppointment({tipHeight: 1050, user, held: 2}, 9);
  t.like(update, {code: 'TOWER_NOT_ENOUGH_SLOTS', facts: {slotsNeeded: 7, slotsAvailable: 6}});
});

test('an expired user is refused whatever he asks, a smaller update included', (t) => {
  for (const tipHeight of [1100, 1101, 1105]) {
    for (const [held, slots] of [
      [undefined, 1],
      [4, 1],
      [undefined, 99],
    ] as const) {
      const decision = decideAppointment({tipHeight, user, held}, slots);
      t.true(decision instanceof SubscriptionExpired);
      t.like(decision, {code: 'TOWER_SUBSCRIPTION_EXPIRED', facts: {expiry: 1100}});
    }
  }
});

test('deleted appointments return their slots, or forfeit them', (t) => {
  const gone = {count: 2, slots: 3};
  t.deepEqual(withoutAppointments(user, gone, true), {...user, appointments: 1, availableSlots: 9, grantedSlots: 10});
  t.deepEqual(withoutAppointments(user, gone, false), {...user, appointments: 1, availableSlots: 6, grantedSlots: 7});
});

test('granted slots are always the available ones plus those taken', (t) => {
  const step = fc.record({locator: fc.nat(4), slots: fc.integer({min: 1, max: 5}), drop: fc.constantFrom(0, 1, 2)});
  fc.assert(
    fc.property(fc.array(step, {maxLength: 30}), (steps) => {
      let row: UserRow = {...user, availableSlots: 10, appointments: 0};
      const held = new Map<number, number>();
      for (const {locator, slots, drop} of steps) {
        const before = held.get(locator);
        if (drop > 0 && before !== undefined) {
          row = withoutAppointments(row, {count: 1, slots: before}, drop === 1);
          held.delete(locator);
        } else {
          const decision = decideAppointment({tipHeight: 1050, user: row, held: before}, slots);
          if (decision instanceof Error) continue;
          row = decision;
          held.set(locator, slots);
        }
        const taken = [...held.values()].reduce((sum, slots) => sum + slots, 0);
        assert.equal(row.grantedSlots, row.availableSlots + taken);
        assert.equal(row.appointments, held.size);
        assert.ok(row.availableSlots >= 0);
      }
    }),
  );
  t.pass();
});
