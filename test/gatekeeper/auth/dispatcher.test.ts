import test from 'ava';
import {questionOf} from '../../../src/gatekeeper/auth/question.js';
import {layout, MemoryStore, type Range} from '../../../src/store/index.js';
import {ask, submissionOf} from '../../support/devices.js';
import {HeldPolicy} from '../../support/held-policy.js';
import {ScriptedPolicy} from '../../support/scripted-policy.js';
import {until} from '../../support/until.js';
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

test('a device that does not wait for the answer has its request put to the callback all the same', async (t) => {
  const policy = new ScriptedPolicy({callback: () => 0});
  const world = await World.begin(t, {settings: {auth: 'user'}, policies: [policy]});
  const decided = new Promise<void>((resolve) => {
    world.tower.on(({type}) => type === 'request_decided' && resolve());
  });
  const sent = await world.tower.auth.submit(submissionOf(world, {device: 2}), {wait: false});
  t.is(sent.state, 'pending');
  await decided;
  t.is((await world.tower.auth.request(1)).state, 'approved');
});

test('a greater budget counts at once', async (t) => {
  const policy = new ScriptedPolicy({callback: () => -2, check: () => -2});
  const world = await World.begin(t, {settings: {auth: 'user', authBudget: 1}, policies: [policy]});
  const checks = () => policy.asked.filter(({stage}) => stage === 'check').length;
  for (let device = 2; device <= 4; device++) await ask(world, {device});
  await world.mine();
  await world.tower.auth.settled();
  t.is(checks(), 1);
  await world.changeSettings({authBudget: 2});
  await until(() => checks() === 2);
  t.pass();
});

test('a request that comes back with a block that goes is put to the callback again, also where no other block comes', async (t) => {
  const policy = new ScriptedPolicy({});
  const world = await World.begin(t, {settings: {auth: 'user', requestTtl: 1}, policies: [policy]});
  await ask(world, {device: 2});
  await world.mine();
  policy.set('callback', () => 0);
  await world.tower.auth.settled();
  t.is((await world.tower.auth.request(1)).state, 'expired');
  await world.disconnect(1);
  await until(() => policy.asked.length > 0);
  await world.tower.auth.settled();
  t.is((await world.tower.auth.request(1)).state, 'approved');
});

test('whoever could not be asked about is asked about in the same block once the policy has changed', async (t) => {
  const policy = new ScriptedPolicy({callback: () => -2, check: () => ({type: 'unavailable', reason: 'down'})});
  const world = await World.begin(t, {settings: {auth: 'user', authBudget: 1}, policies: [policy]});
  await ask(world, {device: 2});
  await ask(world, {device: 3});
  await world.mine();
  await world.tower.auth.settled();
  policy.set('check', () => 0);
  await world.tower.auth.settled();
  const answered = [1, 2].map(async (id) => (await world.tower.auth.request(id)).answer !== null);
  t.deepEqual(await Promise.all(answered), [true, false], 'and no more than the budget');
});

test('a policy that changes while a question is on its way is asked again when that comes back', async (t) => {
  const policy = new HeldPolicy();
  const world = await World.begin(t, {settings: {auth: 'user'}, policies: [policy]});
  const sent = ask(world, {device: 2});
  await until(() => policy.open.length === 1);
  policy.set(() => true);
  policy.open[0]!.reply({type: 'unavailable', reason: 'being replaced'});
  await until(() => policy.open.length === 1);
  policy.open[0]!.reply({type: 'returned', value: 0});
  await sent;
  await world.tower.auth.settled();
  t.is((await world.tower.auth.request(1)).state, 'approved');
});

test('there is nothing to ask about a request before the block from which on it may be asked about', async (t) => {
  const policy = new ScriptedPolicy({callback: () => -3});
  const world = await World.begin(t, {settings: {auth: 'user'}, policies: [policy]});
  await ask(world, {device: 2});
  await world.tower.auth.settled();
  policy.kinds = [];
  t.is(await questionOf(world.tower.gatekeeper.userDb, 1, 'callback'), undefined);
  await world.mine();
  t.is((await questionOf(world.tower.gatekeeper.userDb, 1, 'callback'))?.context.attempts, 1);
});

test('heights at which no request waits any more are not read over', async (t) => {
  const from: number[] = [];
  class WatchedStore extends MemoryStore {
    override range(range: Range) {
      if (range.from.startsWith('ready!')) from.push(layout.readyOf(range.from).height);
      return super.range(range);
    }
  }
  const rows = new WatchedStore();
  const policy = new ScriptedPolicy({callback: () => 0});
  const world = await World.begin(t, {openRows: async () => rows, settings: {auth: 'user'}, policies: [policy]});
  const heightsRead = async (work: () => Promise<unknown>) => {
    from.length = 0;
    await work();
    await world.tower.auth.settled();
    return [...new Set(from)];
  };
  await ask(world, {device: 2});
  t.deepEqual(await heightsRead(() => world.mine(5)), [], 'nobody waits');
  t.deepEqual(await heightsRead(() => ask(world, {device: 3})), [105]);
  await world.disconnect(3);
  t.deepEqual(await heightsRead(() => ask(world, {device: 4})), [102]);
});
