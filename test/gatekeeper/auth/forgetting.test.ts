import test from 'ava';
import {ask} from '../../support/devices.js';
import {World} from '../../support/world.js';

/** As if there were as many closed requests as are kept. */
const fill = (world: World): Promise<void> =>
  world.change((transaction) => {
    const {counters} = transaction.meta;
    transaction.update({counters: {...counters, closedRequests: 1_000_000}});
  });

test('a request that was forgotten to make room does not come back in a reorg, and the others do', async (t) => {
  const world = await World.begin(t, {settings: {auth: 'user', requestTtl: 3}});
  await ask(world, {device: 2});
  await ask(world, {device: 3});
  await world.mine(3);
  await fill(world);
  await ask(world, {device: 4});
  await world.tower.auth.deny(3, {reason: 'no', actor: 'operator'});
  await ask(world, {device: 5});
  await t.throwsAsync(world.tower.auth.request(1), {code: 'TOWER_REQUEST_NOT_FOUND'});
  t.is((await world.tower.auth.request(2)).state, 'expired');

  await world.disconnect(1);
  t.is(world.tower.halted, undefined);
  t.is((await world.tower.auth.request(2)).state, 'pending');
  await world.mine();
  t.is((await world.tower.auth.request(2)).state, 'expired');
  await world.mine(103);
  t.is(world.tower.halted, undefined);
  t.is(await world.count('timeout'), 0);
  t.is(await world.count('info'), 0);
});
