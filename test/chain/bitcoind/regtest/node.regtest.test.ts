import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import test from 'ava';
import {findBitcoind} from '../../../../src/chain/bitcoind/regtest/index.js';
import {mine, regtestTest} from '../../../support/regtest.js';

regtestTest('a node answers as soon as it is started, with the options of regtest.conf', async (t, start) => {
  const node = await start();
  const chain = await node.rpc('getblockchaininfo');
  t.is(chain.chain, 'regtest');
  t.deepEqual(await node.rpc('getzmqnotifications'), [{type: 'pubhashblock', address: node.zmqEndpoint, hwm: 10_000}]);
});

regtestTest('two nodes run side by side', async (t, start) => {
  const [one, two] = await Promise.all([start(), start({zmq: false})]);
  t.not(one.rpcPort, two.rpcPort);
  t.deepEqual(await two.rpc('getzmqnotifications'), []);
});

regtestTest('a node keeps its blocks over a restart and over a kill that follows it', async (t, start) => {
  const node = await start();
  const port = node.rpcPort;
  await mine(node, 5);
  await node.restart();
  t.is(await node.rpc('getblockcount'), 5);
  await node.kill();
  t.false(node.running);
  await node.restart();
  t.is(await node.rpc('getblockcount'), 5);
  t.is(node.rpcPort, port);
});

regtestTest('a mocked clock far ahead does not keep a node from starting', async (t, start) => {
  const node = await start({args: ['-mocktime=4000000000']});
  await mine(node, 1);
  t.is((await node.rpc('getblockheader', await node.rpc('getbestblockhash'))).time, 4_000_000_000);
});

regtestTest('an option that bitcoind refuses is named in the error', async (t, start) => {
  const error = await t.throwsAsync(start({args: ['-nonsense=1']}));
  t.regex(error.message, /Invalid parameter -nonsense/);
});

regtestTest('stopping removes a temporary data directory and keeps one that was given', async (t, start) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'bartizan-test-'));
  t.teardown(() => rm(dataDir, {recursive: true, force: true}));
  const [kept, temporary] = await Promise.all([start({dataDir}), start()]);
  await Promise.all([kept.stop(), temporary.stop()]);
  t.true(existsSync(join(dataDir, 'regtest')));
  t.false(existsSync(temporary.dataDir));
});

regtestTest('a node does not outlive a process that is killed', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'bartizan-test-'));
  t.teardown(() => rm(dataDir, {recursive: true, force: true}));
  const module = new URL('../../../../src/chain/bitcoind/regtest/index.js', import.meta.url).href;
  const script = `import {RegtestNode} from '${module}';
    const node = await RegtestNode.start({dataDir: process.argv[1]});
    console.log(node.pid);
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface(parent.stdout), 'line')) as [string];
  const nodePid = Number(line);
  t.notThrows(() => process.kill(nodePid, 0));
  const closed = once(parent, 'close');
  parent.kill('SIGKILL');
  await closed;
  await ended(nodePid);
  t.throws(() => process.kill(nodePid, 0), {code: 'ESRCH'});
});

async function ended(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('a BITCOIND that does not start is an error, not a reason to take another', async (t) => {
  const error = await t.throwsAsync(findBitcoind({env: {...process.env, BITCOIND: '/nowhere/bitcoind'}}));
  t.like(error, {code: 'TOWER_BITCOIND_NOT_FOUND'});
  t.regex(error.message, /BITCOIND=\/nowhere\/bitcoind/);
});

test('what was tried is in the error when there is no bitcoind', async (t) => {
  const env = {PATH: '/nowhere', XDG_CACHE_HOME: '/nowhere'};
  const error = await t.throwsAsync(findBitcoind({env, fetch: false}));
  t.like(error, {code: 'TOWER_BITCOIND_NOT_FOUND'});
  t.regex(error.message, /BITCOIND: not set; PATH: .*; cache \/nowhere\/bartizan/);
});
