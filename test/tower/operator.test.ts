import test from 'ava';
import {maxU32} from '../../src/gatekeeper/settings.js';
import {purgeRowsPerBlock} from '../../src/gatekeeper/purge.js';
import {layout} from '../../src/store/index.js';
import {decodeUser, encodeUser} from '../../src/store/rows.js';
import {ask} from '../support/devices.js';
import {publicKey} from '../support/keys.js';
import {appoint} from '../support/appointments.js';
import {allRows} from '../support/rows.js';
import {ScriptedPolicy} from '../support/scripted-policy.js';
import {World} from '../support/world.js';

const actor = 'operator';

test('an extended subscription expires and is deleted so many blocks later, and nothing else of it changes', async (t) => {
  const world = await World.begin(t);
  await world.register(2);
  await world.register(3);
  const user = await world.tower.operator.extend({key: publicKey(2)}, 5, actor);
  t.like(user, {userId: 1, availableSlots: 10, subscriptionStart: 100, subscriptionExpiry: 115});
  await world.mineTo(116);
  t.is(await world.user(3), undefined, 'the other is deleted at 112');
  t.truthy(await world.user(2));
  await world.mineTo(117);
  t.is(await world.user(2), undefined);
  t.deepEqual(await world.problems(), []);
});

test('a subscription can be extended in its grace, and counts again', async (t) => {
  const world = await World.begin(t);
  await world.register(2);
  await world.mineTo(111);
  t.like(await world.tower.gatekeeper.hasSubscriptionExpired(publicKey(2)), {expired: true});
  await world.tower.operator.extend({userId: 1}, 2, actor);
  t.deepEqual(await world.tower.gatekeeper.hasSubscriptionExpired(publicKey(2)), {expired: false, expiry: 112});
  await world.mineTo(113);
  t.truthy(await world.user(2));
  t.deepEqual(await world.problems(), []);
  await world.mineTo(114);
  t.is(await world.user(2), undefined);
});

test('blocks that an operator has added stand, whatever the chain does', async (t) => {
  const world = await World.begin(t);
  await world.register(2);
  await world.mineTo(105);
  await world.tower.operator.extend({userId: 1}, 3, actor);
  await world.mineTo(115);
  t.is(await world.user(2), undefined);
  await world.reorg({depth: 14, blocks: 12});
  t.is((await world.user(2))?.subscriptionExpiry, 113);
  await world.restart();
  await world.mineTo(114);
  t.truthy(await world.user(2));
  await world.mineTo(115);
  t.is(await world.user(2), undefined);
  t.deepEqual(await world.problems(), []);
});

test('an extension past the last height is refused, and changes nothing', async (t) => {
  const world = await World.begin(t);
  await world.register(2);
  const before = await allRows(world.rows);
  const {operator} = world.tower;
  await t.throwsAsync(operator.extend({userId: 1}, maxU32 - 110 - 1, actor), {code: 'TOWER_MAXIMUM_EXPIRY_REACHED'});
  for (const blocks of [0, -1, 1.5, maxU32 + 1, Number.NaN]) {
    await t.throwsAsync(operator.extend({userId: 1}, blocks, actor), {code: 'TOWER_INVALID_PARAMETER'}, `${blocks}`);
  }
  t.deepEqual(await allRows(world.rows), before);
  const {subscriptionExpiry} = await operator.extend({userId: 1}, maxU32 - 110 - 2, actor);
  t.is(subscriptionExpiry, maxU32 - 2, 'up to there it may go');
  t.deepEqual(await world.problems(), []);
});

test('whoever is none is neither extended nor deleted', async (t) => {
  const world = await World.begin(t);
  await world.register(2);
  const before = await allRows(world.rows);
  const {operator} = world.tower;
  for (const who of [
    {userId: 2},
    {userId: 0},
    {userId: 2 ** 32 + 1},
    {userId: 1.5},
    {key: publicKey(3)},
    {key: `${publicKey(2)}00`},
    {key: publicKey(2).slice(0, -2)},
    {key: ''},
  ]) {
    const code = 'TOWER_USER_NOT_FOUND';
    await t.throwsAsync(operator.extend(who, 1, actor), {code}, JSON.stringify(who));
    await t.throwsAsync(operator.delete(who, actor), {code}, JSON.stringify(who));
  }
  t.deepEqual(await allRows(world.rows), before);
});

test('a deleted user is gone at once with his devices, no reorg brings him back, and his id is not given again', async (t) => {
  const world = await World.begin(t);
  await world.register(2);
  await world.register(3);
  await world.tower.auth.authorizeUser(publicKey(4), 1, actor);
  await world.mine(5);
  const deleted = await world.tower.operator.delete({key: publicKey(4).toUpperCase()}, actor);
  t.like(deleted, {userId: 1, subscriptionExpiry: 110});
  t.deepEqual(
    deleted.devices.map(({key}) => key),
    [publicKey(2), publicKey(4)],
  );
  t.is(world.userCount, 1);
  for (const device of [2, 4]) t.is(await world.user(device), undefined);
  t.deepEqual(await world.problems(), []);

  await world.reorg({depth: 5, blocks: 8});
  await world.restart();
  await world.reorg({depth: 8, blocks: 9});
  t.is(world.userCount, 1);
  t.is(await world.user(2), undefined);
  t.is((await world.register(2)).userId, 3);
  t.deepEqual(await world.problems(), []);
});

test('what a deleted user leaves goes in bounded steps, and nobody sees it meanwhile', async (t) => {
  const world = await World.begin(t);
  await world.register(2);
  await world.register(3);
  await appoint(world, 1, 8_000);
  await appoint(world, 2, 10);
  await world.tower.operator.delete({userId: 1}, actor);
  t.is(await world.count('appointment'), 8_010);
  const left: number[] = [];
  for (let i = 0; i < 4; i++) {
    t.deepEqual(await world.problems(), []);
    await world.mine();
    if (i === 1) await world.restart();
    left.push((await world.count('appointment')) - 10);
  }
  t.true(left[0]! < 8_000 && 3 * (8_000 - left[0]!) <= purgeRowsPerBlock + 3, String(left));
  t.deepEqual([left[2], left[3]], [0, 0]);
  t.is(await world.count('undo'), 0);
  t.is((await (await world.user(3))!.appointments()).size, 10);
});

test('thousands of users can be deleted one after the other without a block in between', async (t) => {
  const world = await World.begin(t);
  await world.register(2);
  await world.change(async (transaction) => {
    const user = decodeUser((await transaction.get(layout.userKey(1)))!);
    for (let id = 2; id <= 3_000; id++) {
      transaction.put(layout.userKey(id), encodeUser({...user, subscription: id, devices: []}));
      transaction.put(layout.dueKey('e', user.expiry, id), new Uint8Array(0));
    }
    const {counters} = transaction.meta;
    transaction.update({counters: {...counters, users: 3_000, nextUserId: 3_001, nextSubscription: 3_001}});
  });
  const reads = countReads(world);
  await Promise.all(Array.from({length: 3_000}, (_, i) => world.tower.operator.delete({userId: i + 1}, actor)));
  t.true(reads() < 5 * 3_000, `${reads()} rows were read`);
  t.is(world.userCount, 0);
  t.deepEqual(await world.problems(), []);
  await world.mine();
  t.is(await world.count('undo'), 0);
  t.is((await world.register(2)).userId, 3_001);
});

test('an answer that waits for a block and names a deleted user becomes a denial, and makes nobody anew', async (t) => {
  const policy = new ScriptedPolicy({
    callback: () => -2,
    check: ({kind}) => (kind === 'user_login' ? 1 : 0),
  });
  const world = await World.begin(t, {settings: {auth: 'user'}, policies: [policy]});
  await world.tower.auth.authorizeUser(publicKey(2), 1, actor);
  await world.tower.auth.authorizeUser(publicKey(3), 2, actor);
  await ask(world, {device: 4, kind: 'user_login'});
  await ask(world, {device: 5});
  await ask(world, {device: 6, kind: 'user_login'});
  await world.mine();
  await world.tower.auth.settled();
  await world.tower.operator.delete({userId: 1}, actor);
  for (const id of [1, 3]) {
    t.like(await world.tower.auth.request(id), {
      state: 'denied',
      closing: {actor: 'policy', height: 101, reason: 'user 1 was deleted', userId: null},
    });
  }
  t.deepEqual(await world.problems(), []);
  await world.mine();
  t.like(await world.tower.auth.request(2), {state: 'approved', closing: {userId: 3}});
  t.is(world.userCount, 2);
  t.deepEqual(await world.problems(), []);
});

test('a request of a deleted user’s device stays, and its device may join whom it is given to', async (t) => {
  const world = await World.begin(t, {settings: {auth: 'node'}});
  await world.tower.auth.authorizeUser(publicKey(2), 1, actor);
  await ask(world, {device: 2, kind: 'new_node'});
  await world.tower.operator.delete({userId: 1}, actor);
  t.like(await world.tower.auth.request(1), {state: 'pending'});
  await world.tower.auth.approve(1, {role: 'secondary', actor});
  t.is((await world.user(2))?.userId, 2);
  t.deepEqual(await world.problems(), []);
});

test('the log tells who did it, and all that is needed to do it again', async (t) => {
  const world = await World.begin(t);
  await world.register(2);
  await world.tower.operator.extend({key: publicKey(2)}, 7, actor);
  await world.tower.operator.delete({key: publicKey(2)}, 'program');
  t.deepEqual((await world.log()).slice(-2), [
    {actor, type: 'subscription_extended', height: 100, userId: 1, blocks: 7, subscriptionExpiry: 117},
    {actor: 'program', type: 'user_deleted', height: 100, userId: 1, keys: [publicKey(2)], appointments: 0},
  ]);
});

test('whoever played the log again would have the same users with the same expiries', async (t) => {
  const world = await World.begin(t);
  for (const user of [2, 3, 4]) await world.register(user);
  await world.tower.operator.extend({userId: 1}, 3, actor);
  await world.mineTo(112);
  await world.tower.operator.delete({userId: 1}, actor);
  await world.reorg({depth: 3, blocks: 2});
  await world.tower.operator.delete({userId: 3}, actor);
  await world.tower.operator.extend({userId: 2}, 4, actor);
  const told = new Map<number, number>();
  const deleted = new Map<number, number[]>();
  for (const event of await world.log()) {
    if (event.type === 'user_registered' || event.type === 'subscription_extended') {
      told.set(event.userId, event.subscriptionExpiry);
    } else if (event.type === 'user_deleted') deleted.set(event.userId, [event.height]);
    else if (event.type === 'block_connected') for (const id of event.userIds) deleted.set(id, [event.height]);
    else if (event.type === 'block_disconnected') for (const id of event.userIds) deleted.delete(id);
  }
  const alive = [...told].filter(([id]) => !deleted.has(id));
  const users = await world.tower.gatekeeper.registeredUsers.page({limit: 10});
  t.deepEqual(
    users.map(({userId, subscriptionExpiry}) => [userId, subscriptionExpiry]),
    alive,
  );
  t.deepEqual(alive, [[2, 114]]);
});

function countReads(world: World): () => number {
  let reads = 0;
  const {rows} = world;
  const {get} = rows;
  rows.get = (key) => {
    reads++;
    return get.call(rows, key);
  };
  return () => reads;
}
