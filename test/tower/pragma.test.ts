import test from 'ava';
import {ask} from '../support/devices.js';
import {publicKey} from '../support/keys.js';
import {World} from '../support/world.js';

test('the lines of the OctoDB documentation authorize users and nodes', async (t) => {
  const world = await World.begin(t, {settings: {auth: 'user'}});
  const {tower} = world;
  await ask(world, {device: 2});
  const user = await tower.pragma(`pragma authorize_user='${publicKey(2)}:0'`);
  t.like(user, {type: 'authorize_user', device: {userId: 1}});
  t.like(await tower.auth.request(1), {state: 'approved', closing: {actor: 'program', userId: 1}});
  await tower.pragma(`PRAGMA authorize_user="${publicKey(3)}:1";`, 'operator');
  await tower.pragma(`PRAGMA authorize_node="${publicKey(4)}:primary"`);
  t.deepEqual((await world.user(3))?.devices.length, 2);
  t.deepEqual(await world.problems(), []);
});

test('sync_status says whether the tower is ready', async (t) => {
  const world = await World.open(t, {settings: {auth: 'user'}});
  t.like(await world.tower.pragma('PRAGMA sync_status'), {status: {dbIsReady: false, height: null}});
  world.source.mine(100);
  await world.start();
  await ask(world, {device: 2});
  t.deepEqual(await world.tower.pragma('PRAGMA sync_status'), {
    type: 'sync_status',
    status: {dbIsReady: true, nodeId: 1, state: 'synced', height: 100, pendingRequests: 1},
  });
});

test('nodes lists who is authorized and who has asked to be', async (t) => {
  const world = await World.open(t, {settings: {auth: 'user'}});
  t.deepEqual(await world.tower.pragma('PRAGMA nodes'), {type: 'nodes', nodes: [], more: false});
  world.source.mine(100);
  await world.start();
  await world.tower.auth.authorizeUser(publicKey(2), 5, 'operator');
  await ask(world, {device: 3});
  t.deepEqual(await world.tower.pragma('PRAGMA nodes'), {
    type: 'nodes',
    nodes: [
      {publicKey: publicKey(2), state: 'authorized', userId: 5, role: null, requestId: null},
      {publicKey: publicKey(3), state: 'pending', userId: null, role: null, requestId: 1},
    ],
    more: false,
  });
});

test('a line that cannot be read changes nothing', async (t) => {
  const world = await World.begin(t, {settings: {auth: 'user'}});
  const digest = await world.tower.digest();
  const line = `PRAGMA authorize_user='${publicKey(2)}:1'; DROP TABLE users`;
  await t.throwsAsync(world.tower.pragma(line), {code: 'TOWER_INVALID_PRAGMA'});
  t.is(await world.tower.digest(), digest);
});
