import test, {type ExecutionContext} from 'ava';
import {NotATower, TowerRefusal} from '../../src/client/errors.js';
import {withPublicKey} from '../../src/client/node-info.js';
import {TowerClient} from '../../src/client/tower-client.js';
import {served, towerKey} from '../api/public/support/served.js';
import {publicKey, signingKey} from '../support/keys.js';
import {ScriptedPolicy} from '../support/scripted-policy.js';
import type {World} from '../support/world.js';
import {type WorldOptions} from '../support/world.js';
import {fakeTower, userKey} from './fake-tower.js';

interface Stage {
  readonly world: World;
  /** The client of the n-th test user. */
  device(n: number): TowerClient;
}

/** A real tower in this process, asked over a real socket. */
async function stage(t: ExecutionContext, options: WorldOptions): Promise<Stage> {
  const {world, port} = await served(t, {}, options);
  const tower = `${towerKey.publicKey}@127.0.0.1:${port}`;
  return {world, device: (n) => new TowerClient({tower, key: signingKey(n)})};
}

test('a device signs up, waits for the blocks, registers, and lets another one in', async (t) => {
  const policy = new ScriptedPolicy({callback: () => -2, check: () => 7});
  const {world, device} = await stage(t, {settings: {auth: 'user'}, policies: [policy]});
  t.like(await device(2).authInfo(), {towerId: towerKey.publicKey, auth: 'user', blockHeight: 100, proofWindow: 6});
  const request = await device(2).userSignup({info: 'coupon', nodeInfo: '{"model": "Pixel"}'});
  t.deepEqual(request, {
    requestId: 1,
    kind: 'user_signup',
    state: 'pending',
    proven: true,
    revision: 1,
    supersedes: null,
    receivedHeight: 100,
    expiresAt: 244,
    nextLookHeight: 101,
    retryHeight: null,
    closing: null,
    tipHeight: 100,
  });
  t.is((await device(2).userSignup({info: 'coupon', nodeInfo: '{"model": "Pixel"}'})).requestId, 1);
  await world.mine();
  await world.tower.auth.settled();
  await world.mine();
  t.like(await device(2).requestStatus(), {
    publicKey: publicKey(2),
    device: {userId: 7, role: null, authorizedAt: 102},
    requests: [{requestId: 1, state: 'approved', closing: {height: 102, userId: 7}}],
  });
  t.like(await device(2).register(), {availableSlots: 10, subscriptionStart: 102});
  await device(3).userLogin({info: 'secret'});
  await world.mine();
  await world.tower.auth.settled();
  await world.mine();
  t.is((await device(3).requestStatus()).device?.userId, 7);
  const again = await t.throwsAsync<TowerRefusal>(device(3).userLogin({info: 'secret'}), {instanceOf: TowerRefusal});
  t.like(again, {towerCode: 'TOWER_ALREADY_AUTHORIZED', towerFacts: {user_id: 7}, httpStatus: 409, retryable: false});
  t.is(again.hint, 'Use it: its user id and role are among the facts.');
});

test('a node is asked about by its own words, and a denial says when to come back', async (t) => {
  const policy = new ScriptedPolicy({
    callback: ({nodeInfo}) => ((JSON.parse(nodeInfo) as {serial?: string}).serial === 'B-1' ? 'secondary' : null),
  });
  const {device} = await stage(t, {settings: {auth: 'node'}, policies: [policy]});
  t.like(await device(2).newNode({nodeInfo: '{"serial":"B-1"}'}), {state: 'approved', closing: {role: 'secondary'}});
  const denied = await device(3).newNode();
  t.like(denied, {state: 'denied', nextLookHeight: null});
  const refused = await t.throwsAsync<TowerRefusal>(device(3).newNode(), {instanceOf: TowerRefusal});
  t.like(refused, {
    towerCode: 'TOWER_DENIED_COOLDOWN',
    towerFacts: {retry_height: denied.retryHeight},
    retryable: false,
  });
  const level = await t.throwsAsync<TowerRefusal>(device(2).userSignup({info: ''}), {instanceOf: TowerRefusal});
  t.is(level.towerCode, 'TOWER_WRONG_AUTH_LEVEL');
});

test('a key that registers where it has to be authorized is told so, and may ask again', async (t) => {
  const {device} = await stage(t, {settings: {auth: 'user'}});
  const refused = await t.throwsAsync<TowerRefusal>(device(2).register(), {instanceOf: TowerRefusal});
  t.like(refused, {errorCode: 32, httpStatus: 503, retryable: true});
  t.regex(refused.message, /The tower has to authorize this key: request 1 is pending/);
  t.like((await device(2).requestStatus()).requests[0], {requestId: 1, proven: false, state: 'pending'});
});

test('a tower that says it is another one gets no proof', async (t) => {
  const tower = await fakeTower(t, () => ({
    tower_id: publicKey(9),
    auth: 'user',
    block_height: 1,
    block_hash: '00'.repeat(32),
    proof_window: 6,
  }));
  const client = new TowerClient({tower: tower.address, key: userKey});
  await t.throwsAsync(client.userSignup({info: 'secret'}), {
    instanceOf: NotATower,
    message: new RegExp(`says that it is another tower, ${publicKey(9)}`),
  });
  t.deepEqual(
    tower.heard.map(({path}) => path),
    ['/auth/info'],
  );
});

test('a tower without these endpoints is not a tower that authorizes', async (t) => {
  const tower = await fakeTower(t, () => (response) => response.writeHead(405).end('HTTP method not allowed'));
  const client = new TowerClient({tower: tower.address, key: userKey});
  await t.throwsAsync(client.newNode(), {instanceOf: NotATower, message: /status 405/});
});

test('the key is filled in where node_info lacks it, and nothing else is touched', (t) => {
  const key = publicKey(1);
  for (const [text, filled] of [
    ['{}', `{"public_key":"${key}"}`],
    [' { "a" : 1.0 } ', `{"public_key":"${key}", "a" : 1.0 } `],
    ['{"public_key":"other"}', '{"public_key":"other"}'],
    ['[]', '[]'],
    ['null', 'null'],
    ['{', '{'],
  ] as const) {
    t.is(withPublicKey(text, key), filled);
  }
});
