import {join} from 'node:path';
import test from 'ava';
import type {SourceStateName} from '../../../src/chain/source-state.js';
import {sourceStates} from '../../../src/daemon/observation/metric-table.js';
import {healthOf} from '../../../src/daemon/observation/health.js';
import {OperationalError} from '../../../src/errors/index.js';
import {aDaemon, get} from '../../support/daemon.js';
import {aFreePort} from '../../support/free-port.js';
import {tempDir} from '../../support/temp-dir.js';
import {until} from '../../support/until.js';

const halted = undefined;
const tip = {height: 120};

test('a tower is healthy in step with its source, and in no other state', (t) => {
  const statuses = sourceStates.map((name) => [name, healthOf({state: {name}, halted, tip}).status]);
  t.deepEqual(Object.fromEntries(statuses), {
    starting: 'behind',
    waiting_for_node: 'waiting',
    warming_up: 'waiting',
    ibd: 'waiting',
    catching_up: 'behind',
    synced: 'ok',
    stalled: 'waiting',
    halted: 'halted',
  } satisfies Record<SourceStateName, string>);
});

test('whatever is wrong comes with a reason and what next', (t) => {
  for (const name of sourceStates) {
    const health = healthOf({state: {name}, halted, tip});
    if (health.status === 'ok') continue;
    t.is(health.state, name);
    t.regex(health.reason, /\w/);
    t.regex(health.next, /\.$/);
  }
  t.like(healthOf({state: {name: 'catching_up', sourceHeight: 900}, halted, tip}), {
    reason: 'blocks are being connected: 120 of 900',
  });
});

test('an error is the reason, with its code and its hint', (t) => {
  const error = new OperationalError('TOWER_BITCOIND_UNREACHABLE', 'bitcoind does not answer', {hint: 'Start it.'});
  t.deepEqual(healthOf({state: {name: 'waiting_for_node', error}, halted, tip}), {
    status: 'waiting',
    state: 'waiting_for_node',
    reason: 'bitcoind does not answer',
    next: 'Start it.',
    code: 'TOWER_BITCOIND_UNREACHABLE',
  });
});

test('a tower that takes no events is halted, however well it follows its source', (t) => {
  const error = new OperationalError('TOWER_STORE_FAILED', 'no space');
  t.like(healthOf({state: {name: 'synced'}, halted: error, tip}), {status: 'halted', reason: 'no space'});
});

test('a daemon tells its health on the admin socket and on its metrics port, before it follows its chain and after', async (t) => {
  const daemon = await aDaemon(t, {'--metrics-port': String(await aFreePort())}, {started: false});
  t.regex(daemon.metricsAddress!, /^http:\/\/127\.0\.0\.1:\d+$/);
  const ask = async () => [await get(daemon.adminSocket, '/health'), await get(daemon.metricsAddress!, '/health')];
  for (const {status, text} of await ask()) {
    t.is(status, 503);
    t.like(JSON.parse(text), {status: 'behind', state: 'starting', code: null});
  }
  daemon.tower.start();
  await daemon.tower.synced();
  for (const answer of await ask()) t.like(answer, {status: 200, text: '{"status":"ok"}'});
  t.is((await get(daemon.metricsAddress!, '/status')).status, 404);
  await daemon.close();
  await t.throwsAsync(get(daemon.metricsAddress!, '/health'));
});

test('a daemon whose node is away is waiting for it, and says what to do', async (t) => {
  const cookie = join(tempDir(t), 'none');
  const daemon = await aDaemon(t, {'--chain': 'bitcoind', '--btc-rpc-cookie': cookie}, {started: false});
  t.is(daemon.metricsAddress, undefined);
  daemon.tower.start();
  await until(() => daemon.tower.state.name === 'waiting_for_node');
  const {status, text} = await get(daemon.adminSocket, '/health');
  t.is(status, 503);
  t.like(JSON.parse(text), {status: 'waiting', code: 'TOWER_BITCOIND_NO_COOKIE'});
});
