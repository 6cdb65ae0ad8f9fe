import test, {type ExecutionContext} from 'ava';
import type {AdminTower} from '../../src/api/admin/admin-tower.js';
import {serveAdmin} from '../../src/api/admin/server.js';
import {socketPathOf} from '../../src/api/admin/socket.js';
import {users} from '../../src/cli/users.js';
import {plain} from '../../src/cli/paint.js';
import {OperationalError} from '../../src/errors/index.js';
import {fakeKey, fakeTower} from '../api/admin/fake-tower.js';
import {run, temporaryDirectory} from './harness.js';

async function aTower(t: ExecutionContext, overrides: Partial<AdminTower> = {}): Promise<string> {
  const dataDir = await temporaryDirectory(t);
  const server = await serveAdmin(fakeTower(overrides), {
    path: socketPathOf(dataDir),
    onDefect: (error) => t.fail(String(error)),
  });
  t.teardown(() => server.close());
  return dataDir;
}

const prints = test.macro({
  title: (_, args: string[]) => `bartizan ${args.join(' ')} prints what the tower answers`,
  async exec(t, args: string[], stdout: string) {
    const dataDir = await aTower(t);
    t.deepEqual(await run(t, [...args, '--data-dir', dataDir]), {status: 0, stdout, stderr: ''});
  },
});

test(
  prints,
  ['status'],
  `state       synced
network     regtest, simulated chain
tip         121  ${'00'.repeat(32)}
source      121
users       1
stored      1 appointment, 2 slots
auth        user, 2 requests pending, 1 of them unproven
ready       yes
decided by  policy: user_signup, user_login at once; user_signup later
            operator
signatures  libsecp256k1
api         http://127.0.0.1:9814
tower id    ${fakeKey}
process     4242, version 0.1.0
`,
);

test(
  prints,
  ['register', fakeKey],
  `user          7
key           ${fakeKey}
slots         10,000
subscription  since 120, expires at 4440, in 4,320 blocks, about 30 days
receipt       ${'d'.repeat(104)}
`,
);

test(
  prints,
  ['users'],
  `1 user at tip 121

user  key                                                                 slots left  taken  appointments  subscription
7     ${fakeKey}  9,999       1      1             expires at 4440, in 4,319 blocks, about 30 days
`,
);

test(
  prints,
  ['user', '7'],
  `user            7
state           active
key             ${fakeKey}
slots           9,999 left, 1 taken
subscription    since 120, expires at 4440, in 4,319 blocks, about 30 days
unless renewed  deleted at 4446, in 4,325 blocks, about 30 days
appointments    1
  ab12  1 slot
`,
);

test(
  prints,
  ['extend', '7', '--blocks', '144'],
  `user            7
added           144 blocks, about 24 hours
slots           9,999 left, 1 taken
subscription    since 120, expires at 4584, in 4,463 blocks, about 31 days
unless renewed  deleted at 4590, in 4,469 blocks, about 31 days
`,
);

test(
  prints,
  ['delete', '7', '--yes'],
  `deleted             user 7
key                 ${fakeKey}
appointments        1
would have expired  at 4440
`,
);

test(
  prints,
  ['appointments'],
  `1 appointment at tip 121

locator                           user  slots  blob       to_self_delay  start block  key
${'ab'.repeat(16)}  7     1      300 bytes  42             121          ${fakeKey}
`,
);

const printsDated = test.macro({
  title: (_, args: string[]) => `bartizan ${args.join(' ')} prints what the tower answers, with approximate times`,
  async exec(t, args: string[], stdout: string) {
    const dataDir = await aTower(t);
    const before = Date.now();
    const ended = await run(t, [...args, '--data-dir', dataDir]);
    const after = Date.now();
    const shown = ended.stdout.replace(/\d{4}-\d\d-\d\d \d\d:\d\d/g, (time) => {
      // A block every ten minutes, from now: the minute may pass in between.
      const [from, to] = [before - 60_000, after].map((now) => Math.floor((Date.parse(`${time}Z`) - now) / 600_000));
      return `<tip+${from === to ? from : to! + 1}>`.padEnd(time.length);
    });
    t.deepEqual({...ended, stdout: shown.replace(/ +$/gm, '')}, {status: 0, stdout, stderr: ''});
  },
});

test(
  printsDated,
  ['forecast', '--blocks', '4330'],
  `4,330 blocks from tip 121: to 4451, about <tip+4330>       UTC
expire       1 user: 9,999 slots left, 1 taken by 1 appointment with 300 bytes
are deleted  1 user: 9,999 slots left, 1 taken by 1 appointment with 300 bytes

height  about, UTC                     users  slots left  taken  appointments  blobs      ids
4440    <tip+4319>        expire       1      9,999       1      1             300 bytes  7
4446    <tip+4325>        are deleted  1      9,999       1      1             300 bytes  7

more: bartizan forecast --blocks 4330 --after 4446
`,
);

test(
  printsDated,
  ['forecast', '--blocks', '4330', '--users', '--limit', '1'],
  `4,330 blocks from tip 121: to 4451, about <tip+4330>       UTC

user  key                                                                 slots left  taken  appointments  expiry, about UTC       deletion, about UTC
7     ${fakeKey}  9,999       1      1             4440, <tip+4319>        4446, <tip+4325>

more: bartizan forecast --blocks 4330 --users --after 4440:7
`,
);

test(prints, ['mine', '3'], `mined 3 blocks; the tip is 124  ${'11'.repeat(32)}\n`);
test(prints, ['mine'], `mined 1 block; the tip is 122  ${'11'.repeat(32)}\n`);
test(prints, ['mine', '2', '--json'], `{"blocks":2,"height":123,"hash":"${'11'.repeat(32)}"}\n`);

test('what the tower waits for stands beside its state', async (t) => {
  const answer = await fakeTower().status();
  const dataDir = await aTower(t, {
    status: () =>
      Promise.resolve({
        ...answer,
        state: 'waiting_for_node',
        chain: 'bitcoind',
        problem: {code: 'TOWER_BITCOIND_UNREACHABLE', error: 'nobody listens on 127.0.0.1:18443', hint: 'Start it.'},
        tip: null,
        sourceHeight: null,
        ready: false,
        policies: [{name: 'webhook', callback: [], check: [], trouble: 'it is down'}],
      }),
  });
  const {stdout} = await run(t, ['status', '--data-dir', dataDir]);
  t.is(
    stdout,
    `state       waiting for node
problem     nobody listens on 127.0.0.1:18443 [TOWER_BITCOIND_UNREACHABLE]
hint        Start it.
network     regtest, bitcoind
tip         none yet
source      not heard of
users       1
stored      1 appointment, 2 slots
auth        user, 2 requests pending, 1 of them unproven
ready       no
decided by  webhook: not asked for now, because it is down
            operator
signatures  libsecp256k1
api         http://127.0.0.1:9814
tower id    ${fakeKey}
process     4242, version 0.1.0
`,
  );
});

test('what is wrong with a policy that is asked all the same stands beside what it decides', async (t) => {
  const answer = await fakeTower().status();
  const trouble = 'the file on disk is not loaded: p.mjs:2';
  const dataDir = await aTower(t, {
    status: () =>
      Promise.resolve({...answer, policies: [{name: 'policy', callback: [], check: ['new_node'], trouble}]}),
  });
  const {stdout} = await run(t, ['status', '--data-dir', dataDir]);
  t.true(stdout.includes(`decided by  policy: new_node later; ${trouble}\n`), stdout);
});

test('a page that is not the last says how to see the next', async (t) => {
  const page = await fakeTower().users({after: 0, limit: 1});
  t.regex(
    users.render({...page, total: 12_345, next: 7}, plain),
    /^12,345 users at tip 121\n[^]*\n\nmore: bartizan users --after 7$/,
  );
  t.is(users.render({...page, total: 0, users: []}, plain), '0 users at tip 121');
});

test('without a tower every such command fails with TOWER_NOT_RUNNING', async (t) => {
  const dataDir = await temporaryDirectory(t);
  for (const args of [
    ['status'],
    ['register', fakeKey],
    ['users'],
    ['user', '7'],
    ['mine', '1'],
    ['extend', '7', '--blocks', '1'],
    ['delete', '7', '--yes'],
    ['forecast'],
    ['appointments'],
  ]) {
    const {status, stdout, stderr} = await run(t, [...args, '--data-dir', dataDir]);
    t.is(status, 1);
    t.is(stdout, '');
    t.is(
      stderr,
      `error: no tower answers on ${dataDir}/admin.sock\n` +
        `because: connect ENOENT ${dataDir}/admin.sock\n` +
        'hint: Start one: `bartizan run`.   [TOWER_NOT_RUNNING]\n',
    );
  }
});

test("the tower's refusal is told as its own", async (t) => {
  const refusal = new OperationalError('TOWER_NOT_SIMULATED', 'the chain is that of bitcoind');
  const dataDir = await aTower(t, {mine: () => Promise.reject(refusal)});
  const mined = await run(t, ['mine', '1', '--data-dir', dataDir]);
  t.is(mined.status, 1);
  t.regex(mined.stderr, /^error: the chain is that of bitcoind\nhint: .*\[TOWER_NOT_SIMULATED\]\n$/);
  const unknown = await run(t, ['user', '8', '--data-dir', dataDir]);
  t.is(unknown.status, 1);
  t.regex(unknown.stderr, /^error: no user id 8\n.*\[TOWER_USER_NOT_FOUND\]\n$/);
});

test('a count that is none is a usage error', async (t) => {
  for (const blocks of ['0', '10001', '1e3', 'many', '1.5']) {
    const {status, stderr} = await run(t, ['mine', blocks]);
    t.is(status, 2);
    t.true(stderr.startsWith(`error: blocks is "${blocks}", but must be a whole number from 1 to 10000\n`));
  }
});
