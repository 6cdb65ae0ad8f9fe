import test from 'ava';
import {layout} from '../../../src/store/index.js';
import {unsigned} from '../../support/deposits.js';
import {ask, submissionOf} from '../../support/devices.js';
import {publicKey} from '../../support/keys.js';
import {ScriptedPolicy} from '../../support/scripted-policy.js';
import {World} from '../../support/world.js';

const user = {auth: 'user'} as const;

/** Mines a block and lets everybody who is asked answer. */
async function block(world: World, blocks = 1): Promise<void> {
  for (let n = 0; n < blocks; n++) {
    await world.mine();
    await world.tower.auth.settled();
  }
}

test('a request that nobody can answer waits, and an operator approves it', async (t) => {
  const world = await World.begin(t, {settings: user});
  const {requestId, state} = await ask(world, {device: 2, info: 'invite 7'});
  t.deepEqual({requestId, state}, {requestId: 1, state: 'pending'});
  t.like(await world.tower.auth.request(1), {info: 'invite 7', receivedHeight: 100, expiresAt: 244});
  t.is(world.tower.auth.pendingRequests, 1);
  await t.throwsAsync(world.register(2), {code: 'TOWER_NOT_AUTHORIZED'});

  await world.mine(3);
  const approved = await world.tower.auth.approve(1, {actor: 'operator'});
  t.like(approved, {state: 'approved', closing: {height: 103, actor: 'operator', userId: 1}});
  t.like(await world.user(2), {userId: 1, availableSlots: 10, subscriptionStart: 103, subscriptionExpiry: 113});
  t.is((await world.tower.auth.request(1)).info, null, 'what may be secret is gone');
  t.is(await world.count('info'), 0);
  t.deepEqual(await world.problems(), []);
});

test('a fast callback approves at once, and its answer is on disk when the device hears of it', async (t) => {
  const policy = new ScriptedPolicy({callback: () => 0});
  const world = await World.begin(t, {settings: user, policies: [policy]});
  t.like(await ask(world, {device: 2}), {state: 'approved', closing: {actor: 'policy', userId: 1}});
  t.like(policy.asked, [{stage: 'callback', kind: 'user_signup', info: 'info', context: {height: 100, attempts: 0}}]);
  await world.restart();
  t.like(await world.tower.auth.status(publicKey(2)), {device: {userId: 1}});
});

test('what the callback puts off is asked after the next block, and decided in the one after that', async (t) => {
  const policy = new ScriptedPolicy({callback: () => -2, check: () => 7});
  const world = await World.begin(t, {settings: user, policies: [policy]});
  t.like(await ask(world, {device: 2}), {state: 'pending', stage: 'check', readyHeight: 101});
  await world.tower.auth.settled();
  t.is(policy.asked.length, 1);
  await block(world);
  t.is(policy.asked.length, 2);
  t.like(await world.tower.auth.request(1), {
    state: 'pending',
    answer: {verdict: {type: 'approve_user', userId: 7}, height: 101, actor: 'policy'},
  });
  await block(world);
  t.like(await world.tower.auth.request(1), {state: 'approved', closing: {height: 102, userId: 7, actor: 'policy'}});
  t.is((await world.user(2))?.userId, 7);
  t.deepEqual(await world.problems(), []);
});

test('at most auth_budget requests are asked about and decided in a block, oldest first', async (t) => {
  const policy = new ScriptedPolicy({callback: () => -2, check: () => 0});
  const world = await World.begin(t, {settings: {...user, authBudget: 2}, policies: [policy]});
  for (let device = 2; device <= 6; device++) await ask(world, {device});
  const checked = () => policy.asked.filter(({stage}) => stage === 'check').map(({context}) => context.requestId);
  await block(world);
  t.deepEqual(checked(), [1, 2]);
  await block(world);
  t.deepEqual(checked(), [1, 2, 3, 4]);
  t.is(world.userCount, 2);
  await block(world, 2);
  t.is(world.userCount, 5);
  t.deepEqual(await world.problems(), []);
});

test('an error is tried again after 1, 2, 4 blocks, and then the request fails', async (t) => {
  const policy = new ScriptedPolicy({callback: () => -2, check: () => -3});
  const world = await World.begin(t, {settings: {...user, requestAttempts: 4}, policies: [policy]});
  await ask(world, {device: 2});
  const heights: number[] = [];
  for (let n = 0; n < 12; n++) {
    const before = policy.asked.length;
    await block(world);
    if (policy.asked.length > before) heights.push(world.height);
  }
  t.deepEqual(heights, [101, 102, 104, 108]);
  t.like(await world.tower.auth.request(1), {
    state: 'failed',
    attempts: 4,
    closing: {height: 108, reason: 'general error', actor: 'policy', userId: null},
  });
});

test('whoever is not there to be asked costs no attempt', async (t) => {
  const policy = new ScriptedPolicy({callback: () => -2, check: () => ({type: 'unavailable', reason: 'down'})});
  const world = await World.begin(t, {settings: user, policies: [policy]});
  await ask(world, {device: 2});
  await block(world, 3);
  t.is(policy.asked.length, 4);
  t.like(await world.tower.auth.request(1), {state: 'pending', attempts: 0, readyHeight: 101});
  policy.set('check', () => 5);
  await world.tower.auth.settled();
  await block(world);
  t.is((await world.user(2))?.userId, 5);
});

test('requests from before there was a callback wait for it', async (t) => {
  const policy = new ScriptedPolicy({});
  const world = await World.begin(t, {settings: user, policies: [policy]});
  await ask(world, {device: 2});
  await block(world, 2);
  await world.restart();
  policy.set('callback', () => 0);
  await world.tower.auth.settled();
  t.like(await world.tower.auth.request(1), {state: 'approved', receivedHeight: 100, closing: {height: 102}});
});

test('the same request again is the same request, another one takes its place', async (t) => {
  const world = await World.begin(t, {settings: user});
  await ask(world, {device: 2, info: 'a'});
  t.is((await ask(world, {device: 2, info: 'a'})).requestId, 1);
  await world.mine();
  t.is((await ask(world, {device: 2, info: 'a'})).requestId, 1, 'also when it is signed anew');
  t.like(await ask(world, {device: 2, info: 'b'}), {requestId: 2, supersedes: 1, state: 'pending'});
  t.like(await world.tower.auth.request(1), {state: 'superseded', closing: {actor: 'device', height: 101}});
  await t.throwsAsync(ask(world, {device: 2, info: 'a', age: 1}), {code: 'TOWER_REPLAYED_PROOF'}, 'an older proof');
  t.is(world.tower.auth.pendingRequests, 1);
  t.deepEqual(await world.problems(), []);
});

test('what was superseded cannot be sent again by whoever has listened', async (t) => {
  const world = await World.begin(t, {settings: user});
  const first = submissionOf(world, {device: 2, info: 'a'});
  await world.tower.auth.submit(first);
  await ask(world, {device: 2, info: 'b'});
  await ask(world, {device: 2, info: 'c'});
  await t.throwsAsync(world.tower.auth.submit(first), {code: 'TOWER_REPLAYED_PROOF'});
  await world.mine();
  t.is((await ask(world, {device: 2, info: 'a'})).requestId, 4, 'the device itself may change its mind');
});

test('a request that times out comes back with its info when the block is disconnected', async (t) => {
  const world = await World.begin(t, {settings: {...user, requestTtl: 3}});
  await ask(world, {device: 2, info: 'secret'});
  await world.mineTo(102);
  const before = await world.rows.get(layout.requestKey(1));
  const digest = await world.tower.digest();
  await world.mineTo(103);
  t.like(await world.tower.auth.request(1), {
    state: 'expired',
    info: null,
    closing: {height: 103, actor: 'chain', reason: 'not decided within 3 blocks'},
  });
  t.like(
    world.events.find((event) => event.type === 'block_connected' && event.height === 103),
    {
      expiredRequests: {count: 1, ids: [1]},
    },
  );
  await world.disconnect(1);
  t.deepEqual(await world.rows.get(layout.requestKey(1)), before);
  t.is(await world.tower.digest(), digest);
  t.is((await world.tower.auth.request(1)).info, 'secret');
  t.deepEqual(await world.problems(), []);
  await world.mine(1);
  t.is((await world.tower.auth.request(1)).state, 'expired');
  await world.mineTo(203);
  t.is(await world.count('info'), 0, 'once no reorg can bring it back, its info is gone');
  t.is(await world.count('timeout'), 0);
  t.deepEqual(await world.problems(), []);
});

test('one that comes back beside a newer one is superseded', async (t) => {
  const world = await World.begin(t, {settings: {...user, requestTtl: 3}});
  await ask(world, {device: 2, info: 'a'});
  await world.mineTo(103);
  await ask(world, {device: 2, info: 'b'});
  await world.disconnect(1);
  t.like(await world.tower.auth.request(1), {state: 'superseded', closing: {height: 102, actor: 'chain'}});
  t.like(await world.tower.auth.request(2), {state: 'pending'});
  t.is(await world.count('info'), 1);
  t.deepEqual(await world.problems(), []);
});

test('a denied device waits, and then may ask again', async (t) => {
  const policy = new ScriptedPolicy({callback: () => -1});
  const world = await World.begin(t, {settings: {...user, deniedCooldown: 3}, policies: [policy]});
  t.like(await ask(world, {device: 2}), {state: 'denied', retryHeight: 103, closing: {reason: 'not authorized'}});
  await world.mineTo(102);
  const refusal = await t.throwsAsync(ask(world, {device: 2}), {code: 'TOWER_DENIED_COOLDOWN'});
  t.like(refusal, {facts: {retryHeight: 103, reason: 'not authorized'}});
  await world.mine();
  t.is((await ask(world, {device: 2})).requestId, 2);
});

test('an authorized device is told so', async (t) => {
  const world = await World.begin(t, {settings: user});
  await world.tower.auth.authorizeUser(publicKey(2), 9, 'operator');
  const refusal = await t.throwsAsync(ask(world, {device: 2}), {code: 'TOWER_ALREADY_AUTHORIZED'});
  t.like(refusal, {facts: {userId: 9, role: null}});
  t.like(await ask(world, {device: 2, kind: 'new_node'}), {state: 'pending'}, 'it may yet ask to be a primary');
});

test('a login adds a device to its user, and both share his slots', async (t) => {
  const policy = new ScriptedPolicy({callback: ({kind}) => (kind === 'user_signup' ? 0 : 1)});
  const world = await World.begin(t, {settings: user, policies: [policy]});
  await ask(world, {device: 2});
  t.like(await ask(world, {device: 3, kind: 'user_login'}), {state: 'approved', closing: {userId: 1}});
  const {gatekeeper} = world.tower;
  t.is(
    (await gatekeeper.addUpdateAppointment(publicKey(2), unsigned('00'.repeat(16), {blobBytes: 1}))).availableSlots,
    9,
  );
  t.is(
    (await gatekeeper.addUpdateAppointment(publicKey(3), unsigned('11'.repeat(16), {blobBytes: 1}))).availableSlots,
    8,
  );
  t.is(
    (await gatekeeper.addUpdateAppointment(publicKey(3), unsigned('00'.repeat(16), {blobBytes: 4096}))).availableSlots,
    7,
    'one per locator',
  );
  t.deepEqual(await world.problems(), []);
});

test('a revoked device is refused and may ask again, and the policy is told whose it was', async (t) => {
  const policy = new ScriptedPolicy({callback: () => 0});
  const world = await World.begin(t, {settings: user, policies: [policy]});
  await ask(world, {device: 2});
  t.like(await world.tower.auth.revoke(publicKey(2), 'operator'), {userId: 1});
  const add = world.tower.gatekeeper.addUpdateAppointment(publicKey(2), unsigned('00'.repeat(16), {blobBytes: 1}));
  await t.throwsAsync(add, {code: 'TOWER_AUTHENTICATION_FAILURE'});
  await t.throwsAsync(world.tower.auth.revoke(publicKey(2), 'operator'), {code: 'TOWER_DEVICE_NOT_FOUND'});
  t.is(world.userCount, 1, 'the user stays');
  policy.set('callback', () => -2);
  t.is((await ask(world, {device: 2, info: 'again'})).state, 'pending');
  t.is(policy.asked.at(-1)?.context.formerUserId, 1);
  t.deepEqual(await world.problems(), []);
});

test('a user without a device is deleted and restored as he was', async (t) => {
  const world = await World.begin(t, {settings: user});
  await world.tower.auth.authorizeUser(publicKey(2), 0, 'operator');
  await world.tower.auth.revoke(publicKey(2), 'operator');
  await world.mineTo(111);
  const digest = await world.tower.digest();
  await world.mine();
  t.is(world.userCount, 0);
  await world.disconnect(1);
  t.is(await world.tower.digest(), digest);
});

test('an approval for a user who is deleted in that block becomes a denial', async (t) => {
  const policy = new ScriptedPolicy({callback: () => -2, check: () => 1});
  const world = await World.begin(t, {settings: user, policies: [policy]});
  await world.tower.auth.authorizeUser(publicKey(2), 1, 'operator');
  await world.mineTo(110);
  await ask(world, {device: 3, kind: 'user_login'});
  await block(world, 2);
  t.is(world.height, 112);
  t.like(await world.tower.auth.request(1), {
    state: 'denied',
    closing: {height: 112, reason: 'user 1 was deleted in this block', userId: null},
  });
  t.is(world.userCount, 0);
  t.deepEqual(await world.problems(), []);
});

test('a deleted user with two devices, one of which has joined another, returns with the other one', async (t) => {
  const world = await World.begin(t, {settings: user});
  const {auth} = world.tower;
  await auth.authorizeUser(publicKey(2), 1, 'operator');
  await auth.authorizeUser(publicKey(3), 1, 'operator');
  await world.mineTo(112);
  await auth.authorizeUser(publicKey(3), 0, 'operator');
  await world.disconnect(1);
  t.like(await auth.status(publicKey(2)), {device: {userId: 1}});
  t.like(await auth.status(publicKey(3)), {device: {userId: 2}});
  t.deepEqual(await world.problems(), []);
});

test('a secondary gets a user of its own, a primary none', async (t) => {
  const policy = new ScriptedPolicy({
    callback: ({nodeInfo}) => (JSON.parse(nodeInfo) as {type: string}).type,
  });
  const world = await World.begin(t, {settings: {auth: 'node'}, policies: [policy]});
  const primary = await ask(world, {device: 2, kind: 'new_node', node: {type: 'primary'}});
  t.like(primary, {state: 'approved', closing: {userId: null, role: 'primary'}});
  const secondary = await ask(world, {device: 3, kind: 'new_node', node: {type: 'secondary'}});
  t.like(secondary, {state: 'approved', closing: {userId: 1, role: 'secondary'}});
  t.is(world.userCount, 1);
  t.deepEqual(
    (await world.tower.auth.devices({limit: 10})).devices.map(({userId, role}) => [userId, role]).sort(),
    [
      [1, 'secondary'],
      [null, 'primary'],
    ].sort(),
  );
  await t.throwsAsync(ask(world, {device: 4}), {code: 'TOWER_WRONG_AUTH_LEVEL'});
  await t.throwsAsync(world.register(2), {code: 'TOWER_NOT_AUTHORIZED'});
  await t.notThrowsAsync(world.register(3));
  t.deepEqual(await world.problems(), []);
});

test('a login answered 0 is an error and never a new user', async (t) => {
  const policy = new ScriptedPolicy({callback: () => -2, check: () => 0});
  const world = await World.begin(t, {settings: {...user, requestAttempts: 2}, policies: [policy]});
  await ask(world, {device: 2, kind: 'user_login'});
  await block(world, 3);
  t.like(await world.tower.auth.request(1), {state: 'failed', attempts: 2});
  t.is(world.userCount, 0);
});

test('ids that are named are created, passed by the counter, and never allocated', async (t) => {
  const world = await World.begin(t, {settings: user});
  const {auth} = world.tower;
  t.is((await auth.authorizeUser(publicKey(2), 5, 'operator')).userId, 5);
  t.is((await auth.authorizeUser(publicKey(3), 0, 'operator')).userId, 6);
  t.is((await auth.authorizeUser(publicKey(4), 3, 'operator')).userId, 3);
  t.is((await auth.authorizeUser(publicKey(5), 0, 'operator')).userId, 7);
  await auth.authorizeUser(publicKey(6), 0xffff_ffff, 'operator');
  await t.throwsAsync(auth.authorizeUser(publicKey(7), 0, 'operator'), {code: 'TOWER_NO_USER_ID'});
  await t.throwsAsync(auth.authorizeUser(publicKey(7), 0x1_0000_0000, 'operator'), {code: 'TOWER_INVALID_PARAMETER'});
  t.deepEqual(await world.problems(), []);
});

test('decisions stand in a reorg, and carry the height at which they were made', async (t) => {
  const policy = new ScriptedPolicy({callback: () => -2, check: () => 0});
  const world = await World.begin(t, {settings: user, policies: [policy]});
  await ask(world, {device: 2});
  await block(world, 2);
  await world.reorg({depth: 2, blocks: 3});
  t.like(await world.tower.auth.request(1), {state: 'approved', closing: {height: 102, userId: 1}});
  t.like(await world.user(2), {subscriptionStart: 102, subscriptionExpiry: 112});
});

test('closed requests are forgotten a month later', async (t) => {
  const world = await World.begin(t, {settings: user});
  await ask(world, {device: 2});
  await world.tower.auth.deny(1, {reason: 'no', actor: 'operator'});
  await ask(world, {device: 3});
  await world.mineTo(100 + 4_319);
  t.is(await world.count('request'), 2);
  await world.mine();
  t.deepEqual([await world.count('request'), await world.count('requestOf')], [1, 1]);
  await t.throwsAsync(world.tower.auth.request(1), {code: 'TOWER_REQUEST_NOT_FOUND'});
  t.deepEqual(await world.problems(), []);
});
