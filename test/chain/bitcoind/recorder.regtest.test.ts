import type {ExecutionContext} from 'ava';
import {cookieCredentials, HttpRpc, recordChain, type RecordingOptions} from '../../../src/chain/bitcoind/index.js';
import type {RegtestNode} from '../../../src/chain/bitcoind/regtest/index.js';
import {FixtureChain} from '../../../src/chain/fixture-chain.js';
import {anyoneCanSpend, mine, regtestTest} from '../../support/regtest.js';

/** Another script than `anyoneCanSpend`, so that two nodes do not mine the same block. */
const otherScript = 'raw(52)';

async function record(t: ExecutionContext, node: RegtestNode, options: Partial<RecordingOptions> = {}) {
  const rpc = new HttpRpc({url: node.rpcUrl, credentials: cookieCredentials(node.cookiePath)});
  t.teardown(() => rpc.close());
  let text = '';
  const recording = await recordChain({
    rpc,
    write: (piece) => {
      text += piece;
    },
    ...options,
  });
  return {recording, text};
}

/** Gives blocks of the one node to the other, in order. */
async function give(from: RegtestNode, to: RegtestNode, hashes: readonly string[]): Promise<void> {
  for (const hash of hashes) await to.rpc('submitblock', await from.rpc('getblock', hash, 0));
}

regtestTest('a recorded chain with a reorg and a fork is replayed with both', async (t, start) => {
  const [node, other] = await Promise.all([start(), start()]);
  const shared = await mine(node, 5);
  await give(node, other, shared);
  const replaced = await mine(node, 2, anyoneCanSpend);
  const better = await mine(other, 3, otherScript);
  await give(other, node, better);
  t.is(await node.rpc<string>('getbestblockhash'), better[2]!);
  await other.rpc('invalidateblock', better[2]);
  const beside = await mine(other, 1, 'raw(53)');
  await give(other, node, beside);

  const {recording, text} = await record(t, node);
  t.deepEqual(recording, {blocks: 12, from: 0, to: 8, tip: better[2]!, staleBlocks: 3});
  const chain = new FixtureChain(text);
  chain.arrive(7);
  t.is((await chain.sourceTip()).hash, replaced[1]!);
  chain.arriveAll();
  t.is((await chain.sourceTip()).hash, better[2]!);
  t.deepEqual(await chain.standing([...replaced, ...better, ...beside]), [
    'stale',
    'stale',
    'active',
    'active',
    'active',
    'stale',
  ]);
});

regtestTest('a range is recorded from its first height on', async (t, start) => {
  const node = await start();
  const hashes = await mine(node, 30);
  const seen: number[] = [];
  const {recording, text} = await record(t, node, {
    from: 10,
    to: 20,
    comments: ['why this was recorded'],
    progress: (blocks) => seen.push(blocks),
  });
  t.like(recording, {blocks: 11, tip: hashes[19]});
  t.true(text.startsWith('# why this was recorded\n'));
  t.deepEqual(
    seen,
    Array.from({length: 11}, (_, index) => index + 1),
  );
  const chain = new FixtureChain(text);
  chain.arriveAll();
  t.like(await chain.sourceTip(), {hash: hashes[19], height: 20});
});

regtestTest('heights that the chain does not have are refused', async (t, start) => {
  const node = await start();
  await t.throwsAsync(record(t, node, {from: 0, to: 1}), {code: 'TOWER_USAGE'});
  await t.throwsAsync(record(t, node, {from: 1}), {code: 'TOWER_USAGE'});
});

regtestTest('a pruned block is an error that names it', async (t, start) => {
  const node = await start({args: ['-prune=1', '-fastprune']});
  const hashes = await mine(node, 700);
  await node.rpc('pruneblockchain', 300);
  const error = await t.throwsAsync(record(t, node, {from: 1, to: 3}), {code: 'TOWER_BITCOIND_RPC'});
  t.true(error.message.includes(hashes[0]!));
});
