import test from 'ava';
import {connectFakeNode, type FakeSourceOptions, openFakeSource} from '../../../../src/chain/bitcoind/fake/index.js';
import type {Notification} from '../../../../src/chain/bitcoind/transport.js';
import {SimulatedChain} from '../../../../src/chain/simulated-chain.js';
import {ManualTimers} from '../../../support/manual-timers.js';

/** A node at height 10 and the production adapter over it, with all that the node publishes written down. */
function aNode(options: Partial<FakeSourceOptions> = {}) {
  const chain = new SimulatedChain({seed: 'fake node'});
  chain.mine(10);
  const timers = new ManualTimers();
  const {source, node} = openFakeSource({chain, timers, ...options});
  const heard: string[] = [];
  const write = ({topic, body, counter}: Notification): void => {
    const hash = Buffer.from(body.subarray(0, 32)).toString('hex');
    const height = node.index.get(hash)?.header.height ?? '?';
    heard.push(topic === 'sequence' ? `${String.fromCharCode(body[32]!)}${height}` : `${topic} ${height} #${counter}`);
  };
  node.feed.subscribe(write);
  /** What was published since it was last asked. */
  const published = (): string[] => heard.splice(0);
  const hashAt = (height: number): string => chain.at(height)!.hash;
  return {chain, node, source, timers, published, hashAt};
}

const only = {topics: ['hashblock', 'sequence'] as const};

test('every block is announced, disconnects too, and in one topic they are numbered from 0', (t) => {
  const {chain, published} = aNode(only);
  chain.mine(2);
  t.deepEqual(published(), ['C11', 'hashblock 11 #0', 'C12', 'hashblock 12 #1']);
  chain.reorg({depth: 2, blocks: 3});
  t.deepEqual(published(), ['D12', 'D11', 'C11', 'C12', 'C13', 'hashblock 13 #2']);
});

test('a node that was offline has several blocks at once, and announces each', (t) => {
  const {chain, node, published} = aNode(only);
  node.follow('nothing');
  chain.mine(3);
  t.is(node.tip.height, 10);
  node.follow('blocks');
  t.is(node.tip.height, 13);
  t.deepEqual(published(), ['C11', 'hashblock 11 #0', 'C12', 'hashblock 12 #1', 'C13', 'hashblock 13 #2']);
});

test('an invalid block leaves a lower tip, unannounced, whose old blocks stay known off the active chain', async (t) => {
  const {node, source, published, hashAt} = aNode(only);
  const tip = hashAt(10);
  node.invalidateBlock(hashAt(9));
  t.deepEqual(published(), ['D10', 'D9']);
  t.is((await source.sourceTip()).height, 8);
  t.deepEqual(await source.standing([tip, hashAt(8)]), ['stale', 'active']);
  node.reconsiderBlock(tip);
  t.deepEqual(published(), ['C9', 'hashblock 9 #0', 'C10', 'hashblock 10 #1']);
  t.is((await source.sourceTip()).hash, tip);
});

test('what the chain itself calls invalid, prefers or takes back, the node does, too', async (t) => {
  const {chain, node, hashAt} = aNode();
  const before = chain.contents();
  const branch = chain.reorg({depth: 3, blocks: 3}).at(-1)!;
  t.is(node.tip.hash, hashAt(10));
  chain.prefer(branch.hash);
  t.is(node.tip.hash, branch.hash);
  chain.mineOn(chain.at(7)!.hash, 5);
  t.is(node.tip.hash, chain.tip.hash);
  chain.become(before);
  t.is(node.tip.hash, chain.tip.hash);
  t.is(node.entry(branch.hash), undefined);
  chain.mine(1);
  t.is(node.tip.height, 11);
});

test('a node on a block that the chain forgets leaves it, although the tip of the chain stays', (t) => {
  const {chain, node, hashAt} = aNode();
  const before = chain.contents();
  node.invalidateBlock(hashAt(9));
  for (const goBack of [() => chain.become(before), () => chain.goBack(before.blocks.length, [])]) {
    const [own] = node.mine(1);
    t.is(node.tip.hash, own!.hash);
    t.is(chain.tip.height, 10);
    goBack();
    t.is(node.tip.hash, hashAt(8));
    t.is(node.entry(own!.hash), undefined);
  }
  t.is(node.mine(1)[0]!.height, 9);
});

test('of two branches with the same work a node can be told which is precious, and told otherwise', (t) => {
  const {chain, node, published, hashAt} = aNode(only);
  const ours = hashAt(10);
  const [theirs] = chain.mineOn(hashAt(9), 1);
  node.listen();
  t.is(node.tip.hash, ours);
  node.preciousBlock(theirs!.hash);
  t.is(node.tip.hash, theirs!.hash);
  t.deepEqual(published(), ['D10', 'C10', 'hashblock 10 #0']);
  node.preciousBlock(ours);
  t.is(node.tip.hash, ours);
});

test('a node that comes back without its last blocks does not know them, until it follows again', async (t) => {
  const {node, source, published, hashAt} = aNode(only);
  const cookie = node.cookie.password;
  node.restart({lose: 3});
  t.not(node.cookie.password, cookie);
  t.is((await source.sourceTip()).height, 7);
  t.deepEqual(await source.standing([hashAt(10), hashAt(8), hashAt(7)]), ['unknown', 'unknown', 'active']);
  t.deepEqual(published(), []);
  node.follow('blocks');
  t.deepEqual(published(), ['C8', 'hashblock 8 #0', 'C9', 'hashblock 9 #1', 'C10', 'hashblock 10 #2']);
  t.deepEqual(await source.standing([hashAt(10)]), ['active']);
});

test('a node that is down answers nobody, and counts from 0 when it is back', async (t) => {
  const {chain, node, source, published} = aNode({topics: ['hashblock']});
  chain.mine(2);
  node.stop();
  chain.mine(1);
  t.like(await t.throwsAsync(source.sourceTip()), {code: 'TOWER_BITCOIND_UNREACHABLE', retryable: true});
  t.deepEqual(published(), ['hashblock 11 #0', 'hashblock 12 #1']);
  node.start();
  t.is((await source.sourceTip()).height, 13);
  t.deepEqual(published(), ['hashblock 13 #0']);
});

test('a node may know a header and not its block', async (t) => {
  const {chain, node, source, published} = aNode(only);
  node.follow('headers');
  const [header] = chain.mine(2);
  t.deepEqual(await source.standing([header!.hash]), ['stale']);
  t.is(await source.block(header!.hash), undefined);
  t.is((await source.sourceTip()).height, 10);
  node.follow('blocks');
  t.deepEqual(published(), ['C11', 'hashblock 11 #0', 'C12', 'hashblock 12 #1']);
  t.is((await source.block(header!.hash))?.header.hash, header!.hash);
});

test('a pruned node answers headers and no blocks', async (t) => {
  const {node, source, hashAt} = aNode();
  node.prune(4);
  t.is((await source.header(hashAt(4)))?.height, 4);
  t.is(await source.block(hashAt(4)), undefined);
  t.is((await source.block(hashAt(5)))?.header.hash, hashAt(5));
  t.is((await source.headers(0, 10)).length, 11);
});

test('what a node has pruned it fetches again where another branch needs it', (t) => {
  const {chain, node, hashAt} = aNode();
  const left = hashAt(10);
  chain.reorg({depth: 1, blocks: 2});
  node.prune(11);
  chain.prefer(left);
  t.is(node.tip.hash, left);
  t.is(node.tip.hash, chain.tip.hash);
});

test('a client may go and another come while the node and its faults stay', async (t) => {
  const {chain, node, timers} = aNode();
  const first = connectFakeNode(node, {timers});
  const second = connectFakeNode(node, {timers});
  node.faults.set({kind: 'busy', next: 1});
  await first.close();
  await t.throwsAsync(second.sourceTip(), {code: 'TOWER_BITCOIND_BUSY'});
  chain.mine(1);
  t.is((await second.sourceTip()).height, 11);
});

test('numbers of messages wrap without a gap', (t) => {
  const {chain, node, source} = aNode(only);
  source.onWake(() => {});
  node.feed.countFrom('hashblock', 2 ** 32 - 2);
  chain.mine(4);
  t.like(source.stats, {messages: 4, gaps: 0});
});

test('a node in initial download says so and announces no tip', async (t) => {
  const {chain, node, source, published} = aNode(only);
  node.initialDownload = true;
  chain.mine(1);
  t.deepEqual(published(), ['C11']);
  t.true((await source.sourceTip()).initialDownload);
});

test('a node that is warming up has one answer to everything', async (t) => {
  const {node, source} = aNode();
  node.warmingUp = 'Loading block index…';
  for (const ask of [() => source.sourceTip(), () => source.identity(), () => source.headers(0, 3)]) {
    t.like(await t.throwsAsync(ask()), {code: 'TOWER_BITCOIND_WARMING_UP', retryable: true});
  }
  node.warmingUp = undefined;
  t.is((await source.sourceTip()).height, 10);
});

test('blocks that the node mines itself stand on its own chain, whatever the chain it follows', (t) => {
  const {chain, node, hashAt} = aNode();
  node.follow('nothing');
  node.invalidateBlock(hashAt(9));
  const mined = node.mine(2);
  t.deepEqual(
    mined.map(({height}) => height),
    [9, 10],
  );
  t.is(node.tip.hash, mined[1]!.hash);
  t.is(chain.tip.hash, hashAt(10));
});
