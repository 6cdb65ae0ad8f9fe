import test from 'ava';
import {ask} from '../../support/devices.js';
import {publicKey} from '../../support/keys.js';
import {World} from '../../support/world.js';

test('a device that asked while its user was gone keeps its request when he is back, and both survive a reorg', async (t) => {
  const world = await World.begin(t, {settings: {auth: 'user', requestTtl: 10}});
  const {auth} = world.tower;
  await auth.authorizeUser(publicKey(2), 1, 'operator');
  await world.mineTo(112);
  t.is(world.userCount, 0);
  await ask(world, {device: 2});
  await world.disconnect(1);
  t.like(await auth.status(publicKey(2)), {device: {userId: 1}, requests: [{state: 'pending'}]});
  await t.throwsAsync(auth.approve(1, {actor: 'operator'}), {code: 'TOWER_ALREADY_AUTHORIZED'});

  // Renewed, he is deleted at 122, and there the request times out.
  await world.register(2);
  await world.mineTo(121);
  const digest = await world.tower.digest();
  await world.mine();
  t.like(await auth.status(publicKey(2)), {device: null, requests: [{state: 'expired'}]});
  await world.disconnect(1);
  t.is(await world.tower.digest(), digest);
  t.deepEqual(await world.problems(), []);
});

test('a user whose only device has joined another meanwhile stays deleted, and his id is not given out again', async (t) => {
  const world = await World.begin(t, {settings: {auth: 'user'}});
  const {auth} = world.tower;
  await auth.authorizeUser(publicKey(2), 0, 'operator');
  await world.mineTo(112);
  t.is((await auth.authorizeUser(publicKey(2), 0, 'operator')).userId, 2);
  await world.disconnect(1);
  t.is(world.userCount, 1);
  t.is((await auth.authorizeUser(publicKey(3), 0, 'operator')).userId, 3);
  t.deepEqual(await world.problems(), []);
});

test('an id named anew after its user was deleted is another user, whom a reorg leaves alone', async (t) => {
  const world = await World.begin(t, {settings: {auth: 'user'}});
  const {auth} = world.tower;
  await auth.authorizeUser(publicKey(2), 1, 'operator');
  await world.mineTo(112);
  await auth.authorizeUser(publicKey(3), 1, 'operator');
  await world.disconnect(1);
  t.is((await auth.status(publicKey(2))).device, null);
  t.like(await auth.status(publicKey(3)), {device: {userId: 1}});
  t.like(await world.user(3), {subscriptionStart: 112, subscriptionExpiry: 122});
  t.deepEqual(await world.problems(), []);
});
