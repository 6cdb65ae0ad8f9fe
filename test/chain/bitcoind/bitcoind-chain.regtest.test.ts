import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import {
  type BitcoindChain,
  type BitcoindConnection,
  connectBitcoind,
  cookieCredentials,
  ZmqNotifications,
} from '../../../src/chain/bitcoind/index.js';
import type {RegtestNode} from '../../../src/chain/bitcoind/regtest/index.js';
import {type ChainHeader, extend} from '../../../src/chain/header.js';
import {regtestGenesis} from '../../../src/chain/network.js';
import {OperationalError} from '../../../src/errors/index.js';
import {mine, regtestTest} from '../../support/regtest.js';

function follow(t: ExecutionContext, node: RegtestNode, options: Partial<BitcoindConnection> = {}): BitcoindChain {
  const chain = connectBitcoind({
    rpcUrl: node.rpcUrl,
    credentials: cookieCredentials(node.cookiePath),
    zmqEndpoint: node.zmqEndpoint,
    ...options,
  });
  t.teardown(() => chain.close());
  return chain;
}

/** Resolves at the next wake-up. */
function nextWake(chain: BitcoindChain): Promise<void> {
  return new Promise((resolve) => {
    const end = chain.onWake(() => {
      end();
      resolve();
    });
  });
}

/** Mines until an announcement is heard: a subscription takes effect some time after the connection. */
async function untilHeard(node: RegtestNode, chain: BitcoindChain, messages = 1): Promise<void> {
  while (chain.stats!.messages < messages) await Promise.all([mine(node, 1), nextWake(chain)]);
}

regtestTest('who the node is', async (t, start) => {
  const node = await start();
  const warnings: string[] = [];
  const chain = follow(t, node, {warn: (warning) => warnings.push(warning)});
  t.deepEqual(await chain.identity(), {network: 'regtest', genesis: regtestGenesis});
  t.deepEqual(warnings, []);
});

regtestTest('headers read raw and in bulk are those that the node tells one by one', async (t, start) => {
  const node = await start();
  await mine(node, 1_200);
  const chain = follow(t, node);
  const [first, ...others] = await chain.headers(0, 5_000);
  let header: ChainHeader = {...first!, height: 0, chainwork: 2n};
  t.deepEqual(await chain.header(header.hash), header);
  for (const next of others) header = extend(header, next);
  t.deepEqual(await chain.header(header.hash), header);
  const {hash, height, chainwork} = header;
  t.deepEqual(await chain.sourceTip(), {hash, height, chainwork, initialDownload: false});
});

regtestTest('an announcement wakes long before the poll', async (t, start) => {
  const node = await start();
  const chain = follow(t, node, {pollMs: 100_000_000});
  let woken = false;
  chain.onWake(() => {
    woken = true;
  });
  while (!woken) await mine(node, 1);
  t.true(chain.stats!.messages >= 1);
  t.is(chain.stats!.gaps, 0);
});

regtestTest('an announced hash has the byte order that RPC shows', async (t, start) => {
  const node = await start();
  const notifications = new ZmqNotifications(node.zmqEndpoint);
  t.teardown(() => notifications.close());
  const announced: string[] = [];
  notifications.listen(({body}) => announced.push(Buffer.from(body).toString('hex')));
  const mined: string[] = [];
  while (announced.length === 0) mined.push(...(await mine(node, 1)));
  t.true(mined.includes(announced[0]!));
});

regtestTest('a node that starts anew has another cookie and another counter, and is heard again', async (t, start) => {
  const node = await start();
  const chain = follow(t, node, {pollMs: 50});
  await untilHeard(node, chain);
  // So many that the new count cannot go on by chance where the old one ended.
  await mine(node, 500);
  await untilHeard(node, chain, 500);
  const before = await chain.sourceTip();
  await node.stop({keep: true});
  const error = await t.throwsAsync(chain.sourceTip(), {instanceOf: OperationalError});
  t.true(error.retryable, error.message);
  await node.restart();
  t.is((await chain.sourceTip()).hash, before.hash);
  // Messages of the old node may still be on their way, so hearing one is not enough.
  for (let blocks = 0; blocks < 200 && chain.stats!.gaps === 0; blocks++) {
    await Promise.all([mine(node, 1), nextWake(chain)]);
  }
  t.is(chain.stats!.gaps, 1);
});

regtestTest('a block that is invalidated leaves a lower tip and is known as stale', async (t, start) => {
  const node = await start();
  const hashes = await mine(node, 5);
  const chain = follow(t, node);
  await chain.sourceTip();
  await node.rpc('invalidateblock', hashes[3]);
  t.like(await chain.sourceTip(), {hash: hashes[2], height: 3});
  t.deepEqual(await chain.standing([hashes[2]!, hashes[3]!, hashes[4]!, 'ab'.repeat(32)]), [
    'active',
    'stale',
    'stale',
    'unknown',
  ]);
  t.is((await chain.header(hashes[4]!))?.height, 5);
});

regtestTest('blocks that the node has never seen are unknown', async (t, start) => {
  const [node, other] = await Promise.all([start(), start({zmq: false})]);
  const hashes = await mine(other, 3);
  const chain = follow(t, node);
  t.deepEqual(await chain.standing(hashes), ['unknown', 'unknown', 'unknown']);
  t.is(await chain.block(hashes[0]!), undefined);
});

regtestTest('a pruned node gives every header, and no block that it has pruned', async (t, start) => {
  // With blocks of the smallest files, pruning needs no more than a few hundred of them.
  const node = await start({args: ['-prune=1', '-fastprune']});
  const hashes = await mine(node, 700);
  await node.rpc('pruneblockchain', 300);
  const chain = follow(t, node);
  t.is((await chain.headers(0, 700)).length, 701);
  t.is(await chain.block(hashes[0]!), undefined);
  t.is((await chain.block(hashes[699]!))?.header.hash, hashes[699]);
});

regtestTest('a wrong cookie is refused, and its text is in no error', async (t, start) => {
  const node = await start();
  const cookiePath = join(node.dataDir, 'wrong-cookie');
  await writeFile(cookiePath, '__cookie__:0123456789abcdef');
  const chain = follow(t, node, {credentials: cookieCredentials(cookiePath)});
  const error = await t.throwsAsync(chain.sourceTip(), {code: 'TOWER_BITCOIND_UNAUTHORIZED'});
  t.false(error.message.includes('0123456789abcdef'));
});

regtestTest('a node without announcements is followed by polling, with a warning', async (t, start) => {
  const node = await start({zmq: false});
  const warnings: string[] = [];
  const chain = follow(t, node, {pollMs: 20, graceMs: 20, warn: (warning) => warnings.push(warning)});
  await chain.identity();
  t.regex(warnings.join(), /it announces none/);
  await chain.sourceTip();
  const [hash] = await mine(node, 1);
  while ((await chain.sourceTip()).hash !== hash) await nextWake(chain);
  while (chain.stats!.missed === 0) await nextWake(chain);
  t.like(chain.stats, {messages: 0, missed: 1, reconnects: 1});
});

regtestTest('a node that idled for a day still announces its blocks', async (t, start) => {
  const node = await start();
  await mine(node, 1);
  const day = 86_400;
  const {time} = await node.rpc('getblockheader', await node.rpc('getbestblockhash'));
  await node.rpc('setmocktime', time + 2 * day);
  const chain = follow(t, node, {pollMs: 50});
  t.false((await chain.sourceTip()).initialDownload);
  await untilHeard(node, chain);
  t.true(chain.stats!.messages > 0);
});
