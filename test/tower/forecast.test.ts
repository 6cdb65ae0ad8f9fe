import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import {type Holdings, type NamedHoldings, readAppointments} from '../../src/gatekeeper/forecast.js';
import {layout} from '../../src/store/index.js';
import {decodeUser, encodeUser} from '../../src/store/rows.js';
import {appoint} from '../support/appointments.js';
import {publicKey} from '../support/keys.js';
import {World} from '../support/world.js';

const all = {limit: 1_000};
const nobody: NamedHoldings = {users: 0, availableSlots: 0, takenSlots: 0, appointments: 0, blobBytes: 0, userIds: []};
const holders = (userIds: number[], holdings: Partial<NamedHoldings> = {}): NamedHoldings => ({
  ...nobody,
  users: userIds.length,
  availableSlots: 10 * userIds.length,
  userIds,
  ...holdings,
});

test('a forecast names who expires and who is deleted at each height, and what they hold', async (t) => {
  const world = await World.begin(t);
  await world.register(2);
  await world.register(3);
  await appoint(world, 1, 4);
  await world.mine();
  await world.register(4);
  const {operator} = world.tower;
  const first = holders([1, 2], {takenSlots: 4, appointments: 4, blobBytes: 128});
  t.deepEqual(await operator.forecast(8, all), {
    ...{tipHeight: 101, lastHeight: 109, heights: [], next: null},
    ...{expiring: without(nobody), deleted: without(nobody)},
  });
  t.deepEqual(await operator.forecast(10, all), {
    ...{tipHeight: 101, lastHeight: 111, next: null},
    ...{
      expiring: {users: 3, availableSlots: 30, takenSlots: 4, appointments: 4, blobBytes: 128},
      deleted: without(nobody),
    },
    heights: [
      {height: 110, expiring: first, deleted: nobody},
      {height: 111, expiring: holders([3]), deleted: nobody},
    ],
  });
  const {heights} = await operator.forecast(12, all);
  t.deepEqual(heights.slice(2), [
    {height: 112, expiring: nobody, deleted: first},
    {height: 113, expiring: nobody, deleted: holders([3])},
  ]);
});

test('who is in grace is in a forecast only if it reaches his deletion', async (t) => {
  const world = await World.begin(t);
  await world.register(2);
  await world.mineTo(110);
  const {operator} = world.tower;
  t.deepEqual((await operator.forecast(1, all)).heights, []);
  t.deepEqual((await operator.dueUsers(1, all)).users, []);
  t.deepEqual((await operator.forecast(2, all)).heights, [{height: 112, expiring: nobody, deleted: holders([1])}]);
  await world.changeSettings({expiryDelta: 0});
  t.deepEqual(
    (await operator.forecast(1, all)).heights,
    [{height: 111, expiring: nobody, deleted: holders([1])}],
    'one who is outdated goes with the next block',
  );
});

test('heights and users come page by page, and the sums are of all', async (t) => {
  const world = await World.begin(t);
  for (let user = 2; user <= 8; user++) {
    await world.register(user);
    if (user % 2 === 1) await world.mine();
  }
  const {operator} = world.tower;
  const whole = await operator.forecast(20, all);
  const heights = [];
  for (let after: number | null = 0; after !== null;) {
    const page = await operator.forecast(20, {after, limit: 2});
    t.true(page.heights.length <= 2);
    t.deepEqual([page.expiring, page.deleted], [whole.expiring, whole.deleted]);
    heights.push(...page.heights);
    after = page.next;
  }
  t.deepEqual(heights, whole.heights);
  for (let limit = 1; limit <= 8; limit++) {
    const ids = [];
    for (let after: {expiry: number; userId: number} | null | undefined; after !== null;) {
      const page = await operator.dueUsers(20, {after, limit});
      ids.push(...page.users.map(({info}) => info.userId));
      after = page.next;
    }
    t.deepEqual(ids, [1, 2, 3, 4, 5, 6, 7], `pages of ${limit}`);
  }
});

test('of many who are due at one height the first hundred are named', async (t) => {
  const world = await World.begin(t);
  await Promise.all(Array.from({length: 130}, (_, i) => world.register(i + 2)));
  const {heights} = await world.tower.operator.forecast(20, all);
  t.deepEqual(
    heights.map(({expiring, deleted}) => [expiring.users, expiring.userIds.length, deleted.userIds.length]),
    [
      [130, 100, 0],
      [0, 0, 100],
    ],
  );
});

test('a forecast reads what is due, and nobody else', async (t) => {
  const world = await World.begin(t, {settings: {subscriptionDuration: 1_000}});
  for (let user = 2; user <= 60; user++) await world.register(user);
  await world.changeSettings({subscriptionDuration: 5});
  await world.register(61);
  const read: string[] = [];
  const {snapshot} = world.rows;
  world.rows.snapshot = () => {
    const rows = snapshot.call(world.rows);
    const {range, getMany} = rows;
    rows.range = async (wanted) => {
      const page = await range.call(rows, wanted);
      read.push(...page.map(([key]) => key));
      return page;
    };
    rows.getMany = (keys) => {
      read.push(...keys.filter((key) => key.startsWith('user!')));
      return getMany.call(rows, keys);
    };
    return rows;
  };
  t.is((await world.tower.operator.forecast(10, all)).expiring.users, 1);
  t.is(read.length, 2, 'his due row and his own');
});

test('blobs of more appointments than can be read in time are not counted', async (t) => {
  const world = await World.begin(t);
  await world.register(2);
  await world.register(3);
  await appoint(world, 2, 3);
  const claim = (appointments: number) =>
    world.change(async (transaction) => {
      const user = decodeUser((await transaction.get(layout.userKey(1)))!);
      transaction.put(layout.userKey(1), encodeUser({...user, appointments}));
    });
  await claim(readAppointments - 3);
  t.is((await world.tower.operator.forecast(20, all)).expiring.blobBytes, 96);
  await claim(readAppointments - 2);
  const {expiring, heights} = await world.tower.operator.forecast(20, all);
  t.deepEqual([expiring.blobBytes, heights[0]!.expiring.blobBytes, heights[1]!.expiring.blobBytes], [null, null, 0]);
});

test('blocks beyond the bounds of a forecast are refused, and a tower without a block has none', async (t) => {
  const world = await World.begin(t);
  for (const blocks of [0, -1, 52_561, 1.5, Number.NaN]) {
    await t.throwsAsync(world.tower.operator.forecast(blocks, all), {code: 'TOWER_INVALID_PARAMETER'});
    await t.throwsAsync(world.tower.operator.dueUsers(blocks, all), {code: 'TOWER_INVALID_PARAMETER'});
  }
  const empty = await World.open(t);
  await t.throwsAsync(empty.tower.operator.forecast(1, all), {code: 'TOWER_NO_TIP'});
});

test('what is forecast comes about, if nobody renews', async (t) => {
  const steps = fc.array(fc.record({user: fc.integer({min: 2, max: 6}), mine: fc.integer({min: 0, max: 6})}), {
    minLength: 1,
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({min: 0, max: 7}), async (script, expiryDelta) => {
      const world = await World.begin(t, {settings: {expiryDelta}});
      for (const {user, mine} of script) {
        await world.register(user);
        await world.mine(mine);
      }
      const blocks = 25;
      const {heights} = await world.tower.operator.forecast(blocks, all);
      for (let height = world.height + 1, end = world.height + blocks; height <= end; height++) {
        const forecast = heights.find((one) => one.height === height);
        await world.mine();
        const event = world.events.findLast(({type}) => type === 'block_connected');
        assert(event?.type === 'block_connected');
        assert.deepEqual([...event.userIds].sort(), [...(forecast?.deleted.userIds ?? [])].sort());
        for (const id of forecast?.expiring.userIds ?? []) {
          const user = await world.tower.gatekeeper.registeredUsers.byId(id);
          if (expiryDelta > 0) assert.equal(user?.subscriptionExpiry, height);
        }
      }
      await world.tower.close();
    }),
    {numRuns: 40, includeErrorInReport: true},
  );
  t.pass();
});

test('users are counted by state without looking at those who are active', async (t) => {
  const world = await World.begin(t, {settings: {expiryDelta: 5}});
  const {operator} = world.tower;
  for (const user of [2, 3]) await world.register(user);
  await world.mine();
  for (const user of [4, 5, 6]) await world.register(user);
  t.deepEqual(await operator.userStates(), {active: 5, expired: 0, outdated: 0});
  await world.mineTo(110);
  t.deepEqual(await operator.userStates(), {active: 3, expired: 2, outdated: 0});
  await world.mineTo(113);
  await world.register(2);
  t.deepEqual(await operator.userStates(), {active: 1, expired: 4, outdated: 0});
  await world.changeSettings({expiryDelta: 3});
  t.deepEqual(await operator.userStates(), {active: 1, expired: 3, outdated: 1});
  await world.mine();
  t.deepEqual(await operator.userStates(), {active: 1, expired: 0, outdated: 0});
});

test('a user who is extended moves in the forecast', async (t) => {
  const world = await World.begin(t);
  await world.register(2);
  await world.tower.operator.extend({key: publicKey(2)}, 3, 'operator');
  t.deepEqual(
    (await world.tower.operator.forecast(20, all)).heights.map(({height}) => height),
    [113, 115],
  );
});

function without({users, availableSlots, takenSlots, appointments, blobBytes}: NamedHoldings): Holdings {
  return {users, availableSlots, takenSlots, appointments, blobBytes};
}
