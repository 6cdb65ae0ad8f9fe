import test from 'ava';
import {type Fault, type FaultKind, faultKinds, openFakeSource} from '../../../../src/chain/bitcoind/fake/index.js';
import {BlockProcessor} from '../../../../src/chain/block-processor.js';
import {SimulatedChain} from '../../../../src/chain/simulated-chain.js';
import {ManualTimers} from '../../../support/manual-timers.js';
import {until} from '../../../support/until.js';
import {StrictFollower} from '../../strict-follower.js';

function aSource(...faults: Fault[]) {
  const chain = new SimulatedChain({seed: 'faults'});
  chain.mine(3);
  const timers = new ManualTimers();
  const {source, node} = openFakeSource({chain, timers, faults, topics: ['hashblock'], timeoutMs: 1_000});
  const counters: number[] = [];
  source.onWake(() => {});
  node.feed.subscribe(({counter}) => counters.push(counter));
  return {chain, timers, source, node, counters};
}

for (const {fault, counters, healed, gaps} of [
  {fault: {kind: 'lose', next: 2}, counters: [2, 3], gaps: 0},
  {fault: {kind: 'double', next: 1}, counters: [0, 0, 1, 2, 3], gaps: 0},
  {fault: {kind: 'reorder', next: 3}, counters: [2, 1, 0, 3], gaps: 3},
  {fault: {kind: 'reorder', next: 5}, counters: [], healed: [3, 2, 1, 0], gaps: 3},
  {fault: {kind: 'silence'}, counters: [], gaps: 0},
  {fault: {kind: 'lose', topic: 'sequence'}, counters: [0, 1, 2, 3], gaps: 0},
] satisfies {fault: Fault; counters: number[]; healed?: number[]; gaps: number}[]) {
  test(`of four notifications under ${JSON.stringify(fault)} come ${counters.join(' ') || 'none'}`, (t) => {
    const {chain, node, source, counters: heard} = aSource(fault);
    chain.mine(4);
    t.deepEqual(heard, counters);
    node.faults.heal();
    if (healed) t.deepEqual(heard, healed);
    t.like(source.stats, {gaps, messages: heard.length});
    const before = heard.length;
    chain.mine(1);
    t.deepEqual(heard.slice(before), [4]);
  });
}

test('a delayed notification comes when its time has passed', (t) => {
  const {chain, timers, node, counters} = aSource({kind: 'delay', ms: 500, next: 1});
  chain.mine(2);
  t.deepEqual(counters, [1]);
  timers.pass(499);
  t.deepEqual(counters, [1]);
  timers.pass(1);
  t.deepEqual(counters, [1, 0]);
  t.is(node.faults.counts.delay, 1);
});

test('a connection that died in silence is mended by the adapter when polling shows what it missed', async (t) => {
  const {chain, timers, node, source, counters} = aSource({kind: 'silence', until: 'reconnected'});
  source.onWake(() => void source.sourceTip());
  await source.sourceTip();
  chain.mine(1);
  timers.pass(30_000);
  await until(() => timers.pending === 2);
  timers.pass(5_000);
  t.like(source.stats, {missed: 1, reconnects: 1});
  t.deepEqual(node.faults.active, []);
  chain.mine(1);
  t.deepEqual(counters, [1]);
});

const answers: Record<string, {fault: Fault; code: string; retryable: boolean; strikes?: number}> = {
  error: {fault: {kind: 'error', code: -32_603}, code: 'TOWER_BITCOIND_RPC', retryable: false},
  'error -28': {fault: {kind: 'error', code: -28}, code: 'TOWER_BITCOIND_WARMING_UP', retryable: true},
  timeout: {fault: {kind: 'timeout'}, code: 'TOWER_BITCOIND_UNREACHABLE', retryable: true},
  slow: {fault: {kind: 'slow', ms: 1_000}, code: 'TOWER_BITCOIND_UNREACHABLE', retryable: true},
  busy: {fault: {kind: 'busy'}, code: 'TOWER_BITCOIND_BUSY', retryable: true},
  // Who is refused reads the cookie again and asks once more, so it takes two.
  unauthorized: {fault: {kind: 'unauthorized'}, code: 'TOWER_BITCOIND_UNAUTHORIZED', retryable: false, strikes: 2},
  truncated: {fault: {kind: 'truncated'}, code: 'TOWER_BITCOIND_RPC', retryable: true},
  garbage: {fault: {kind: 'garbage'}, code: 'TOWER_BITCOIND_RPC', retryable: true},
  refused: {fault: {kind: 'refused'}, code: 'TOWER_BITCOIND_UNREACHABLE', retryable: true},
  reset: {fault: {kind: 'reset'}, code: 'TOWER_BITCOIND_UNREACHABLE', retryable: true, strikes: 2},
};

for (const [name, {fault, code, retryable, strikes = 1}] of Object.entries(answers)) {
  test(`the fault ${name} is ${code} to the adapter, single and in a batch, and then it is over`, async (t) => {
    const {timers, node, source} = aSource();
    for (const ask of [() => source.sourceTip(), () => source.standing(['ab'.repeat(32), 'cd'.repeat(32)])]) {
      const before = node.faults.counts[fault.kind];
      node.faults.set({...fault, next: strikes} as Fault);
      const failed = t.throwsAsync(ask());
      await until(() => node.faults.counts[fault.kind] === before + strikes);
      timers.pass(1_000);
      t.like(await failed, {code, retryable});
      t.deepEqual(node.faults.active, []);
      t.is((await source.sourceTip()).height, 3);
    }
  });
}

test('a fault may be meant for one method', async (t) => {
  const {source, node} = aSource({kind: 'busy', method: 'getblockhash'});
  t.is((await source.sourceTip()).height, 3);
  await t.throwsAsync(source.headers(0, 1), {code: 'TOWER_BITCOIND_BUSY'});
  node.faults.heal('busy');
  t.is((await source.headers(0, 1)).length, 2);
});

test('a new cookie is read by whoever is refused with the old one, and nobody notices', async (t) => {
  const {source, node} = aSource();
  await source.sourceTip();
  node.changeCookie();
  t.is((await source.sourceTip()).height, 3);
});

test('what is no fault is refused, and says why', (t) => {
  const {node} = aSource();
  for (const fault of [{kind: 'lose', next: 0}, {kind: 'reorder'}, {kind: 'loose'}, {kind: 'slow', ms: -1}]) {
    t.throws(() => node.faults.set(fault as Fault), {code: 'TOWER_USAGE', message: /no such fault/});
  }
});

/** Follows a chain through every kind of fault. Answers what the follower was brought, and what the node has struck. */
async function throughAllFaults(): Promise<{brought: readonly string[]; tip: string | undefined; struck: object}> {
  const chain = new SimulatedChain({seed: 'all faults'});
  chain.mine(120);
  const timers = new ManualTimers();
  const {source, node} = openFakeSource({chain, timers});
  const follower = new StrictFollower();
  const processor = new BlockProcessor({source, follower, timers, network: 'regtest'});
  processor.start();
  await processor.synced();
  const faults: Record<FaultKind, Fault> = {
    lose: {kind: 'lose', next: 2},
    delay: {kind: 'delay', ms: 700, next: 2},
    double: {kind: 'double', next: 2},
    reorder: {kind: 'reorder', next: 3},
    silence: {kind: 'silence', until: 'reconnected'},
    error: {kind: 'error', code: -32_603, next: 1},
    slow: {kind: 'slow', ms: 900, next: 2},
    timeout: {kind: 'timeout', next: 1},
    busy: {kind: 'busy', next: 3},
    unauthorized: {kind: 'unauthorized', next: 2},
    truncated: {kind: 'truncated', next: 2},
    garbage: {kind: 'garbage', next: 2},
    refused: {kind: 'refused', next: 3},
    reset: {kind: 'reset', next: 3},
  };
  for (const kind of faultKinds) {
    if (kind === 'error') continue; // An error that bitcoind itself answers is not tried again.
    node.faults.set(faults[kind]);
    chain.reorg({depth: 2, blocks: 4});
    for (let pass = 0; pass < 400 && follower.tip?.hash !== chain.tip.hash; pass++) {
      timers.pass(250);
      for (let turn = 0; turn < 4; turn++) await new Promise(setImmediate);
    }
    node.faults.heal();
  }
  node.faults.heal();
  await processor.synced();
  await processor.stop();
  await source.close();
  return {brought: follower.brought, tip: follower.tip?.hash, struck: node.faults.counts};
}

test('a follower comes through every fault to the tip of the node, and twice in the same way', async (t) => {
  const first = await throughAllFaults();
  t.deepEqual(await throughAllFaults(), first);
  for (const [kind, count] of Object.entries(first.struck)) t.true(kind === 'error' || count > 0, kind);
  const plain = new SimulatedChain({seed: 'all faults'});
  plain.mine(120);
  for (let reorg = 1; reorg < faultKinds.length; reorg++) plain.reorg({depth: 2, blocks: 4});
  t.is(first.tip, plain.tip.hash);
});
