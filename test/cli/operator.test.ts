import {dirname} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {aDaemon} from '../support/daemon.js';
import {signedBy} from '../support/deposits.js';
import {locator, publicKey} from '../support/keys.js';
import {ask, run, runHere, start, temporaryDirectory} from './harness.js';

const key = '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';
const other = '02f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9';

/** A tower on a simulated chain, with short subscriptions, ready to be asked. */
async function aTower(t: ExecutionContext) {
  const dataDir = await temporaryDirectory(t);
  const flags = ['--subscription-duration', '5', '--expiry-delta', '2'];
  const tower = start(t, ['run', '--data-dir', dataDir, ...flags]);
  await tower.said('stderr', /event=state_changed state=synced/);
  await ask(t, dataDir, 'register', key);
  await ask(t, dataDir, 'mine', '1');
  await ask(t, dataDir, 'register', other);
  return {dataDir, tower};
}

test('an operator sees who goes when, keeps one, and sends another away', async (t) => {
  const {dataDir, tower} = await aTower(t);
  const forecast = await ask<{heights: {height: number}[]}>(t, dataDir, 'forecast', '--blocks', '10');
  t.deepEqual(
    forecast.heights.map(({height}) => height),
    [125, 126, 127, 128],
  );
  t.like(forecast.heights[2], {expiring: {users: 0}, deleted: {users: 1, user_ids: [1], available_slots: 10_000}});
  t.like(await ask(t, dataDir, 'forecast', '--users', '--limit', '1'), {
    users: [{user_id: 1, keys: [key], subscription_expiry: 125, deletion_height: 127}],
    next: '125:1',
  });
  t.like(await ask(t, dataDir, 'extend', key, '--blocks', '3'), {
    ...{user_id: 1, blocks: 3, state: 'active', subscription_expiry: 128, deletion_height: 130, tip_height: 121},
  });
  t.like(await ask(t, dataDir, 'delete', '2', '--yes'), {user_id: 2, keys: [other], subscription_expiry: 126});
  await ask(t, dataDir, 'mine', '8');
  t.like(await ask(t, dataDir, 'status'), {users: 1, user_states: {active: 0, expired: 1, outdated: 0}});
  t.like(await ask(t, dataDir, 'verify'), {users: 1, problem_count: 0});
  await ask(t, dataDir, 'mine', '1');
  t.like(await ask(t, dataDir, 'status'), {users: 0, user_states: {active: 0, expired: 0, outdated: 0}});
  tower.child.kill('SIGTERM');
  const {stderr} = await tower.ended;
  t.regex(stderr, /event=subscription_extended height=121 user_id=1 blocks=3 subscription_expiry=128\n/);
  t.regex(stderr, new RegExp(`event=user_deleted height=121 user_id=2 keys=${other} appointments=0\\n`));
});

test('an extension without end, and what is neither an id nor a key, are refused for what is wrong with them', async (t) => {
  const {dataDir} = await aTower(t);
  const call = (...args: string[]) => runHere([...args, '--data-dir', dataDir]);
  const endless = await call('extend', '1', '--blocks', '4294967295');
  t.is(endless.status, 1);
  const [, most] = /\nhint: Add fewer blocks: this subscription can take (\d+)\. {3}\[TOWER_MAXIMUM_EX/.exec(
    endless.stderr,
  )!;
  t.is((await call('extend', '1', '--blocks', String(Number(most) + 1))).status, 1);
  t.is((await call('extend', '1', '--blocks', most!)).status, 0);
  for (const args of [
    ['user', 'xyz'],
    ['user', '02ffff'],
    ['extend', '02', '--blocks', '1'],
    ['delete', 'x', '--yes'],
  ]) {
    const {status, stderr} = await call(...args);
    t.is(status, 1);
    t.regex(stderr, /^error: \w+ is neither a user id nor a public key\nhint: .*\[TOWER_USER_NOT_FOUND\]\n$/, args[0]);
  }
});

test('what was extended and deleted stays so when the tower is killed', async (t) => {
  const {dataDir, tower} = await aTower(t);
  await ask(t, dataDir, 'extend', '1', '--blocks', '100');
  await ask(t, dataDir, 'delete', other, '--yes');
  const digest = await ask(t, dataDir, 'digest');
  tower.child.kill('SIGKILL');
  await tower.ended;
  t.deepEqual(await ask(t, dataDir, 'digest'), digest);
  const again = start(t, ['run', '--data-dir', dataDir, '--subscription-duration', '5', '--expiry-delta', '2']);
  await again.said('stderr', /event=state_changed state=synced/);
  t.like(await ask(t, dataDir, 'user', key), {subscription_expiry: 225});
  t.like(await ask(t, dataDir, 'users'), {total: 1});
  t.like(await ask(t, dataDir, 'register', other), {user_id: 3});
});

test('a user is deleted only if somebody says yes', async (t) => {
  const {dataDir} = await aTower(t);
  const deletion = ['delete', other, '--data-dir', dataDir];
  const unasked = await run(t, deletion);
  t.is(unasked.status, 2);
  t.regex(unasked.stderr, /^error: nobody is at the terminal to be asked\nhint: Say --yes .*\[TOWER_USAGE\]\n$/);
  for (const answer of ['no\n', '\n', '', 'y\n', 'yes please\n', 'x'.repeat(100_000)]) {
    const refused = await runHere(deletion, {answer});
    t.is(refused.status, 1, answer.slice(0, 20));
    t.regex(
      refused.stderr,
      /^Delete user 2 with 1 device and 0 appointments, for good\? Type yes to go on\.\nerror: .*\[TOWER_NOT_CONFIRMED\]\n$/s,
    );
  }
  t.like(await ask(t, dataDir, 'users'), {total: 2});
  const confirmed = await runHere([...deletion, '--json'], {answer: 'Yes\n'});
  t.is(confirmed.status, 0, confirmed.stderr);
  t.like(JSON.parse(confirmed.stdout), {user_id: 2});
  t.like(await ask(t, dataDir, 'users'), {total: 1});
});

test('appointments are listed page by page, with what they take, and are in the forecast', async (t) => {
  const daemon = await aDaemon(t);
  const dataDir = dirname(daemon.adminSocket);
  const {gatekeeper} = daemon.tower;
  for (const user of [2, 3]) {
    await gatekeeper.addUpdateUser(publicKey(user));
    for (const n of [1, 2]) {
      const encryptedBlob = Buffer.alloc(3_000 * n);
      await gatekeeper.addUpdateAppointment(publicKey(user), signedBy(user, {locator: locator(n), encryptedBlob}));
    }
  }
  const first = await runHere(['appointments', '--limit', '3', '--data-dir', dataDir]);
  t.is(
    first.stdout,
    `4 appointments at tip 120

locator                           user  slots  blob     to_self_delay  start block  key
${locator(1)}  1     2      2.9 KiB  42             120          ${publicKey(2)}
${locator(2)}  1     3      5.9 KiB  42             120          ${publicKey(2)}
${locator(1)}  2     2      2.9 KiB  42             120          ${publicKey(3)}

more: bartizan appointments --after 000000000002${locator(1)}
`,
  );
  const rest = await ask(t, dataDir, 'appointments', '--after', `000000000002${locator(1)}`);
  t.like(rest, {appointments: [{user_id: 2, locator: locator(2), slots: 3, blob_bytes: 6_000}], next: null});
  const found = await ask<{appointments: {user_id: number}[]}>(t, dataDir, 'appointments', locator(2));
  t.deepEqual(
    found.appointments.map(({user_id}) => user_id),
    [1, 2],
  );
  t.like(await ask(t, dataDir, 'forecast', '--blocks', '4320'), {
    expiring: {users: 2, taken_slots: 10, appointments: 4, blob_bytes: 18_000},
    deleted: {users: 0},
  });
  t.like(await ask(t, dataDir, 'user', '1'), {available_slots: 9_995, taken_slots: 5, appointments: 2});
});

test('what cannot be meant is refused, and changes nothing', async (t) => {
  const {dataDir} = await aTower(t);
  const {digest} = await ask(t, dataDir, 'digest');
  const refusals: [number, RegExp, ...string[]][] = [
    [2, /required option '--blocks <n>' not specified.*\[TOWER_USAGE\]/s, 'extend', '1'],
    [2, /missing required argument 'user'/, 'extend', '--blocks', '1'],
    ...['0', '-1', '1.5', '1e3', '010', '4294967296', 'many', ''].map((blocks): [number, RegExp, ...string[]] => [
      ...([2, /--blocks is .* from 1 to 4294967295\n.*\[TOWER_USAGE\]/] as const),
      ...['extend', '1', `--blocks=${blocks}`],
    ]),
    [1, /the expiry would be .*\[TOWER_MAXIMUM_EXPIRY_REACHED\]/s, 'extend', '1', '--blocks', '4294967295'],
    ...['3', '0', '01', `${key}00`, '02', '../users', '99999999999999999999', '1 ', ''].flatMap((who) =>
      [
        ['extend', '--blocks', '1', '--', who],
        ['delete', '--yes', '--', who],
        ['delete', '--', who],
      ].map((args): [number, RegExp, ...string[]] => [
        who === '' ? 1 : 1,
        /\[TOWER_(USER_NOT_FOUND|INVALID_PARAMETER|USAGE)\]/,
        ...args,
      ]),
    ),
    [1, /locator must be 16 bytes in hex.*\[TOWER_INVALID_PARAMETER\]/s, 'appointments', 'ab'],
    [1, /locator/, 'appointments', 'x'.repeat(1_000)],
    [1, /\[TOWER_INVALID_PARAMETER\]/, 'appointments', '--after', 'ab'],
    [2, /\[TOWER_USAGE\]/, 'appointments', '--limit', '1001'],
    [2, /\[TOWER_USAGE\]/, 'forecast', '--blocks', '0'],
    [2, /\[TOWER_USAGE\]/, 'forecast', '--blocks', '52561'],
    [2, /\[TOWER_USAGE\]/, 'forecast', '--limit', '0'],
    [2, /\[TOWER_USAGE\]/, 'forecast', '--limit', '1001'],
    [2, /\[TOWER_USAGE\]/, 'forecast', '--after', '1:1'],
    [1, /\[TOWER_INVALID_PARAMETER\]/, 'forecast', '--users', '--after', '1'],
    [1, /\[TOWER_INVALID_PARAMETER\]/, 'forecast', '--users', '--after', '4294967296:1'],
  ];
  for (const [status, pattern, ...args] of refusals) {
    const [command, ...rest] = args;
    const ended = await runHere([command!, '--data-dir', dataDir, ...rest]);
    t.is(ended.status, status, `${args.join(' ')}: ${ended.stderr}`);
    t.regex(ended.stderr, pattern, args.join(' '));
    t.is(ended.stdout, '');
  }
  t.is((await ask(t, dataDir, 'digest'))['digest'], digest);
  t.like(await ask(t, dataDir, 'appointments', 'ab'.repeat(16)), {appointments: [], next: null});
});
