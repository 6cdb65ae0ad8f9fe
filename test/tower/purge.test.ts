import test from 'ava';
import {purgeRowsPerBlock, toldKeptBlocks} from '../../src/gatekeeper/purge.js';
import {layout} from '../../src/store/index.js';
import {encodeSubscription, encodeTold} from '../../src/store/rows.js';
import {appoint} from '../support/appointments.js';
import {unsigned} from '../support/deposits.js';
import {fakeKey, locator, publicKey} from '../support/keys.js';
import {World} from '../support/world.js';

test('the appointments of a large subscription go when no reorg can bring it back, so many a block and no more', async (t) => {
  const world = await World.begin(t);
  await world.register(2);
  await appoint(world, 1, 8_000);
  await world.mineTo(211);
  t.is(await world.count('appointment'), 8_000, 'deleted at 112, which is final at 212');
  t.deepEqual(await world.problems(), []);
  const left: number[] = [];
  for (let i = 0; i < 3; i++) {
    await world.mine();
    left.push(await world.count('appointment'));
    t.is(await world.count('locator'), left[i]!);
    t.is(await world.count('blob'), left[i]!);
    t.deepEqual(await world.problems(), []);
  }
  for (const [i, before] of [8_000, left[0]!].entries()) {
    const rows = 3 * (before - left[i]!);
    t.true(rows > 0 && rows <= purgeRowsPerBlock + 3, String(left));
  }
  t.is(left[2], 0);
  t.is(await world.count('undo'), 0);
});

test('a purge that a restart or a reorg interrupts goes on, and takes nothing from anybody else', async (t) => {
  const world = await World.begin(t);
  await world.register(2);
  await world.register(3);
  await world.register(4);
  for (const id of [1, 2, 3]) await appoint(world, id, 2_000);
  await world.mine();
  for (let renewals = 0; renewals < 20; renewals++) await world.register(4);
  await world.mineTo(212);
  t.true((await world.count('appointment')) > 2_000);
  await world.restart();
  await world.reorg({depth: 2, blocks: 2});
  const between = await world.count('appointment');
  t.true(between > 2_000, 'a height that was reached before purges nothing');
  t.deepEqual(await world.problems(), []);
  await world.mine(2);
  t.is(await world.count('appointment'), 2_000);
  t.is((await (await world.user(4))!.appointments()).size, 2_000);
  t.deepEqual(await world.problems(), []);
});

test('nothing is purged that the deepest reorg can still bring back', async (t) => {
  const world = await World.begin(t);
  await world.register(2);
  await world.tower.gatekeeper.addUpdateAppointment(publicKey(2), unsigned(locator(1), {blobBytes: 1}));
  await world.mineTo(211);
  await world.disconnect(100);
  t.is((await (await world.user(2))!.appointments()).size, 1);
  t.deepEqual(await world.problems(), []);
});

test('what a key was told is kept for a year after its user is gone for good, and then forgotten', async (t) => {
  const world = await World.begin(t);
  for (const user of [2, 3]) await world.register(user);
  await world.mineTo(212);
  const [first, second] = [2, 3].map((user) => layout.forgetKey(212 + toldKeptBlocks, publicKey(user)));
  t.deepEqual(
    (await world.rows.getMany([first!, second!])).map((row) => row && Buffer.from(row).toString('hex')),
    ['000000000001', '000000000002'],
  );
  t.is(toldKeptBlocks, 365 * 144);
  // The year passes: it ends at 215.
  await world.change((transaction) => {
    for (const [user, row] of [
      [2, first],
      [3, second],
    ] as const) {
      transaction.del(row!);
      transaction.put(layout.forgetKey(215, publicKey(user)), encodeSubscription(user - 1));
    }
    transaction.update({progress: {...transaction.meta.progress, sweptForget: 214}});
  });
  await world.mineTo(213);
  await world.register(3);
  await world.mineTo(214);
  t.is(await world.count('told'), 2);
  await world.mineTo(215);
  t.is(await world.rows.get(layout.toldKey(publicKey(2))), undefined);
  t.truthy(await world.rows.get(layout.toldKey(publicKey(3))), 'one who has come back is still told of');
  t.is(await world.count('forget'), 0);
  t.like(await world.register(2), {availableSlots: 10, subscriptionExpiry: 225}, 'a forgotten key begins anew');
});

test('many keys are forgotten in bounded steps, none of them missed', async (t) => {
  const world = await World.begin(t);
  await world.change((transaction) => {
    for (let n = 1; n <= 2_500; n++) {
      const told = {userId: 9, subscription: 9, lastSlots: 1, lastExpiry: 1, highestSlots: 1, highestExpiry: 1};
      transaction.put(layout.toldKey(fakeKey(n)), encodeTold(told));
      transaction.put(layout.forgetKey(102, fakeKey(n)), encodeSubscription(9));
    }
  });
  const left: number[] = [];
  for (let i = 0; i < 5; i++) {
    await world.mine();
    left.push(await world.count('told'));
    t.is(await world.count('forget'), left[i]!);
  }
  t.deepEqual(left, [2_500, 1_500, 500, 0, 0]);
});

test('the log is pruned from its old end, in steps, and what is left has no gap', async (t) => {
  const world = await World.begin(t, {logBlocks: 30});
  const lowest = async () => Math.min(...(await world.log()).map((entry) => ('height' in entry ? entry.height : 0)));
  await world.register(2);
  await world.mineTo(229);
  t.is(await lowest(), 100);
  await world.mineTo(230);
  t.is(await lowest(), 200);
  await world.mineTo(329);
  t.is(await lowest(), 200);
  await world.restart();
  await world.mineTo(330);
  t.is(await lowest(), 300);
  t.is(await world.count('log'), 31);
  t.deepEqual(await world.problems(), []);
});

test('a short log into which much has poured is short again in one block', async (t) => {
  const world = await World.begin(t, {logBlocks: 2});
  await world.mineTo(201);
  await world.change((transaction) => {
    for (let n = 0; n < 24_000; n++) transaction.log({type: 'appointments_deleted', height: 199, count: 1});
  });
  await world.mine();
  t.is(await world.count('log'), 24_003);
  await world.mineTo(302);
  t.is(await world.count('log'), 3);
  t.deepEqual(await world.problems(), []);
});

test('a log into which events pour is pruned in every block until it is short again', async (t) => {
  const world = await World.begin(t, {logBlocks: 30});
  await world.change((transaction) => {
    for (let n = 0; n < 24_000; n++) transaction.log({type: 'appointments_deleted', height: 100, count: 1});
  });
  await world.mineTo(229);
  const before = await world.count('log');
  const dropped: number[] = [];
  for (let i = 0; i < 4; i++) {
    await world.mine();
    dropped.push(before + i + 1 - (await world.count('log')));
    t.deepEqual(await world.problems(), []);
  }
  // The start and the blocks below 202 come on top.
  t.deepEqual(dropped, [10_000, 20_000, 24_102, 24_102]);
});
