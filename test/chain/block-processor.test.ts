import test, {type ExecutionContext} from 'ava';
import {BlockProcessor} from '../../src/chain/block-processor.js';
import {genesisOf} from '../../src/chain/network.js';
import type {SourceState} from '../../src/chain/source-state.js';
import {type ErrorCode, InvariantError, OperationalError} from '../../src/errors/index.js';
import {ManualTimers} from '../support/manual-timers.js';
import {type Call, SteeredSource} from '../support/steered-source.js';
import {until} from '../support/until.js';
import {StrictFollower} from './strict-follower.js';

const unreachable = () =>
  new OperationalError('TOWER_BITCOIND_UNREACHABLE', 'bitcoind does not answer', {retryable: true});

/** A processor between a source at a height and a follower that tolerates nothing. */
function aProcessor(t: ExecutionContext, {height = 105}: {height?: number} = {}) {
  const source = new SteeredSource();
  source.mine(height);
  const follower = new StrictFollower();
  const timers = new ManualTimers();
  const states: SourceState[] = [];
  const processor = new BlockProcessor({
    source,
    follower,
    timers,
    network: 'regtest',
    onState: (state) => states.push(state),
  });
  t.teardown(() => processor.stop());
  /** The source fails so many calls of a kind, then works again. */
  const fail = (times: number, error: () => Error, kind?: Call) => {
    let left = times;
    source.before = (call) => {
      if ((kind === undefined || call === kind) && left-- > 0) throw error();
    };
  };
  return {source, follower, timers, states, processor, fail};
}

const halted = (code: ErrorCode) => ({instanceOf: OperationalError, code});

test('it begins at the source’s tip, with the hundred headers below it', async (t) => {
  const {follower, processor} = aProcessor(t, {height: 250});
  processor.start();
  await processor.synced();
  t.deepEqual(follower.brought, ['begin 150..250']);
  t.deepEqual(follower.chain, {network: 'regtest', genesis: genesisOf.regtest});
  t.is(processor.tip, follower.tip);
});

test('near genesis, and at genesis, it begins with the headers there are', async (t) => {
  for (const height of [0, 1, 100]) {
    const {follower, processor} = aProcessor(t, {height});
    processor.start();
    await processor.synced();
    t.deepEqual(follower.brought, [`begin 0..${height}`]);
  }
});

test('each block is connected when its wake-up comes, and a lost wake-up is made good by the next', async (t) => {
  const {source, follower, processor} = aProcessor(t);
  processor.start();
  await processor.synced();
  source.mine(1);
  await until(() => follower.tip!.height === 106);
  source.silent = true;
  source.mine(2);
  source.silent = false;
  source.wake();
  await until(() => follower.tip!.height === 108);
  t.deepEqual(follower.brought.slice(1), ['+106..106', '+107..108']);
});

test('doubled, late and needless wake-ups connect nothing twice', async (t) => {
  const {source, follower, processor} = aProcessor(t);
  processor.start();
  for (let i = 0; i < 5; i++) source.wake();
  await processor.synced();
  source.mine(1);
  for (let i = 0; i < 5; i++) source.wake();
  await processor.synced();
  for (let i = 0; i < 5; i++) source.wake();
  await processor.synced();
  t.deepEqual(follower.brought, ['begin 5..105', '+106..106']);
});

test('a wake-up that comes while a block is being connected is not forgotten', async (t) => {
  const {source, follower, processor} = aProcessor(t);
  processor.start();
  await processor.synced();
  follower.before = () => {
    follower.before = () => undefined;
    source.mine(1);
  };
  source.mine(1);
  await until(() => follower.tip!.height === 107);
  t.deepEqual(follower.brought.slice(1), ['+106..106', '+107..107']);
});

test('a source that does not answer is asked again after growing pauses, and then followed', async (t) => {
  const {follower, timers, states, processor, fail} = aProcessor(t);
  fail(3, unreachable);
  processor.start();
  for (const pauseMs of [100, 250, 500]) {
    await until(() => timers.pending === 1);
    t.is(processor.state.name, 'waiting_for_node');
    timers.pass(pauseMs - 1);
    t.is(timers.pending, 1, `${pauseMs} ms have not passed`);
    timers.pass(1);
    t.is(timers.pending, 0, `${pauseMs} ms have passed`);
  }
  await until(() => follower.tip !== undefined);
  await processor.synced();
  t.deepEqual(
    states.map(({name, error}) => [name, error?.code]),
    [
      ['waiting_for_node', 'TOWER_BITCOIND_UNREACHABLE'],
      ['synced', undefined],
    ],
  );
});

test('a wake-up cuts a pause short, and after a success pauses are small again', async (t) => {
  const {source, timers, processor, fail} = aProcessor(t);
  processor.start();
  await processor.synced();
  fail(1, unreachable);
  source.wake();
  await until(() => timers.pending === 1);
  timers.pass(99);
  t.is(timers.pending, 1);
  source.wake();
  t.is(timers.pending, 0);
  await processor.synced();

  fail(1, unreachable);
  source.wake();
  await until(() => timers.pending === 1);
  timers.pass(100);
  t.is(timers.pending, 0);
  await processor.synced();
});

test('a node that is warming up is told from one that is not there', async (t) => {
  const {timers, processor, fail} = aProcessor(t);
  fail(1, () => new OperationalError('TOWER_BITCOIND_WARMING_UP', 'loading', {retryable: true}));
  processor.start();
  await until(() => timers.pending === 1);
  t.is(processor.state.name, 'warming_up');
});

test('a source that fails in the middle of a catch-up loses nothing of what was reached', async (t) => {
  const {source, follower, timers, states, processor, fail} = aProcessor(t);
  processor.start();
  await processor.synced();
  source.silent = true;
  source.mine(1_300);
  source.silent = false;
  let runs = 0;
  source.before = (call) => {
    if (call === 'headers' && ++runs === 3) throw unreachable();
  };
  source.wake();
  await until(() => timers.pending === 1);
  t.is(follower.tip!.height, 1_105);
  fail(0, unreachable);
  timers.pass(100);
  await until(() => follower.tip!.height === 1_405);
  await processor.synced();
  t.deepEqual(follower.brought.slice(1), ['+106..605', '+606..1105', '+1106..1405']);
  t.deepEqual(
    states.map(({name}) => name),
    ['synced', 'catching_up', 'waiting_for_node', 'catching_up', 'synced'],
  );
});

test('one block is no catch-up', async (t) => {
  const {source, states, processor} = aProcessor(t);
  processor.start();
  await processor.synced();
  source.mine(1);
  await processor.synced();
  t.deepEqual(
    states.map(({name}) => name),
    ['synced'],
  );
});

test('a reorg is disconnected from the tip down and connected upward', async (t) => {
  const {source, follower, processor} = aProcessor(t);
  processor.start();
  await processor.synced();
  source.reorg({depth: 3, blocks: 5});
  await processor.synced();
  t.deepEqual(follower.brought.slice(1), ['-105..103', '+103..107']);
  t.is(follower.tip!.hash, source.tip.hash);
});

test('a reorg in the middle of a catch-up ends on the new chain, nothing connected twice', async (t) => {
  const {source, follower, processor} = aProcessor(t);
  processor.start();
  await processor.synced();
  let runs = 0;
  source.before = (call) => {
    if (call !== 'headers' || ++runs !== 3) return;
    // Blocks up to 1,105 have been read by now, and will be connected.
    source.reorg({depth: 1_405 - 1_050, blocks: 360});
  };
  source.silent = true;
  source.mine(1_300);
  source.silent = false;
  await processor.synced();
  t.is(follower.tip!.hash, source.tip.hash);
  t.is(follower.tip!.height, 1_410);
  t.deepEqual(follower.brought.slice(1), ['+106..605', '+606..1105', '-1105..1051', '+1051..1410']);
});

test('a tip that moves under a fresh start is no trouble', async (t) => {
  const {source, follower, processor} = aProcessor(t);
  const moves: Call[] = ['header', 'headers'];
  source.before = (call) => {
    if (moves.length > 0 && call === moves[0]) {
      moves.shift();
      source.reorg({depth: 2, blocks: 3});
    }
  };
  processor.start();
  await processor.synced();
  t.deepEqual(follower.brought, ['begin 7..107']);
  t.is(follower.tip!.hash, source.tip.hash);
});

test('a fresh start waits for all the headers there are', async (t) => {
  const {source, follower, processor} = aProcessor(t);
  const headers = source.headers.bind(source);
  let left = 3;
  source.headers = async (from, to) => (left-- > 0 ? (await headers(from, to)).slice(0, left) : headers(from, to));
  processor.start();
  await processor.synced();
  t.deepEqual(follower.brought, ['begin 5..105']);
});

test('a source that changes its mind faster than it can be read is left alone for a while', async (t) => {
  const {source, timers, processor} = aProcessor(t);
  processor.start();
  await processor.synced();
  source.silent = true;
  const other = source.mineOn(source.at(104), 4)[3]!;
  const [, , tip] = source.mine(3);
  source.before = (call) => {
    if (call === 'sourceTip') source.pointAt(tip!);
    if (call === 'headers') source.pointAt(other);
  };
  source.wake();
  await until(() => timers.pending === 1);
  t.is(processor.state.error?.code, 'TOWER_BITCOIND_RPC');
  t.is(processor.state.name, 'waiting_for_node');
  source.before = () => undefined;
  timers.pass(100);
  await processor.synced();
  t.is(processor.tip!.hash, source.tip.hash);
});

test('a source that contradicts itself is asked a bounded number of times, not for ever', async (t) => {
  const {source, follower, timers, processor} = aProcessor(t);
  processor.start();
  await processor.synced();
  // Our tip is on its best chain, it says, and its tip is lower.
  source.standing = async (hashes) => hashes.map(() => 'active');
  source.calls.length = 0;
  source.pointAt(source.at(100));
  await until(() => timers.pending === 1);
  t.true(source.calls.length < 50);
  t.is(follower.tip!.height, 105);
});

test('a lower tip whose node calls ours stale is a reorg', async (t) => {
  const {source, follower, processor} = aProcessor(t);
  processor.start();
  await processor.synced();
  source.pointAt(source.at(101));
  await processor.synced();
  t.deepEqual(follower.brought.slice(1), ['-105..102']);
});

test('a node that goes back to a lower tip is asked for no header above it, so that none can fail', async (t) => {
  const {source, follower, processor, fail} = aProcessor(t);
  processor.start();
  await processor.synced();
  fail(Infinity, unreachable, 'headers');
  source.calls.length = 0;
  source.reorg({depth: 2, blocks: 0});
  await processor.synced();
  t.deepEqual(follower.brought, ['begin 5..105', '-105..104']);
  t.false(source.calls.includes('headers'));
});

test('a node that has never heard of our tip is waited for until it has more work than we have seen', async (t) => {
  const {source, follower, processor, states} = aProcessor(t);
  processor.start();
  await processor.synced();
  source.lose(3);
  await until(() => processor.state.name === 'stalled');
  t.like(processor.state, {sourceHeight: 102, error: {code: 'TOWER_NODE_BEHIND', retryable: true}});
  source.mine(3);
  source.wake();
  await until(() => source.calls.filter((call) => call === 'standing').length >= 2);
  t.is(processor.state.name, 'stalled', 'the same work is not more');
  t.deepEqual(follower.brought, ['begin 5..105']);
  source.mine(1);
  await processor.synced();
  t.deepEqual(follower.brought.slice(1), ['-105..103', '+103..106']);
  t.deepEqual(
    states.map(({name}) => name).filter((name) => name !== 'catching_up'),
    ['synced', 'stalled', 'synced'],
  );
});

test('a node that lost its last blocks and finds them again is followed as before', async (t) => {
  const {source, follower, processor} = aProcessor(t);
  const tip = source.tip;
  processor.start();
  await processor.synced();
  source.lose(3);
  await until(() => processor.state.name === 'stalled');
  source.find();
  source.pointAt(tip);
  await processor.synced();
  t.deepEqual(follower.brought, ['begin 5..105']);
});

test('initial block download delays a fresh start', async (t) => {
  const {source, follower, processor} = aProcessor(t);
  source.initialDownload = true;
  processor.start();
  await until(() => processor.state.name === 'ibd');
  t.is(follower.tip, undefined);
  source.initialDownload = false;
  source.mine(1);
  await processor.synced();
  t.deepEqual(follower.brought, ['begin 6..106']);
});

test('initial block download makes a lower tip wait, even one that calls ours stale', async (t) => {
  const {source, follower, processor} = aProcessor(t);
  processor.start();
  await processor.synced();
  source.initialDownload = true;
  source.pointAt(source.at(90));
  await until(() => processor.state.name === 'ibd');
  t.deepEqual(follower.brought, ['begin 5..105']);
  source.initialDownload = false;
  source.wake();
  await until(() => follower.tip!.height === 90);
  t.deepEqual(follower.brought.slice(1), ['-105..91']);
});

test('a node that idled and says it is in initial block download is followed upward all the same', async (t) => {
  const {source, follower, processor} = aProcessor(t);
  processor.start();
  await processor.synced();
  source.initialDownload = true;
  source.mine(2);
  await processor.synced();
  t.deepEqual(follower.brought.slice(1), ['+106..107']);
});

test('a node on another network, or with another genesis block, halts it until the node is the right one', async (t) => {
  for (const [claims, code] of [
    [{network: 'signet'}, 'TOWER_WRONG_NETWORK'],
    [{genesis: '00'.repeat(32)}, 'TOWER_WRONG_GENESIS'],
  ] as const) {
    const {source, follower, timers, processor} = aProcessor(t);
    processor.start();
    await processor.synced();
    source.claims = claims;
    source.mine(1);
    await t.throwsAsync(processor.synced(), halted(code));
    t.is(processor.state.name, 'halted');
    t.deepEqual(follower.brought, ['begin 5..105']);
    source.claims = {};
    await until(() => timers.pending === 1);
    timers.pass(30_000);
    await until(() => processor.state.name === 'synced');
    t.deepEqual(follower.brought.slice(1), ['+106..106']);
  }
});

test('a fresh store does not begin on another network', async (t) => {
  const {source, follower, processor} = aProcessor(t);
  source.claims = {network: 'bitcoin'};
  processor.start();
  await t.throwsAsync(processor.synced(), halted('TOWER_WRONG_NETWORK'));
  t.is(follower.tip, undefined);
});

test('a reorg deeper than can be undone halts it with both depths, untouched, and it looks again later', async (t) => {
  const {source, follower, timers, processor} = aProcessor(t, {height: 205});
  processor.start();
  await processor.synced();
  source.mine(10);
  await processor.synced();
  const {tip} = source;
  source.reorg({depth: 101, blocks: 102});
  const error = await t.throwsAsync(processor.synced(), halted('TOWER_REORG_TOO_DEEP'));
  t.deepEqual(error.facts, {depth: 101, floor: 115, tip: 215, sourceHeight: 216});
  t.deepEqual(follower.brought.slice(1), ['+206..215']);
  source.silent = true;
  source.pointAt(tip);
  source.mine(1);
  await until(() => timers.pending === 1);
  timers.pass(30_000);
  await until(() => processor.state.name === 'synced');
  t.is(follower.tip!.height, 216);
});

test('an error that asking again cannot mend ends it: the source is left alone', async (t) => {
  for (const make of [() => new TypeError('x is undefined'), () => new OperationalError('TOWER_BITCOIND_RPC', 'no')]) {
    const {source, timers, processor, fail} = aProcessor(t);
    fail(1, make);
    processor.start();
    const error = await t.throwsAsync(processor.synced());
    t.true(error instanceof OperationalError || error instanceof InvariantError);
    t.is(processor.state.name, 'halted');
    const calls = source.calls.length;
    source.mine(1);
    await t.throwsAsync(processor.synced(), halted('TOWER_HALTED'));
    await processor.stop();
    t.is(source.calls.length, calls);
    t.is(source.listeners, 0);
    t.is(timers.pending, 0);
  }
});

test('synced waits for a pull that begins after it was asked, and before the beginning for the first', async (t) => {
  const {source, follower, processor} = aProcessor(t);
  const early = processor.synced();
  processor.start();
  await early;
  const answer = source.sourceTip.bind(source);
  let open = () => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  let asking = false;
  // An answer that is late, and old when it comes.
  source.sourceTip = async () => {
    const tip = await answer();
    asking = true;
    await gate;
    return tip;
  };
  source.wake();
  await until(() => asking);
  source.silent = true;
  source.mine(1);
  const asked = processor.synced();
  open();
  await asked;
  t.is(follower.tip!.height, 106);
});

test('synced is not answered by a pull that waits', async (t) => {
  const {source, processor} = aProcessor(t);
  source.initialDownload = true;
  let answered = false;
  const synced = processor.synced().then(() => (answered = true));
  processor.start();
  await until(() => processor.state.name === 'ibd');
  source.wake();
  await until(() => source.calls.filter((call) => call === 'sourceTip').length === 2);
  t.false(answered);
  source.initialDownload = false;
  source.wake();
  await synced;
});

test('stopping in the middle of a catch-up finishes the run that is being connected, and no other', async (t) => {
  const {source, follower, timers, processor} = aProcessor(t);
  processor.start();
  await processor.synced();
  let stopping: Promise<void> | undefined;
  follower.before = () => {
    stopping ??= processor.stop();
  };
  const synced = processor.synced();
  source.mine(2_000);
  await t.throwsAsync(synced, halted('TOWER_HALTED'));
  await stopping;
  t.deepEqual(follower.brought.slice(1), ['+106..605']);
  t.deepEqual([source.listeners, timers.pending], [0, 0]);
  await t.throwsAsync(processor.synced(), halted('TOWER_HALTED'));
  processor.start();
  source.mine(1);
  t.is(follower.tip!.height, 605);
});

test('stopping while it sleeps, waits to ask again, or before it began, ends it at once', async (t) => {
  const asleep = aProcessor(t);
  asleep.processor.start();
  await asleep.processor.synced();
  await asleep.processor.stop();
  t.is(asleep.source.listeners, 0);

  const retrying = aProcessor(t);
  retrying.fail(1, unreachable);
  retrying.processor.start();
  await until(() => retrying.timers.pending === 1);
  await retrying.processor.stop();
  t.deepEqual([retrying.source.listeners, retrying.timers.pending], [0, 0]);

  const fresh = aProcessor(t);
  const waiting = fresh.processor.synced();
  await fresh.processor.stop();
  await t.throwsAsync(waiting, halted('TOWER_HALTED'));
  fresh.processor.start();
  await fresh.processor.stop();
  t.deepEqual(fresh.source.calls, []);
});

test('a follower that halts it has the last word on why', async (t) => {
  const {source, follower, processor} = aProcessor(t);
  processor.start();
  await processor.synced();
  const full = new OperationalError('TOWER_STORE_FAILED', 'the disk is full');
  follower.before = () => {
    processor.halt(full);
    throw new OperationalError('TOWER_HALTED', 'the tower has stopped taking events', {cause: full});
  };
  const synced = processor.synced();
  source.mine(1);
  t.is(await t.throwsAsync(synced), full);
  await processor.stop();
  t.is(processor.state.error, full);
  t.is(processor.state.name, 'halted');
});

test('what a pull in flight finds out after the halt changes nothing', async (t) => {
  const {source, states, processor} = aProcessor(t);
  processor.start();
  await processor.synced();
  const full = new OperationalError('TOWER_STORE_FAILED', 'the disk is full');
  source.before = (call) => {
    if (call === 'sourceTip') processor.halt(full);
  };
  source.wake();
  await until(() => source.listeners === 0);
  t.like(processor.state, {name: 'halted', error: full});
  t.is(states.at(-1)!.name, 'halted');
});

test('a source that cannot be listened to halts it', async (t) => {
  const {source, states, processor} = aProcessor(t);
  const refusal = new OperationalError('TOWER_INVALID_SETTING', 'no such endpoint');
  source.onWake = () => {
    throw refusal;
  };
  processor.start();
  t.deepEqual(states, [{name: 'halted', error: refusal}]);
  await t.throwsAsync(processor.synced(), halted('TOWER_HALTED'));
  await processor.stop();
});
