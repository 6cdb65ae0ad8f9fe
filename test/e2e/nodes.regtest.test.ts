import {once} from 'node:events';
import {type AddressInfo, createServer, type Socket} from 'node:net';
import type {ExecutionContext} from 'ava';
import {regtestTest, mine} from '../support/regtest.js';
import {publicKey} from '../support/keys.js';
import {tempDir} from '../support/temp-dir.js';
import {endsAtTheTip, reorganise, towerOn} from './support/on-bitcoind.js';

const daySeconds = 86_400;

/** A port where connections are taken and nothing is ever said. */
async function silentPort(t: ExecutionContext): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => {})));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return String((server.address() as AddressInfo).port);
}

regtestTest(
  'a node that has idled for a day calls itself in initial download, and is followed all the same',
  async (t, start) => {
    const node = await start();
    await mine(node, 110);
    const dataDir = tempDir(t);
    const first = towerOn(t, node, dataDir);
    await first.says(/state=synced/);
    const {time} = await node.rpc<{time: number}>('getblockheader', await node.rpc('getbestblockhash'));
    // The default of a node on a public network, where regtest.conf is more lenient.
    await node.restart({args: [`-maxtipage=${daySeconds}`, `-mocktime=${time + 2 * daySeconds}`]});
    t.like(await node.rpc('getblockchaininfo'), {initialblockdownload: true, blocks: 110});

    await first.kill();
    const tower = towerOn(t, node, dataDir);
    await tower.says(/state=synced/);
    t.like(await tower.admin.register(publicKey(1)), {subscriptionStart: 110});
    await tower.reaches((await mine(node, 3)).at(-1)!);
    await endsAtTheTip(t, tower, node);
  },
);

regtestTest('a node that syncs from scratch is waited for, and nobody expires by its low heights', async (t, start) => {
  const whole = await start();
  await mine(whole, 110);
  const dataDir = tempDir(t);
  const first = await towerOn(t, whole, dataDir).listening();
  await first.says(/state=synced/);
  await first.admin.register(publicKey(1));
  const before = await first.admin.digest();
  await first.kill();

  const {time} = await whole.rpc<{time: number}>('getblockheader', await whole.rpc('getbestblockhash'));
  const syncing = await start({args: [`-maxtipage=${daySeconds}`, `-mocktime=${time + 2 * daySeconds}`]});
  const copyBlocks = async (from: number, to: number) => {
    for (let height = from; height <= to; height++) {
      const raw = await whole.rpc<string>('getblock', await whole.rpc('getblockhash', height), 0);
      t.is(await syncing.rpc('submitblock', raw), null);
    }
  };
  await copyBlocks(1, 90);
  const tower = towerOn(t, syncing, dataDir);
  await tower.says(/state=ibd/);
  t.like(await tower.admin.status(), {state: 'ibd', tip: {height: 110}, sourceHeight: 90});
  t.deepEqual(await tower.admin.digest(), before);
  await copyBlocks(91, 110);
  await tower.says(/state=synced/);
  const chain = await endsAtTheTip(t, tower, syncing);
  t.like(chain, {connected: 1, disconnected: 0});
});

regtestTest('an endpoint that never speaks is warned of, and polling does its work', async (t, start) => {
  const node = await start();
  await mine(node, 110);
  const silent = await silentPort(t);
  const tower = towerOn(t, node, tempDir(t), {zmqPort: silent});
  await tower.says(/^warning: /);
  await tower.says(/state=synced/);
  await tower.reaches((await mine(node, 5)).at(-1)!);
  await reorganise(node, 2);
  const chain = await endsAtTheTip(t, tower, node);
  t.deepEqual(chain.reorgs, [2]);
});

regtestTest('a pruned node is enough, also for blocks that it pruned before the tower saw them', async (t, start) => {
  // With blocks of the smallest files, pruning needs no more than a few hundred of them.
  const node = await start({args: ['-prune=1', '-fastprune']});
  await mine(node, 110);
  const dataDir = tempDir(t);
  const first = towerOn(t, node, dataDir);
  await first.says(/state=synced/);
  await first.kill();
  await mine(node, 800);
  const pruned = await node.rpc<number>('pruneblockchain', 500);
  t.true(pruned > 110);
  const chain = await endsAtTheTip(t, towerOn(t, node, dataDir), node);
  t.like(chain, {start: 110, tip: 911, connected: 801});
});
