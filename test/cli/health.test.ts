import {join} from 'node:path';
import test from 'ava';
import {get} from '../support/daemon.js';
import {aFreePort} from '../support/free-port.js';
import {ask, runHere, start, temporaryDirectory} from './harness.js';

test('a tower in step is healthy with status 0, and tells where its metrics are', async (t) => {
  const dataDir = await temporaryDirectory(t);
  const tower = start(t, ['run', '--data-dir', dataDir, '--metrics-port', String(await aFreePort()), '--json']);
  const {metrics} = JSON.parse(await tower.said('stdout', /\n/)) as {metrics: string};
  await tower.said('stderr', /synced/);
  t.deepEqual(await ask(t, dataDir, 'health'), {status: 'ok'});
  t.deepEqual(await runHere(['health', '--data-dir', dataDir]), {status: 0, stdout: 'ok\n', stderr: ''});
  const url = new URL(metrics);
  t.regex((await get(url.origin, url.pathname)).text, /^bartizan_ready 1$/m);
});

test('a tower that waits for its node is not, with status 1, the reason and what to do', async (t) => {
  const dataDir = await temporaryDirectory(t);
  const cookie = join(dataDir, 'none');
  const tower = start(t, ['run', '--data-dir', dataDir, '--chain', 'bitcoind', '--btc-rpc-cookie', cookie]);
  await tower.said('stderr', /waiting_for_node/);
  const {status, stdout, stderr} = await runHere(['health', '--data-dir', dataDir]);
  t.is(status, 1);
  t.regex(stdout, /^waiting: .*\nhint: .* \[TOWER_BITCOIND_NO_COOKIE\]\n$/);
  t.is(stderr, '');
});

test('where no tower runs there is none to be healthy', async (t) => {
  const dataDir = await temporaryDirectory(t);
  const {status, stdout, stderr} = await runHere(['health', '--data-dir', dataDir]);
  t.deepEqual({status, stdout}, {status: 1, stdout: ''});
  t.regex(stderr, /\[TOWER_NOT_RUNNING\]/);
});

test('a port for metrics that is taken ends the start with what to do', async (t) => {
  const first = await temporaryDirectory(t);
  const port = String(await aFreePort());
  const tower = start(t, ['run', '--data-dir', first, '--metrics-port', port]);
  await tower.said('stderr', /synced/);
  const dataDir = await temporaryDirectory(t);
  const second = await start(t, ['run', '--data-dir', dataDir, '--metrics-port', port]).ended;
  t.is(second.status, 1);
  t.regex(
    second.stderr,
    /^error: cannot serve metrics on 127\.0\.0\.1, port \d+\nbecause: .*\nhint: .*TOWER_ADDRESS_IN_USE/,
  );
});
