import test from 'ava';
import {servedTower} from '../../../src/api/admin/served-tower.js';
import {curve} from '../../../src/crypto/curve.js';
import {deleteOutdated} from '../../../src/gatekeeper/expiry.js';
import {unsigned} from '../../support/deposits.js';
import {locator, publicKey} from '../../support/keys.js';
import {World} from '../../support/world.js';

test('a receipt is answered even if the same batch deletes its user again', async (t) => {
  const world = await World.begin(t, {settings: {subscriptionDuration: 1, expiryDelta: 0}});
  const tower = servedTower({tower: world.tower, version: '0', stop: () => {}});
  const [receipt] = await Promise.all([
    tower.register(publicKey(1)),
    world.change(async (transaction) => void (await deleteOutdated(transaction, world.height + 1))),
  ]);
  t.is(world.userCount, 0);
  t.like(receipt, {userId: 1, key: publicKey(1), subscriptionExpiry: world.height + 1});
});

test('the status says what computes signatures', async (t) => {
  const world = await World.begin(t);
  const tower = servedTower({tower: world.tower, version: '0', stop: () => {}});
  t.is((await tower.status()).signatures, curve.name);
});

test('a digest comes with the tip that it belongs to, however fast the blocks come', async (t) => {
  const world = await World.begin(t);
  const tower = servedTower({tower: world.tower, version: '0', stop: () => {}});
  const before = {...(await tower.digest())};
  t.is(before.digest, await world.tower.digest());
  const mining = world.mine(200);
  const answers = [];
  while (answers.at(-1)?.height !== 300) answers.push(await tower.digest());
  await mining;
  for (const {height, hash} of answers) t.is(hash, world.source.at(height).hash);
  t.is(answers.at(-1)!.digest, await world.tower.digest());
});

test('of a user with many appointments the first thousand are shown', async (t) => {
  const world = await World.begin(t, {settings: {subscriptionSlots: 2_000}});
  await world.register(1);
  const add = (n: number) =>
    world.tower.gatekeeper.addUpdateAppointment(publicKey(1), unsigned(locator(n), {blobBytes: 1}));
  await Promise.all(Array.from({length: 1_001}, (_, n) => add(n)));
  const tower = servedTower({tower: world.tower, version: '0', stop: () => {}});
  const {appointments, slotsByLocator} = await tower.user({userId: 1});
  t.is(appointments, 1_001);
  t.is(Object.keys(slotsByLocator).length, 1_000);
  t.is(slotsByLocator[locator(0)], 1);
});

test('what is no id and no key is nobody, also when a part of it is somebody’s', async (t) => {
  const world = await World.begin(t);
  await world.register(1);
  const tower = servedTower({tower: world.tower, version: '0', stop: () => {}});
  t.is((await tower.user({key: publicKey(1).toUpperCase()})).userId, 1);
  for (const who of [
    {userId: 2 ** 32 + 1},
    {userId: 0},
    {key: `${publicKey(1)}00`},
    {key: `${publicKey(1)}zz`},
    {key: publicKey(1).slice(0, -1)},
    {key: ''},
  ]) {
    await t.throwsAsync(tower.user(who), {code: 'TOWER_USER_NOT_FOUND'}, JSON.stringify(who));
  }
  t.deepEqual(await tower.users({after: 2 ** 32, limit: 10}), {tipHeight: 100, total: 1, users: [], next: null});
});

test('a user past his grace is outdated until the next block deletes him', async (t) => {
  const world = await World.begin(t, {settings: {subscriptionDuration: 10, expiryDelta: 5}});
  await world.register(1);
  const tower = servedTower({tower: world.tower, version: '0', stop: () => {}});
  await world.mine(12);
  t.like(await tower.user({userId: 1}), {state: 'expired'});
  await world.changeSettings({expiryDelta: 1});
  t.like(await tower.user({userId: 1}), {state: 'outdated'});
  await world.mine(1);
  t.is(world.userCount, 0);
});
