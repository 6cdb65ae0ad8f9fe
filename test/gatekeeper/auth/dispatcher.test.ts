import test from 'ava';
import {ask} from '../../support/devices.js';
import {ScriptedPolicy} from '../../support/scripted-policy.js';
import {World} from '../../support/world.js';

test('another block at the same height has a budget of its own, and whoever was not there is asked again', async (t) => {
  const policy = new ScriptedPolicy({callback: () => -2, check: () => ({type: 'unavailable', reason: 'down'})});
  const world = await World.begin(t, {settings: {auth: 'user', authBudget: 1}, policies: [policy]});
  const checked = () => policy.asked.filter(({stage}) => stage === 'check').map(({context}) => context.requestId);
  await ask(world, {device: 2});
  await ask(world, {device: 3});
  await world.mine();
  await world.tower.auth.settled();
  t.deepEqual(checked(), [1]);
  await world.reorg({depth: 1, blocks: 1});
  await world.tower.auth.settled();
  t.deepEqual(checked(), [1, 1]);
  t.is(world.height, 101);
});
