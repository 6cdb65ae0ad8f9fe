import {execFile} from 'node:child_process';
import {readFile, stat} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {ask, loggedHeights, run, runHere, type Running, start, temporaryDirectory} from './harness.js';

const execute = promisify(execFile);
const key = '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';

interface Node {
  readonly process: Running;
  readonly cookie: string;
  /** Flags of `bartizan run` that lead to this node. */
  readonly flags: readonly string[];
  /** Runs the bitcoin-cli that `bartizan regtest` has written. */
  cli(...args: string[]): Promise<string>;
}

/** `bartizan regtest` on ports of nobody else. */
async function aNode(t: ExecutionContext): Promise<Node> {
  const dataDir = join(await temporaryDirectory(t), 'node');
  const node = start(t, ['regtest', '--data-dir', dataDir, '--rpc-port', '0', '--zmq-port', '0', '--json']);
  // In order, so that bitcoind has left the directory before it is removed.
  t.teardown(async () => {
    node.child.kill('SIGTERM');
    await node.ended;
  });
  const {cookie, run, rpc_port, zmq, mine} = JSON.parse(await node.said('stdout', /\n/)) as Record<string, string>;
  t.is((await stat(dataDir)).mode & 0o777, 0o700);
  t.is(mine, `${dataDir}/bitcoin-cli -generate 1`);
  t.true(run?.startsWith('bartizan run --chain bitcoind '));
  const zmqPort = new URL(zmq!).port;
  return {
    process: node,
    cookie: cookie!,
    flags: [
      '--chain',
      'bitcoind',
      '--btc-rpc-port',
      String(rpc_port),
      '--btc-feed-port',
      zmqPort,
      '--btc-rpc-cookie',
      cookie!,
    ],
    cli: async (...args) => (await execute(join(dataDir, 'bitcoin-cli'), args)).stdout.trim(),
  };
}

test('the story of the README: register on a real chain, expire, be deleted, come back through a reorg', async (t) => {
  const node = await aNode(t);
  await node.cli('-generate', '3');
  const dataDir = await temporaryDirectory(t);
  const rules = ['--subscription-duration', '3', '--expiry-delta', '1'];
  const tower = start(t, ['run', '--data-dir', dataDir, ...node.flags, ...rules]);
  await tower.said('stderr', /state=synced height=3/);
  t.like(await ask(t, dataDir, 'register', key), {user_id: 1, subscription_expiry: 6});
  await node.cli('-generate', '3');
  await tower.said('stderr', /event=block_connected height=6/);
  t.like(await ask(t, dataDir, 'user', '1'), {state: 'expired', deletion_height: 7});
  await node.cli('-generate', '1');
  await tower.said('stderr', /event=block_connected height=7 hash=[0-9a-f]{64} deleted_users=1 user_ids=1/);

  await node.cli('invalidateblock', await node.cli('getblockhash', '6'));
  await node.cli('-generate', '1');
  await tower.said('stderr', /event=block_disconnected height=7 hash=[0-9a-f]{64} restored_users=1 user_ids=1/);
  await tower.said('stderr', /event=block_disconnected height=6 [^]*event=block_connected height=6/);
  t.like(await ask(t, dataDir, 'user', '1'), {state: 'expired', subscription_expiry: 6, available_slots: 10_000});

  const mined = await runHere(['mine', '--data-dir', dataDir]);
  t.regex(mined.stderr, /\[TOWER_NOT_SIMULATED\]/);
  tower.child.kill('SIGINT');
  const {status, stderr} = await tower.ended;
  t.is(status, 0);
  t.deepEqual(loggedHeights(stderr, 'block_connected'), [4, 5, 6, 7, 6]);
  t.deepEqual(loggedHeights(stderr, 'block_disconnected'), [7, 6]);
});

test('a reorg that is too deep halts the tower until the operator has chosen', async (t) => {
  const node = await aNode(t);
  await node.cli('-generate', '10');
  const dataDir = await temporaryDirectory(t);
  const args = ['--data-dir', dataDir, ...node.flags, '--finality', '2'];
  const first = start(t, ['run', ...args]);
  await first.said('stderr', /state=synced height=10/);
  await ask(t, dataDir, 'register', key);
  await node.cli('-generate', '3');
  await first.said('stderr', /event=block_connected height=13/);
  const before = await ask(t, dataDir, 'user', '1');
  t.like(await ask(t, dataDir, 'status'), {problem: null});
  await node.cli('invalidateblock', await node.cli('getblockhash', '11'));
  await node.cli('-generate', '4');
  await first.said('stderr', /state=halted .*code=TOWER_REORG_TOO_DEEP/);
  t.like(await ask(t, dataDir, 'status'), {state: 'halted', tip: {height: 13}});
  await ask(t, dataDir, 'stop');
  t.is((await first.ended).status, 0);

  const digest = await ask(t, dataDir, 'digest');
  const looked = await runHere(['recover', ...args]);
  t.is(looked.status, 0);
  t.regex(looked.stdout, /The node left our chain 3 blocks below our tip; 2 can be undone\. Choose:/);
  t.deepEqual(await ask(t, dataDir, 'digest'), digest, 'looking changes nothing');
  const accepted = await runHere(['recover', '--accept', ...args]);
  t.is(accepted.status, 0);
  t.regex(accepted.stdout, /^new tip +14 /);

  const second = start(t, ['run', ...args]);
  await second.said('stderr', /state=synced height=14/);
  t.deepEqual(await ask(t, dataDir, 'user', '1'), {...before, tip_height: 14});
  await ask(t, dataDir, 'stop');
  await second.ended;
  const again = await runHere(['recover', '--accept', ...args]);
  t.is(again.status, 1);
  t.regex(again.stderr, /\[TOWER_NOTHING_TO_RECOVER\]/);
});

test('a second node on the same data directory is refused, and the first keeps its cookie and its options', async (t) => {
  const node = await aNode(t);
  const dataDir = dirname(dirname(node.cookie));
  const before = await Promise.all([node.cookie, join(dataDir, 'regtest.conf')].map((path) => readFile(path, 'utf8')));
  const {status, stderr} = await run(t, ['regtest', '--data-dir', dataDir, '--rpc-port', '0', '--zmq-port', '0']);
  t.is(status, 1);
  t.regex(stderr, /\[TOWER_ALREADY_RUNNING\]\n$/);
  const after = await Promise.all([node.cookie, join(dataDir, 'regtest.conf')].map((path) => readFile(path, 'utf8')));
  t.deepEqual(after, before);
  t.is(await node.cli('getblockcount'), '0');
});

test('a recorded chain replays to the tip of its node, and a recording that fails leaves no file', async (t) => {
  const node = await aNode(t);
  await node.cli('-generate', '5');
  const file = join(await temporaryDirectory(t), 'chain.hex');
  const rpc = node.flags.filter((_, index) => [2, 3, 6, 7].includes(index));
  const beyond = await run(t, ['record', file, '--to', '6', ...rpc]);
  t.is(beyond.status, 2);
  t.regex(beyond.stderr, /\[TOWER_USAGE\]/);
  const recorded = await run(t, ['record', file, '--comment', 'Five blocks.', ...rpc]);
  t.is(recorded.status, 0, recorded.stderr);
  const tip = await node.cli('getbestblockhash');
  t.is(recorded.stdout, `recorded 6 blocks, heights 0 to 5, tip ${tip}, in ${file}\n`);
  const replayed = await runHere(['replay', file, '--json']);
  t.like(JSON.parse(replayed.stdout), {height: 5, hash: tip, runs: [{type: 'connected', from: 1, to: 5}]});
  const twice = await run(t, ['record', file, ...rpc]);
  t.is(twice.status, 1);
  t.regex(twice.stderr, /^error: .* cannot be written\nbecause: EEXIST.*\n.*\[TOWER_FILE_FAILED\]\n$/);
});

test('a wrong password ends the start, and a port that is asked for but taken ends bartizan regtest', async (t) => {
  const node = await aNode(t);
  const dataDir = await temporaryDirectory(t);
  const address = node.flags.slice(0, 6);
  const wrong = ['--btc-rpc-user', 'alice', '--btc-rpc-password', 'hunter2'];
  const {status, stderr} = await run(t, ['run', '--data-dir', dataDir, ...address, ...wrong]);
  t.is(status, 1);
  t.regex(stderr, /\nerror: .*\nhint: .*\[TOWER_BITCOIND_UNAUTHORIZED\]\n$/);
  t.notRegex(stderr, /hunter2/);

  const taken = await run(t, ['regtest', '--data-dir', dataDir, '--rpc-port', node.flags[3]!]);
  t.is(taken.status, 1);
  t.regex(taken.stderr, /^error: port \d+, asked for by --rpc-port, is taken\n.*\[TOWER_ADDRESS_IN_USE\]\n$/);

  node.process.child.kill('SIGINT');
  t.is((await node.process.ended).status, 0);
  await t.throwsAsync(node.cli('getblockcount'));
});
