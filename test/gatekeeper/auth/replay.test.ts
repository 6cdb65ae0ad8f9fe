import test from 'ava';
import {ask, submissionOf} from '../../support/devices.js';
import {World} from '../../support/world.js';

const settings = {auth: 'user', proofWindow: 20} as const;
const replayed = {code: 'TOWER_REPLAYED_PROOF'};

test('what was superseded cannot be sent again in the form in which it was sent anew', async (t) => {
  const world = await World.begin(t, {settings});
  await ask(world, {device: 2, info: 'a'});
  await world.mine();
  const anew = submissionOf(world, {device: 2, info: 'a'});
  t.is((await world.tower.auth.submit(anew)).requestId, 1);
  await ask(world, {device: 2, info: 'b'});
  await t.throwsAsync(world.tower.auth.submit(anew), replayed);
  await world.mine();
  await t.throwsAsync(world.tower.auth.submit(anew), replayed, 'nor later');
});

test('what was superseded cannot be sent again behind one that was signed in an earlier block', async (t) => {
  const world = await World.begin(t, {settings});
  const {tip} = world.source;
  await world.mine(2);
  const first = submissionOf(world, {device: 2, info: 'a'});
  await world.tower.auth.submit(first);
  const branch = world.source.tip;
  await world.pointAt(tip);
  await ask(world, {device: 2, info: 'b'});
  await ask(world, {device: 2, info: 'c'});
  await world.pointAt(branch);
  await t.throwsAsync(world.tower.auth.submit(first), replayed);
  await world.mine();
  t.is((await ask(world, {device: 2, info: 'a'})).requestId, 4, 'the device itself may change its mind');
});

test('what the device sends must not be older than what it sent before, not even when that is decided', async (t) => {
  const world = await World.begin(t, {settings: {...settings, deniedCooldown: 0}});
  await world.mine();
  await ask(world, {device: 2});
  await t.throwsAsync(ask(world, {device: 2, info: 'b', age: 1}), replayed);
  await world.tower.auth.deny(1, {reason: 'no', actor: 'operator'});
  await t.throwsAsync(ask(world, {device: 2, info: 'b', age: 1}), replayed);
  t.is((await ask(world, {device: 3, age: 1})).requestId, 2, 'another device may');
  t.is((await ask(world, {device: 2, kind: 'user_login', age: 1})).requestId, 3, 'and so may another kind');
});

test('a proof counts for proof_window blocks, and only on the chain that holds its block', async (t) => {
  const world = await World.begin(t, {settings: {...settings, proofWindow: 3}});
  const stale = {code: 'TOWER_STALE_PROOF'};
  await t.throwsAsync(ask(world, {device: 2, age: 3}), stale);
  t.is((await ask(world, {device: 2, age: 2})).requestId, 1);
  const submission = submissionOf(world, {device: 3});
  await world.reorg({depth: 1, blocks: 2});
  await t.throwsAsync(world.tower.auth.submit(submission), stale);
  await t.throwsAsync(world.tower.auth.submit({...submission, blockHeight: world.height + 1}), stale);
});

test('a device may replace a pending request ten times at most', async (t) => {
  const world = await World.begin(t, {settings});
  for (let n = 1; n <= 10; n++) t.is((await ask(world, {device: 2, info: String(n)})).requestId, n);
  await t.throwsAsync(ask(world, {device: 2, info: '11'}), {code: 'TOWER_TOO_MANY_REVISIONS'});
  t.is((await ask(world, {device: 2, info: '10'})).requestId, 10, 'the last one still stands');
  await world.tower.auth.deny(10, {reason: 'no', actor: 'operator'});
  await world.mine(6);
  t.is((await ask(world, {device: 2, info: '11'})).requestId, 11);
});

test('no more than max_pending_requests wait, but one may take the place of another', async (t) => {
  const world = await World.begin(t, {settings: {...settings, maxPendingRequests: 2}});
  await ask(world, {device: 2});
  await ask(world, {device: 3});
  await t.throwsAsync(ask(world, {device: 4}), {code: 'TOWER_TOO_MANY_REQUESTS'});
  t.is((await ask(world, {device: 3, info: 'b'})).requestId, 3);
  t.is((await ask(world, {device: 2})).requestId, 1, 'the same again is no other');
  await world.tower.auth.deny(1, {reason: 'no', actor: 'operator'});
  t.is((await ask(world, {device: 4})).requestId, 4);
});
