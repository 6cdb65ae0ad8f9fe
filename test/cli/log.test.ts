import {chmod, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {publicKey} from '../support/keys.js';
import {ask, start, temporaryDirectory} from './harness.js';

test('what a daemon writes to a file is JSON from the first line to the last, one line an event', async (t) => {
  const dataDir = await temporaryDirectory(t);
  const tower = start(t, ['run', '--data-dir', dataDir, '--sim-start-height', '3', '--log-format', 'auto']);
  await tower.said('stderr', /"state":"synced"/);
  await ask(t, dataDir, 'register', publicKey(1));
  await ask(t, dataDir, 'register', publicKey(1));
  for (let i = 0; i < 2; i++) await ask(t, dataDir, 'mine', '1');
  tower.child.kill('SIGTERM');
  const {status, stderr} = await tower.ended;
  t.is(status, 0);
  const lines = stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  t.deepEqual(lines.map(({event}) => event).slice(-3), ['state_changed', 'block_connected', 'block_connected']);
  t.like(lines.at(-2), {level: 'info', height: 4, registrations: 1, renewals: 1});
  t.like(lines.at(-1), {level: 'info', height: 5, renewals: undefined});
  for (const {time} of lines) t.is(new Date(String(time)).toISOString(), String(time));
});

test('settings that are not understood are told of in the form of the log, too', async (t) => {
  const dataDir = await temporaryDirectory(t);
  const ended = (args: readonly string[], environment: Record<string, string>) =>
    start(t, ['run', '--data-dir', dataDir, ...args], {environment}).ended;
  const json = {BARTIZAN_LOG_FORMAT: 'auto'};
  const wrong = {level: 'fatal', event: 'failed', code: 'TOWER_INVALID_SETTING'};
  for (const args of [
    ['--finality', '101'],
    ['--log-format', 'jsno'],
    ['--btc-network', 'mainnet', '--chain', 'bitcoind'],
  ]) {
    const {status, stdout, stderr} = await ended(args, json);
    t.deepEqual({status, stdout}, {status: 2, stdout: ''});
    t.is(stderr.indexOf('\n'), stderr.length - 1);
    t.like(JSON.parse(stderr), args.includes('mainnet') ? {...wrong, code: 'TOWER_MAINNET_REFUSED'} : wrong);
  }
  await writeFile(join(dataDir, 'bartizan.toml'), 'garbage\n');
  t.like(JSON.parse((await ended([], json)).stderr), {event: 'failed'});
  t.regex((await ended([], {BARTIZAN_LOG_FORMAT: 'text'})).stderr, /^error: .*is not TOML/);
  t.regex((await ended(['--log-format', 'text'], json)).stderr, /^error: .*is not TOML/);
});

test('why a daemon does not start is the last line of its JSON log, and its status', async (t) => {
  const dataDir = await temporaryDirectory(t);
  const tower = start(t, ['run', '--data-dir', dataDir]);
  await tower.said('stderr', /synced/);
  tower.child.kill('SIGTERM');
  await tower.ended;
  await chmod(join(dataDir, 'tower.key'), 0o644);
  const {status, stdout, stderr} = await start(t, ['run', '--data-dir', dataDir, '--log-format', 'json']).ended;
  t.deepEqual({status, stdout}, {status: 1, stdout: ''});
  t.is(stderr.indexOf('\n'), stderr.length - 1);
  t.like(JSON.parse(stderr), {level: 'fatal', event: 'failed', code: 'TOWER_INVALID_KEY'});
});
