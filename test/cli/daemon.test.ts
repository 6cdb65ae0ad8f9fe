import {appendFile, chmod, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {ask, loggedHeights, run, runHere, type Running, start, temporaryDirectory, mainPath} from './harness.js';

const key = '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';

/** A tower on a simulated chain, ready to be asked. */
async function aTower(t: ExecutionContext, dataDir: string, ...flags: string[]): Promise<Running> {
  const tower = start(t, ['run', '--data-dir', dataDir, ...flags]);
  await tower.said('stderr', /event=state_changed state=synced/);
  return tower;
}

test('a user registers, expires, is kept through the grace period, and is deleted', async (t) => {
  const dataDir = await temporaryDirectory(t);
  const tower = await aTower(t, dataDir, '--subscription-duration', '5', '--expiry-delta', '2');
  t.like(await ask(t, dataDir, 'register', key), {user_id: 1, subscription_start: 120, subscription_expiry: 125});
  await ask(t, dataDir, 'mine', '4');
  t.like(await ask(t, dataDir, 'user', key), {state: 'active', tip_height: 124});
  await ask(t, dataDir, 'mine', '1');
  t.like(await ask(t, dataDir, 'user', '1'), {state: 'expired', deletion_height: 127});
  await ask(t, dataDir, 'mine', '2');
  const gone = await runHere(['user', '1', '--data-dir', dataDir]);
  t.regex(gone.stderr, /\[TOWER_USER_NOT_FOUND\]/);
  tower.child.kill('SIGTERM');
  const {status, stderr} = await tower.ended;
  t.is(status, 0);
  t.deepEqual(loggedHeights(stderr, 'block_connected'), [121, 122, 123, 124, 125, 126, 127]);
  t.regex(stderr, /event=block_connected height=127 hash=[0-9a-f]{64} deleted_users=1 user_ids=1\n/);
});

test('a tower that is killed goes on with its chain, its users and its key', async (t) => {
  const dataDir = await temporaryDirectory(t);
  const first = await aTower(t, dataDir);
  await ask(t, dataDir, 'register', key);
  const mined = await ask(t, dataDir, 'mine', '3');
  const before = {
    status: await ask(t, dataDir, 'status'),
    user: await ask(t, dataDir, 'user', '1'),
    digest: await ask(t, dataDir, 'digest'),
  };
  first.child.kill('SIGKILL');
  await first.ended;
  t.deepEqual(await ask(t, dataDir, 'digest'), before.digest, 'the store says the same without a tower');

  const second = await aTower(t, dataDir);
  t.like(await ask(t, dataDir, 'status'), {
    tip: {height: 123, hash: mined['hash']},
    tower_id: before.status['tower_id'],
  });
  t.deepEqual(await ask(t, dataDir, 'user', '1'), before.user);
  t.deepEqual(await ask(t, dataDir, 'digest'), before.digest);
  t.like(await ask(t, dataDir, 'verify'), {height: 123, users: 1, problem_count: 0});
  t.like(await ask(t, dataDir, 'mine', '1'), {height: 124});
  t.deepEqual(await ask(t, dataDir, 'stop'), {stopping: true});
  t.is((await second.ended).status, 0);
  await t.throwsAsync(stat(join(dataDir, 'admin.sock')), {code: 'ENOENT'});
});

test('a second tower on the same data directory is refused, and the first goes on', async (t) => {
  const dataDir = await temporaryDirectory(t);
  const first = await aTower(t, dataDir);
  const {status, stdout, stderr} = await run(t, ['run', '--data-dir', dataDir]);
  t.is(status, 1);
  t.is(stdout, '');
  t.is(
    stderr,
    `error: a tower is running on ${dataDir}, as process ${first.child.pid}\n` +
      'hint: Stop it first, or use another --data-dir.   [TOWER_ALREADY_RUNNING]\n',
  );
  t.like(await ask(t, dataDir, 'status'), {state: 'synced'});
});

test('the same seed mines the same chain, another one another', async (t) => {
  const tips = await Promise.all(
    ['a', 'a', 'b'].map(async (seed) => {
      const dataDir = await temporaryDirectory(t);
      await aTower(t, dataDir, '--sim-seed', seed, '--sim-start-height', '10');
      return (await ask<{hash: string}>(t, dataDir, 'mine', '2')).hash;
    }),
  );
  t.is(tips[0], tips[1]);
  t.not(tips[0], tips[2]);
});

test('with sim_block_interval the chain grows by itself', async (t) => {
  const dataDir = await temporaryDirectory(t);
  const tower = await aTower(t, dataDir, '--sim-block-interval', '1');
  await tower.said('stderr', /event=block_connected height=122/);
  tower.child.kill('SIGINT');
  t.is((await tower.ended).status, 0);
});

test('the settings of the last start are in force', async (t) => {
  const dataDir = await temporaryDirectory(t);
  const first = await aTower(t, dataDir, '--subscription-duration', '5');
  t.like(await ask(t, dataDir, 'register', key), {subscription_expiry: 125});
  first.child.kill('SIGTERM');
  await first.ended;
  const second = await aTower(
    t,
    dataDir,
    '--subscription-duration',
    '50',
    '--renewal',
    'reset',
    '--subscription-slots',
    '7',
  );
  await second.said('stderr', /event=settings_changed height=120 .*subscription_duration=50/);
  t.like(await ask(t, dataDir, 'register', key), {subscription_expiry: 170, available_slots: 10_007});
});

const refusesToStart = test.macro({
  title: (_, what: string) => `with ${what} it does not start, and the store is as before`,
  async exec(
    t,
    _what: string,
    spoil: (dataDir: string) => Promise<string[]>,
    expected: {code: string; status: number},
  ) {
    const dataDir = await temporaryDirectory(t);
    const tower = await aTower(t, dataDir);
    await ask(t, dataDir, 'register', key);
    tower.child.kill('SIGTERM');
    await tower.ended;
    const before = await ask(t, dataDir, 'digest');
    const flags = await spoil(dataDir);
    const {status, stdout, stderr} = await run(t, ['run', '--data-dir', dataDir, ...flags]);
    t.is(status, expected.status);
    t.is(stdout, '');
    t.regex(stderr, new RegExp(`^error: .*\\n(because: .*\\n)*hint: .*\\[${expected.code}\\]\\n$`));
    t.deepEqual(await ask(t, dataDir, 'digest'), before);
  },
});

test(
  refusesToStart,
  'settings of another network',
  () => Promise.resolve(['--chain', 'bitcoind', '--btc-network', 'signet', '--btc-rpc-cookie', '/none']),
  {code: 'TOWER_WRONG_NETWORK', status: 1},
);
test(
  refusesToStart,
  'a bitcoind where it had a simulated chain',
  () => Promise.resolve(['--chain', 'bitcoind', '--btc-rpc-cookie', '/none']),
  {code: 'TOWER_WRONG_NETWORK', status: 1},
);
test(
  refusesToStart,
  'a key file that others can read',
  async (dataDir) => {
    await chmod(join(dataDir, 'tower.key'), 0o644);
    return [];
  },
  {code: 'TOWER_INVALID_KEY', status: 1},
);
test(
  refusesToStart,
  'a key file that holds no key',
  async (dataDir) => {
    await writeFile(join(dataDir, 'tower.key'), 'secret\n');
    return [];
  },
  {code: 'TOWER_INVALID_KEY', status: 1},
);
test(
  refusesToStart,
  'its key file gone',
  async (dataDir) => {
    await rm(join(dataDir, 'tower.key'));
    return [];
  },
  {code: 'TOWER_INVALID_KEY', status: 1},
);
test(
  refusesToStart,
  'a damaged block in its chain',
  async (dataDir) => {
    const path = join(dataDir, 'simulated-chain.hex');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace(/[0-9a-f]{8}\n$/, 'zz\n'));
    return [];
  },
  {code: 'TOWER_INVALID_FIXTURE', status: 2},
);
test(refusesToStart, 'a setting out of range', () => Promise.resolve(['--finality', '101']), {
  code: 'TOWER_INVALID_SETTING',
  status: 2,
});

test('metrics on the port of the public API are refused before anything is made', async (t) => {
  const dataDir = join(await temporaryDirectory(t), 'tower');
  const args = ['run', '--data-dir', dataDir, '--api-port', '9822', '--metrics-port', '9822'];
  for (const more of [[], ['--api-bind', '0.0.0.0']]) {
    const {status, stderr} = await run(t, [...args, ...more]);
    t.is(status, 2);
    t.regex(
      stderr,
      /^error: api_port and metrics_port are both 9822\nhint: Choose another .*\[TOWER_INVALID_SETTING\]\n$/,
    );
  }
  await t.throwsAsync(stat(dataDir), {code: 'ENOENT'});
});

test('half a block at the end of the chain file, as a kill may leave it, is cut off', async (t) => {
  const dataDir = await temporaryDirectory(t);
  const first = await aTower(t, dataDir);
  first.child.kill('SIGKILL');
  await first.ended;
  await appendFile(join(dataDir, 'simulated-chain.hex'), '00000020abcdef');
  const second = await aTower(t, dataDir);
  t.like(await ask(t, dataDir, 'mine', '1'), {height: 121});
  second.child.kill('SIGKILL');
  await second.ended;
  await aTower(t, dataDir);
  const {tip} = await ask<{tip: {height: number}}>(t, dataDir, 'status');
  t.is(tip.height, 121, 'the next block stands on a line of its own');
});

test('what a tower makes is for its owner alone, also in a directory that others may enter', async (t) => {
  const dataDir = await temporaryDirectory(t);
  await chmod(dataDir, 0o755);
  await aTower(t, dataDir);
  for (const [name, mode] of [
    ['store', 0o700],
    ['tower.key', 0o600],
    ['admin.sock', 0o600],
  ] as const) {
    t.is((await stat(join(dataDir, name))).mode & 0o777, mode, name);
  }
});

test('a data directory that is too long for a socket is refused before anything is made', async (t) => {
  const dataDir = join(await temporaryDirectory(t), 'd'.repeat(100));
  const {status, stderr} = await run(t, ['run', '--data-dir', dataDir]);
  t.is(status, 2);
  t.regex(stderr, /^error: data_dir is too long: .*\[TOWER_INVALID_SETTING\]\n$/s);
  await t.throwsAsync(stat(dataDir), {code: 'ENOENT'});
});

test('a data directory that cannot be made, not even in part, is refused', async (t) => {
  for (const dataDir of ['/proc/tower/data', join(mainPath, 'tower')]) {
    const {status, stderr} = await run(t, ['run', '--data-dir', dataDir]);
    t.is(status, 1);
    t.regex(stderr, /^error: .*\nbecause: .*\nhint: .* \[TOWER_FILE_FAILED\]\n$/);
  }
});

test('digest, verify and recover need a store', async (t) => {
  const dataDir = join(await temporaryDirectory(t), 'none');
  for (const command of ['digest', 'verify', 'recover']) {
    const {status, stderr} = await runHere([command, '--data-dir', dataDir]);
    t.is(status, 1);
    t.regex(stderr, /\[TOWER_STORE_MISSING\]\n$/);
    await t.throwsAsync(stat(dataDir), {code: 'ENOENT'});
  }
});

test('a tower without a bitcoind waits, says why, and stops when told', async (t) => {
  const dataDir = await temporaryDirectory(t);
  const flags = ['--chain', 'bitcoind', '--btc-rpc-cookie', join(dataDir, 'none')];
  const tower = start(t, ['run', '--data-dir', dataDir, ...flags]);
  await tower.said('stderr', /event=state_changed state=waiting_for_node code=TOWER_BITCOIND_NO_COOKIE/);
  t.like(await ask(t, dataDir, 'status'), {state: 'waiting_for_node', tip: null, chain: 'bitcoind'});
  const registered = await runHere(['register', key, '--data-dir', dataDir]);
  t.regex(registered.stderr, /\[TOWER_NO_TIP\]/);
  tower.child.kill('SIGTERM');
  t.is((await tower.ended).status, 0);
});
