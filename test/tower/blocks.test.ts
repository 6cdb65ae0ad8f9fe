import test from 'ava';
import {putDevice, putDue} from '../../src/gatekeeper/expiry.js';
import {layout} from '../../src/store/index.js';
import {decodeUser, encodeUser} from '../../src/store/rows.js';
import {unsigned} from '../support/deposits.js';
import {allRows} from '../support/rows.js';
import {locator, publicKey} from '../support/keys.js';
import {chainOfLog, type LogEntry, World} from '../support/world.js';

const state = ['user', 'device', 'due', 'appointment', 'locator', 'told'] as const;

/** The state rows that are not about the tip or counters, byte for byte. */
async function people(world: World): Promise<Record<string, string>> {
  const prefixes = state.map((table) => Buffer.from(`${table}!`).toString('hex'));
  const rows = Object.entries(await allRows(world.rows));
  return Object.fromEntries(rows.filter(([key]) => prefixes.some((prefix) => key.startsWith(prefix))));
}

async function userWithAppointments(world: World, user: number): Promise<void> {
  await world.register(user);
  for (const n of [1, 2]) {
    await world.tower.gatekeeper.addUpdateAppointment(publicKey(user), unsigned(locator(n), {blobBytes: 3_000}));
  }
}

test('a user is served to the last block of his grace period, and deleted in the next', async (t) => {
  const world = await World.begin(t);
  await userWithAppointments(world, 2);
  for (const height of [109, 110, 111]) {
    await world.mineTo(height);
    t.is((await world.user(2))?.subscriptionExpiry, 110, `block ${height}`);
  }
  await world.mineTo(112);
  t.is(await world.user(2), undefined);
  t.is(await world.tower.gatekeeper.registeredUsers.byId(1), undefined);
  t.is(world.userCount, 0);
  t.like(
    world.events.findLast(({type}) => type === 'block_connected'),
    {height: 112, deletedUsers: 1, userIds: [1]},
  );
  t.deepEqual(await world.problems(), []);
});

test('without a grace period a user is deleted in the block of his expiry', async (t) => {
  const world = await World.begin(t, {settings: {expiryDelta: 0, subscriptionDuration: 1}});
  await world.register(2);
  t.truthy(await world.user(2));
  await world.mine();
  t.is(await world.user(2), undefined);
});

test('blocks that come all at once delete each user at his own height', async (t) => {
  const world = await World.begin(t);
  await world.register(2);
  await world.mine(3);
  await world.register(3);
  await world.register(4);
  await world.mine(60);
  const deletions = world.events.flatMap((event) =>
    event.type === 'block_connected' && event.deletedUsers > 0 ? [[event.height, ...event.userIds]] : [],
  );
  t.deepEqual(deletions, [
    [112, 1],
    [115, 2, 3],
  ]);
});

test('a shorter grace period deletes in the next block whoever it leaves behind', async (t) => {
  const world = await World.begin(t, {settings: {expiryDelta: 20}});
  await world.register(2);
  await world.mine(2);
  await world.register(3);
  await world.mineTo(118);
  await world.changeSettings({expiryDelta: 2});
  t.is(world.userCount, 2, 'a setting deletes nobody by itself');
  await world.mine();
  t.is(world.userCount, 0);
  t.like(
    world.events.findLast(({type}) => type === 'block_connected'),
    {height: 119, deletedUsers: 2},
  );
  await world.disconnect(1);
  t.is(world.userCount, 2);
  t.deepEqual(await world.problems(), []);
});

test('a longer grace period keeps whoever is still there, and brings back nobody', async (t) => {
  const world = await World.begin(t);
  await world.register(2);
  await world.mine(2);
  await world.register(3);
  await world.mineTo(113);
  await world.changeSettings({expiryDelta: 10});
  await world.mineTo(121);
  t.is(await world.user(2), undefined);
  t.truthy(await world.user(3));
  await world.mineTo(122);
  t.is(await world.user(3), undefined);
  t.deepEqual(await world.problems(), []);
});

test('a change of settings is an event of the operator; the same settings are none', async (t) => {
  const world = await World.begin(t);
  const settings = async () => (await world.log()).filter(({type}) => type === 'settings_changed');
  await world.changeSettings({});
  await world.restart();
  t.deepEqual(await settings(), []);
  await world.changeSettings({expiryDelta: 5});
  await world.restart({renewal: 'reset', subscriptionSlots: 3});
  const shared = {type: 'settings_changed', height: 100, actor: 'operator'};
  t.like(await settings(), [
    {...shared, settings: {subscriptionSlots: 10, subscriptionDuration: 10, expiryDelta: 5, renewal: 'extend'}},
    {...shared, settings: {subscriptionSlots: 3, subscriptionDuration: 10, expiryDelta: 5, renewal: 'reset'}},
  ]);
  await world.restart();
  t.is((await settings()).length, 2);
  t.is(world.tower.gatekeeper.subscriptionSlots, 3);
});

test('a deletion that is reorganised away is undone byte for byte, and done again at its height', async (t) => {
  const world = await World.begin(t);
  await userWithAppointments(world, 2);
  await world.mine();
  await userWithAppointments(world, 3);
  await world.register(4);
  await world.mineTo(111);
  const before = await allRows(world.rows);
  const digest = await world.tower.digest();
  await world.mineTo(113);
  t.is(world.userCount, 0);

  await world.disconnect(2);
  t.is(await world.tower.digest(), digest);
  const after = await allRows(world.rows);
  const local = (key: string) => /^(log|local|header)!/.test(Buffer.from(key, 'hex').toString('latin1'));
  const kept = (rows: Record<string, string>) => Object.entries(rows).filter(([key]) => !local(key));
  t.deepEqual(kept(after), kept(before));
  t.like(
    world.events.findLast(({type}) => type === 'block_disconnected'),
    {height: 112, restoredUsers: 1, userIds: [1]},
  );
  t.deepEqual(await world.problems(), []);

  await world.reorg({depth: 1, blocks: 2});
  t.deepEqual([world.height, world.userCount], [112, 2]);
  await world.mine();
  t.is(world.userCount, 0);
  t.deepEqual(await world.problems(), []);
});

test('a reorg away and back ends in the digest of the straight chain', async (t) => {
  const story = async (world: World) => {
    await userWithAppointments(world, 2);
    await world.mine(2);
    await world.register(3);
  };
  const straight = await World.begin(t);
  await story(straight);
  await straight.mineTo(120);

  const bent = await World.begin(t);
  await story(bent);
  await bent.mineTo(120);
  const tip = bent.source.tip;
  await bent.reorg({depth: 15, blocks: 17});
  t.not(await bent.tower.digest(), await straight.tower.digest());
  await bent.pointAt(tip);
  t.is(bent.tower.tip!.hash, straight.tower.tip!.hash);
  t.is(await bent.tower.digest(), await straight.tower.digest());
  await bent.disconnect(15);
  await bent.pointAt(tip);
  t.is(await bent.tower.digest(), await straight.tower.digest());
});

test('one who registers anew in a reorg keeps his new subscription; his old user stays deleted, his old data goes', async (t) => {
  const world = await World.begin(t);
  await userWithAppointments(world, 2);
  await world.mineTo(113);
  const reply = await world.register(2);
  t.deepEqual(
    [reply.subscriptionStart, reply.subscriptionExpiry, reply.availableSlots],
    [113, 123, 11],
    'and his receipt is above every one before',
  );
  await world.disconnect(4);
  const user = (await world.user(2))!;
  t.deepEqual([user.userId, user.subscriptionExpiry, user.appointmentCount], [2, 123, 0]);
  t.is(await world.tower.gatekeeper.registeredUsers.byId(1), undefined);
  t.is(world.userCount, 1);
  t.deepEqual(await world.problems(), []);

  t.is(await world.count('appointment'), 2);
  await world.mineTo(114);
  t.is(await world.count('appointment'), 0, 'purged with the next block that is new');
  t.is((await world.user(2))!.userId, 2);
  t.deepEqual(await world.problems(), []);
});

test('one who registers during a reorg, at a tip below what was swept, expires at his height', async (t) => {
  const world = await World.begin(t, {settings: {subscriptionDuration: 2, expiryDelta: 1}});
  await world.mineTo(120);
  await world.disconnect(15);
  await world.register(2);
  t.is((await world.user(2))!.subscriptionExpiry, 107);
  await world.mineTo(107);
  t.truthy(await world.user(2));
  await world.mineTo(108);
  t.is(await world.user(2), undefined);
  t.deepEqual(await world.problems(), []);
});

test('a user with two devices comes back with the one that has not joined another user', async (t) => {
  const world = await World.begin(t);
  await userWithAppointments(world, 2);
  await addDevice(world, 1, 5);
  await world.mineTo(112);
  t.is(await world.user(5), undefined, 'both devices are deleted with their user');
  await world.register(3);
  await addDevice(world, 2, 5);
  await world.disconnect(1);

  const user = (await world.user(2))!;
  t.deepEqual(
    user.devices.map(({key}) => key),
    [publicKey(2)],
  );
  t.is((await user.appointments()).size, 2);
  t.is((await world.user(5))!.userId, 2);
  t.deepEqual(await world.problems(), []);
  await world.mineTo(112);
  t.is(await world.user(2), undefined);
  t.is((await world.user(5))!.userId, 2);
  t.deepEqual(await world.problems(), []);
});

test('a user both of whose devices are free comes back with both, byte for byte', async (t) => {
  const world = await World.begin(t);
  await userWithAppointments(world, 2);
  await addDevice(world, 1, 5);
  await world.mineTo(111);
  const before = await people(world);
  await world.mineTo(112);
  await world.disconnect(1);
  t.deepEqual(await people(world), before);
});

test('a user whose id a decision has named meanwhile stays deleted', async (t) => {
  const world = await World.begin(t);
  await userWithAppointments(world, 2);
  await world.mineTo(112);
  await world.change((transaction) => {
    const {counters} = transaction.meta;
    const device = {key: publicKey(7), role: null, authorizedAt: 112};
    const row = {availableSlots: 1, grantedSlots: 1, start: 112, expiry: 122, appointments: 0, devices: [device]};
    transaction.put(layout.userKey(1), encodeUser({subscription: counters.nextSubscription, ...row}));
    putDevice(transaction, device.key, {userId: 1, role: null, authorizedAt: 112});
    putDue(transaction, 122, 1);
    transaction.update({
      counters: {...counters, nextSubscription: counters.nextSubscription + 1, users: counters.users + 1},
    });
  });
  await world.disconnect(2);
  t.is(await world.user(2), undefined);
  t.is((await world.user(7))!.userId, 1);
  t.is((await (await world.user(7))!.appointments()).size, 0);
  t.is(world.userCount, 1);
  t.deepEqual(await world.problems(), []);
});

test('an id is never given out twice: not after a deletion, a reorg, or a restart', async (t) => {
  const world = await World.begin(t);
  const ids = new Set<number>();
  const subscriptions = new Set<number>();
  let given = 0;
  const give = async (key: number) => {
    await world.register(key);
    const {userId} = (await world.user(key))!;
    ids.add(userId);
    subscriptions.add(decodeUser((await world.rows.get(layout.userKey(userId)))!).subscription);
    t.is(ids.size, ++given);
    t.is(subscriptions.size, given);
  };
  await give(2);
  await give(3);
  await world.mineTo(112);
  await give(2);
  await world.disconnect(6);
  t.is((await world.user(3))!.userId, 2);
  await give(4);
  await world.restart();
  await give(5);
  await world.reorg({depth: 6, blocks: 30});
  await give(2);
  await world.restart();
  await give(3);
  t.deepEqual([...ids], [1, 2, 3, 4, 5, 6, 7]);
  t.deepEqual(await world.problems(), []);
});

test('2,500 users who fall due in one block go and come back together', async (t) => {
  const world = await World.begin(t);
  await world.change((transaction) => {
    const {counters} = transaction.meta;
    for (let id = 1; id <= 2_500; id++) {
      const device = {key: `02${id.toString(16).padStart(64, '0')}`, role: null, authorizedAt: 100};
      const row = {availableSlots: 10, grantedSlots: 10, start: 100, expiry: 110, appointments: 0, devices: [device]};
      transaction.put(layout.userKey(id), encodeUser({subscription: id, ...row}));
      putDevice(transaction, device.key, {userId: id, role: null, authorizedAt: 100});
      putDue(transaction, 110, id);
    }
    transaction.update({counters: {...counters, nextUserId: 2_501, nextSubscription: 2_501, users: 2_500}});
  });
  await world.mineTo(111);
  const before = await people(world);
  await world.mineTo(112);
  t.is(world.userCount, 0);
  t.deepEqual(await people(world), {});
  t.is(await world.count('undo'), 3);
  const event = world.events.findLast((event) => event.type === 'block_connected')!;
  t.like(event, {deletedUsers: 2_500});
  t.is(event.userIds.length, 100);
  t.deepEqual(await world.problems(), []);

  await world.disconnect(1);
  t.is(world.userCount, 2_500);
  t.deepEqual(await people(world), before);
  t.is(await world.count('undo'), 0);
  t.deepEqual(await world.problems(), []);
});

test('the log tells every connect and disconnect once, and the same chain as the source', async (t) => {
  const world = await World.begin(t);
  await world.mine(7);
  await world.reorg({depth: 3, blocks: 5});
  await world.disconnect(2);
  await world.restart();
  await world.reorg({depth: 12, blocks: 13});
  const chain = chainOfLog(await world.log());
  t.is(Math.max(...chain.keys()), world.height);
  for (const [height, hash] of chain) t.is(hash, world.source.at(height).hash);
  const blocks = ({type}: {type: string}) => type.startsWith('block_');
  t.deepEqual(
    (await world.log()).filter(blocks),
    world.events.filter(blocks).map((event) => ({actor: 'chain', ...event}) as LogEntry),
  );
});

/** What a login will do. */
async function addDevice(world: World, id: number, key: number): Promise<void> {
  await world.change(async (transaction) => {
    const user = decodeUser((await transaction.get(layout.userKey(id)))!);
    const device = {role: 'secondary', authorizedAt: transaction.meta.tip.height} as const;
    transaction.put(
      layout.userKey(id),
      encodeUser({...user, devices: [...user.devices, {key: publicKey(key), ...device}]}),
    );
    putDevice(transaction, publicKey(key), {userId: id, ...device});
  });
}
