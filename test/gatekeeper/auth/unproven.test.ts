import test from 'ava';
import {infoHashOf} from '../../../src/crypto/proof.js';
import {ask} from '../../support/devices.js';
import {publicKey} from '../../support/keys.js';
import {ScriptedPolicy} from '../../support/scripted-policy.js';
import {World} from '../../support/world.js';

const user = {auth: 'user'} as const;
const registration = (world: World, device: number) => world.tower.auth.requestRegistration(publicKey(device));

test('a key that registers without a word asks to sign up, and nobody has signed it', async (t) => {
  const world = await World.begin(t, {settings: user});
  const {auth} = world.tower;
  t.deepEqual(await registration(world, 2), {
    requestId: 1,
    kind: 'user_signup',
    state: 'pending',
    proven: false,
    nextLookHeight: 101,
    retryHeight: null,
    reason: null,
  });
  t.like(await auth.request(1), {
    key: publicKey(2),
    proven: false,
    info: '',
    infoHash: infoHashOf(''),
    nodeInfo: JSON.stringify({public_key: publicKey(2)}),
    receivedHeight: 100,
    revision: 1,
    supersedes: null,
  });
  t.like(world.events.at(-1), {type: 'request_received', requestId: 1, proven: false, supersedes: null});
  t.is(auth.unprovenRequests, 1);
  t.deepEqual(await world.problems(), []);

  await auth.approve(1, {actor: 'operator'});
  t.like(await world.register(2), {userId: 1, availableSlots: 10, subscriptionExpiry: 110});
  t.is(auth.unprovenRequests, 0);
});

test('with auth = node it asks to be a node, and with auth = none there is nothing to ask for', async (t) => {
  const world = await World.begin(t, {settings: {auth: 'node'}});
  t.like(await registration(world, 2), {kind: 'new_node', state: 'pending'});
  t.like(await world.tower.auth.request(1), {info: null, infoHash: null, proven: false});
  await world.tower.auth.authorizeNode(publicKey(3), 'primary', 'operator');
  await t.throwsAsync(registration(world, 3), {code: 'TOWER_ALREADY_AUTHORIZED'});
  await world.changeSettings({auth: 'none'});
  await t.throwsAsync(registration(world, 4), {code: 'TOWER_WRONG_AUTH_LEVEL'});
  await t.throwsAsync(world.tower.auth.requestRegistration('02ab'), {code: 'TOWER_INVALID_PARAMETER'});
});

test('the same key again is the same request, and nothing is written for it', async (t) => {
  const world = await World.begin(t, {settings: user});
  const first = await registration(world, 2);
  const rows = (await world.log()).length;
  t.deepEqual(await registration(world, 2), first);
  t.is((await world.tower.auth.requestRegistration(publicKey(2).toUpperCase())).requestId, 1);
  t.is((await world.log()).length, rows);
});

test('it is looked at in the next block, and where an attempt failed, when its pause is over', async (t) => {
  const policy = new ScriptedPolicy({callback: () => -3});
  const world = await World.begin(t, {settings: user, policies: [policy]});
  t.is((await registration(world, 2)).nextLookHeight, 101);
  await world.mine();
  await world.tower.auth.settled();
  t.is((await registration(world, 2)).nextLookHeight, 103);
  policy.set('callback', () => -2);
  policy.set('check', () => 0);
  await world.mine(2);
  await world.tower.auth.settled();
  await world.mine();
  await world.tower.auth.settled();
  t.is((await registration(world, 2)).nextLookHeight, 105, 'its answer waits for this block');
  await world.mine();
  await t.throwsAsync(registration(world, 2), {code: 'TOWER_ALREADY_AUTHORIZED'});
});

test('a policy is told that nobody has signed it, and may answer at once', async (t) => {
  const policy = new ScriptedPolicy({callback: ({context}) => (context.proven ? -2 : 0)});
  const world = await World.begin(t, {settings: user, policies: [policy]});
  t.like(await registration(world, 2), {state: 'approved', nextLookHeight: null});
  t.like(policy.asked[0], {info: '', context: {key: publicKey(2), proven: false}});
  await ask(world, {device: 3});
  t.true(policy.asked[1]!.context.proven);
});

test('what the device has signed supersedes it, however it asks, and owes it no revision', async (t) => {
  const world = await World.begin(t, {settings: user});
  const {auth} = world.tower;
  await registration(world, 2);
  t.like(await ask(world, {device: 2, info: ''}), {requestId: 2, proven: true, supersedes: 1, revision: 1});
  t.like((await auth.request(1)).closing, {actor: 'device', reason: 'superseded by request 2'});

  await registration(world, 3);
  t.like(await ask(world, {device: 3, kind: 'user_login'}), {requestId: 4, supersedes: null, revision: 1});
  t.like((await auth.request(3)).closing, {actor: 'device', reason: 'superseded by request 4'});
  t.is(auth.unprovenRequests, 0);
  t.is(auth.pendingRequests, 2);
  t.deepEqual(await world.problems(), []);
});

test('it never takes the place of what the device has signed, be it a signup or a login', async (t) => {
  const world = await World.begin(t, {settings: user});
  await ask(world, {device: 2});
  await ask(world, {device: 3, kind: 'user_login'});
  const before = (await world.log()).length;
  t.like(await registration(world, 2), {requestId: 1, kind: 'user_signup', proven: true, state: 'pending'});
  t.like(await registration(world, 3), {requestId: 2, kind: 'user_login', proven: true, state: 'pending'});
  t.is((await world.log()).length, before);
});

test('a denial stands for its cooldown, and of one that was signed the reason is not told', async (t) => {
  const world = await World.begin(t, {settings: {...user, deniedCooldown: 3}});
  const {auth} = world.tower;
  const deny = (id: number) => auth.deny(id, {reason: 'who are you?', actor: 'operator'});
  await registration(world, 2);
  await deny(1);
  await ask(world, {device: 3});
  await deny(2);
  await ask(world, {device: 4, kind: 'user_login'});
  await deny(3);
  const unproven = await t.throwsAsync(registration(world, 2), {code: 'TOWER_DENIED_COOLDOWN'});
  t.like(unproven, {facts: {retryHeight: 103, reason: 'who are you?'}});
  for (const device of [3, 4]) {
    const proven = await t.throwsAsync(registration(world, device), {code: 'TOWER_DENIED_COOLDOWN'});
    t.like(proven, {facts: {retryHeight: 103, reason: null}});
    t.false(proven!.message.includes('who'));
  }
  t.like(await ask(world, {device: 2}), {requestId: 4, state: 'pending'}, 'the device itself was denied nothing');
  await world.mine(3);
  t.like(await registration(world, 3), {requestId: 5, state: 'pending'});
});

test('strangers fill their own room, and nobody else’s', async (t) => {
  const world = await World.begin(t, {settings: {...user, maxPendingRequests: 2, maxUnprovenRequests: 3}});
  for (const device of [2, 3, 4]) await registration(world, device);
  const refusal = await t.throwsAsync(registration(world, 5), {code: 'TOWER_TOO_MANY_REQUESTS'});
  t.like(refusal, {facts: {unproven: 3}});
  t.is((await registration(world, 4)).requestId, 3, 'who is in stays in');

  await ask(world, {device: 6});
  t.is((await ask(world, {device: 2})).supersedes, 1);
  await t.throwsAsync(ask(world, {device: 7}), {code: 'TOWER_TOO_MANY_REQUESTS'});
  t.is((await registration(world, 5)).state, 'pending', 'the room of what was superseded is free');
  await t.throwsAsync(ask(world, {device: 3}), {code: 'TOWER_TOO_MANY_REQUESTS'});
  t.deepEqual([world.tower.auth.pendingRequests, world.tower.auth.unprovenRequests], [5, 3]);
  t.deepEqual(await world.problems(), []);
});

test('with no room for them at all, they are refused', async (t) => {
  const world = await World.begin(t, {settings: {...user, maxUnprovenRequests: 0}});
  await t.throwsAsync(registration(world, 2), {code: 'TOWER_TOO_MANY_REQUESTS'});
});

test('whoever has signed is asked about first, however many strangers came before', async (t) => {
  const policy = new ScriptedPolicy({callback: () => -2});
  const world = await World.begin(t, {settings: {...user, authBudget: 2}, policies: [policy]});
  for (const device of [2, 3, 4, 5]) await registration(world, device);
  await ask(world, {device: 6});
  await ask(world, {device: 7});
  policy.asked.length = 0;
  policy.set('check', () => 0);
  await world.mine();
  await world.tower.auth.settled();
  t.deepEqual(
    policy.asked.map(({context}) => context.key),
    [6, 7].map(publicKey),
  );
  await world.mine();
  await world.tower.auth.settled();
  t.deepEqual(
    policy.asked.slice(2).map(({context}) => context.key),
    [2, 3].map(publicKey),
  );
});

test('what a device signed before a stranger came cannot be sent once more behind it', async (t) => {
  const world = await World.begin(t, {settings: {...user, requestTtl: 2, proofWindow: 6}});
  await ask(world, {device: 2});
  await world.mine(2);
  t.is((await registration(world, 2)).requestId, 2);
  await t.throwsAsync(ask(world, {device: 2, age: 3}), {code: 'TOWER_REPLAYED_PROOF'});
  t.is((await ask(world, {device: 2, age: 2})).supersedes, 2);
});

test('it expires, comes back with the block, and survives a restart as what it is', async (t) => {
  const world = await World.begin(t, {settings: {...user, requestTtl: 2}});
  const {auth} = world.tower;
  await registration(world, 2);
  const digest = await world.tower.digest();
  await world.mine(2);
  t.is((await auth.request(1)).state, 'expired');
  t.is(auth.unprovenRequests, 0);
  await world.disconnect(2);
  t.is(await world.tower.digest(), digest);
  await world.restart();
  t.like(await world.tower.auth.request(1), {state: 'pending', proven: false});
  t.is(world.tower.auth.unprovenRequests, 1);
  t.deepEqual(await world.problems(), []);
});

test('a login that a reorg has brought back goes before the signup that a stranger sent meanwhile', async (t) => {
  const world = await World.begin(t, {settings: {...user, requestTtl: 2}});
  await ask(world, {device: 2, kind: 'user_login'});
  await world.mine(2);
  t.like(await registration(world, 2), {requestId: 2, proven: false});
  await world.disconnect(1);
  t.like(await registration(world, 2), {requestId: 1, proven: true, state: 'pending'});
  t.like(await ask(world, {device: 2, kind: 'user_login', info: 'other'}), {requestId: 3, supersedes: 1});
  t.is((await world.tower.auth.request(2)).state, 'superseded');
  t.deepEqual(await world.problems(), []);
});

test('a signup that a stranger sent does not come back beside the login that its device has signed since', async (t) => {
  const world = await World.begin(t, {settings: {...user, requestTtl: 2}});
  const {auth} = world.tower;
  await registration(world, 2);
  await world.mine(2);
  await ask(world, {device: 2, kind: 'user_login'});
  await world.disconnect(1);
  t.like(await auth.request(1), {state: 'superseded', closing: {reason: 'superseded after it had expired'}});
  t.like(await auth.request(2), {state: 'pending', proven: true});
  t.deepEqual([auth.pendingRequests, auth.unprovenRequests], [1, 0]);
  t.deepEqual(await world.problems(), []);
});

test('what a stranger sent meanwhile does not keep a signed request from coming back with a reorg', async (t) => {
  const world = await World.begin(t, {settings: {...user, requestTtl: 2}});
  await ask(world, {device: 2, info: 'my invite'});
  await world.mine(2);
  t.like(await registration(world, 2), {requestId: 2, proven: false});
  await world.disconnect(1);
  const {auth} = world.tower;
  t.like(await auth.request(1), {state: 'pending', proven: true, info: 'my invite'});
  t.like(await auth.request(2), {
    state: 'superseded',
    closing: {reason: 'superseded by request 1, which is signed'},
  });
  t.is(auth.unprovenRequests, 0);
  t.deepEqual(await world.problems(), []);
  t.is((await registration(world, 2)).requestId, 1);
  t.like(await ask(world, {device: 2, info: 'another invite'}), {requestId: 3, supersedes: 1});
  await world.mine();
  t.is((await world.tower.auth.request(3)).state, 'pending', 'it has its whole time');
  t.deepEqual(await world.problems(), []);
});

test('nor does one of many that strangers sent and nobody decided', async (t) => {
  const world = await World.begin(t, {settings: {...user, requestTtl: 1}});
  await ask(world, {device: 2});
  for (let id = 2; id <= 4; id++) {
    await world.mine();
    t.is((await registration(world, 2)).requestId, id);
  }
  await world.disconnect(2);
  t.is((await world.tower.auth.request(1)).state, 'expired', 'its own block still stands');
  t.is((await world.tower.auth.request(2)).state, 'superseded');
  await world.disconnect(1);
  t.is((await world.tower.auth.request(1)).state, 'pending');
  t.deepEqual(await world.problems(), []);
});

test('a signed request that its device has signed another after does not come back in front of it', async (t) => {
  const world = await World.begin(t, {settings: {...user, requestTtl: 2, deniedCooldown: 1, proofWindow: 6}});
  await ask(world, {device: 2});
  await world.mine(2);
  t.is((await ask(world, {device: 2, info: 'second'})).requestId, 2);
  await world.tower.auth.deny(2, {actor: 'operator', reason: 'no'});
  await world.mine();
  t.is((await registration(world, 2)).requestId, 3);
  await world.disconnect(2);
  t.like(await world.tower.auth.request(1), {
    state: 'superseded',
    closing: {reason: 'superseded after it had expired'},
  });
  t.is((await world.tower.auth.request(3)).state, 'pending');
  t.deepEqual(await world.problems(), []);
});

test('a request that is new may be refused a place by whoever let it in, and one that is not is answered', async (t) => {
  const world = await World.begin(t, {settings: user});
  const admitted: object[] = [];
  const admit = (request: object) => {
    admitted.push(request);
    if (admitted.length > 1) throw new Error('full');
  };
  await world.tower.auth.requestRegistration(publicKey(2), {admit});
  await world.tower.auth.requestRegistration(publicKey(2), {admit});
  t.deepEqual(admitted, [
    {bytes: 512 + JSON.stringify(JSON.stringify({public_key: publicKey(2)})).length, tipHeight: 100},
  ]);
});
