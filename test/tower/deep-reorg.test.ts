import test from 'ava';
import {OperationalError} from '../../src/errors/index.js';
import {unsigned} from '../support/deposits.js';
import {locator, publicKey} from '../support/keys.js';
import {ManualTimers} from '../support/manual-timers.js';
import {allRows} from '../support/rows.js';
import {chainOfLog, World} from '../support/world.js';

const tooDeep = {instanceOf: OperationalError, code: 'TOWER_REORG_TOO_DEEP'};

test('100 blocks are undone, with whoever was deleted in them', async (t) => {
  const world = await World.begin(t);
  await world.register(2);
  await world.mineTo(210);
  await world.reorg({depth: 100, blocks: 101});
  t.is(world.height, 211);
  t.is(await world.user(2), undefined);
  const log = await world.log();
  t.is(log.filter(({type}) => type === 'block_disconnected').length, 100);
  t.like(
    log.find((entry) => entry.type === 'block_disconnected' && entry.restoredUsers > 0),
    {height: 112, userIds: [1]},
  );
  t.deepEqual(await world.problems(), []);
});

test('101 blocks halt the tower: nothing is touched, and it goes on by itself when the node comes back', async (t) => {
  const timers = new ManualTimers();
  const world = await World.begin(t, {timers});
  await world.register(2);
  await world.mineTo(210);
  const {tip} = world.source;
  const before = await allRows(world.rows);
  world.source.reorg({depth: 101, blocks: 102});
  const error = await t.throwsAsync(world.tower.synced(), tooDeep);
  t.deepEqual(error.facts, {depth: 101, floor: 110, tip: 210, sourceHeight: 211});
  t.is(world.tower.state.name, 'halted');
  t.is(world.tower.state.error, error);
  t.deepEqual(await allRows(world.rows), before);
  t.is((await world.register(3)).subscriptionStart, 210, 'requests are still served');
  t.is(world.tower.halted, undefined);

  world.source.silent = true;
  world.source.pointAt(tip);
  world.source.silent = false;
  await new Promise<void>((resolve) => {
    const end = world.tower.on((event) => {
      if (event.type !== 'state_changed' || event.state.name !== 'synced') return;
      end();
      resolve();
    });
    timers.pass(30_000);
  });
  await world.mine();
  t.is(world.height, 211);
  t.deepEqual(await world.problems(), []);
});

test('depth is counted from the highest tip ever reached, also over several reorgs and a restart', async (t) => {
  const world = await World.begin(t);
  await world.mineTo(210);
  await world.disconnect(60);
  await world.mine(5);
  await world.restart();
  await world.disconnect(45);
  t.is(world.height, 110);
  world.source.pointAt(world.source.at(109));
  await t.throwsAsync(world.tower.synced(), tooDeep);
  t.is(world.height, 110);
});

test('with a smaller finality fewer blocks are undone, counted from the highest tip, too', async (t) => {
  const world = await World.begin(t, {finality: 10});
  await world.mineTo(150);
  await world.reorg({depth: 10, blocks: 11});
  t.is(world.height, 151);
  await world.disconnect(6);
  await world.mine(1);
  world.source.pointAt(world.source.at(140));
  const error = await t.throwsAsync(world.tower.synced(), tooDeep);
  t.deepEqual(error.facts, {depth: 6, floor: 141, tip: 146, sourceHeight: 140});
  t.is(world.height, 146);
});

test('a chain without one stored block on it is too deep as well', async (t) => {
  const world = await World.begin(t, {startHeight: 300});
  world.source.reorg({depth: 299, blocks: 305});
  const error = await t.throwsAsync(world.tower.synced(), tooDeep);
  t.true((error.facts['depth'] as number) > 100);
  t.is(world.height, 300);
});

test('a fresh store goes below its start, and finds nothing to undo there', async (t) => {
  const world = await World.begin(t, {startHeight: 200});
  await world.register(2);
  await world.reorg({depth: 100, blocks: 50});
  t.is(world.height, 150);
  t.like(await world.user(2), {subscriptionStart: 200, subscriptionExpiry: 210});
  t.is(world.tower.startHeight, 200);
  await world.mineTo(211);
  t.truthy(await world.user(2));
  await world.mineTo(212);
  t.is(await world.user(2), undefined);
  t.deepEqual(await world.problems(), []);
});

test('accepting another chain keeps everybody, makes what was deleted final, and goes on from there', async (t) => {
  const world = await World.begin(t);
  await world.register(2);
  await world.tower.gatekeeper.addUpdateAppointment(publicKey(2), unsigned(locator(1), {blobBytes: 1}));
  await world.mineTo(205);
  await world.register(3);
  await world.tower.gatekeeper.addUpdateAppointment(publicKey(3), unsigned(locator(2), {blobBytes: 1}));
  await world.mineTo(210);
  world.source.reorg({depth: 150, blocks: 151});
  await t.throwsAsync(world.tower.synced(), tooDeep);
  t.like(await world.tower.situation(), {kind: 'too_deep', undoableDepth: 100});

  await world.tower.blockProcessor.stop();
  const accepted = await world.tower.acceptChain();
  t.is(accepted.hash, world.source.tip.hash);
  t.is(world.height, 211);
  t.like(await world.user(3), {userId: 2, subscriptionStart: 205, subscriptionExpiry: 215, appointmentCount: 1});
  t.is(await world.user(2), undefined);
  t.deepEqual(await world.problems(), []);
  t.like((await world.log()).at(-1), {type: 'chain_accepted', height: 211, actor: 'operator'});

  await world.restart();
  await world.mine(2);
  t.is(await world.count('appointment'), 1, 'the deleted user is final, so what was his is purged');
  await world.reorg({depth: 100, blocks: 101});
  t.truthy(await world.user(3), 'headers of the accepted chain are there to go back on');
  await world.mineTo(217);
  t.is(await world.user(3), undefined);
  t.deepEqual(await world.problems(), []);
});

test('whoever was deleted before another chain was accepted does not come back by a reorg of it', async (t) => {
  const world = await World.begin(t);
  await world.mineTo(200);
  await world.register(2);
  await world.tower.gatekeeper.addUpdateAppointment(publicKey(2), unsigned(locator(1), {blobBytes: 1}));
  await world.mineTo(213);
  world.source.reorg({depth: 150, blocks: 151});
  await t.throwsAsync(world.tower.synced(), tooDeep);
  await world.tower.blockProcessor.stop();
  await world.tower.acceptChain();
  t.is(await world.count('undo'), 1);
  await world.restart();
  await world.disconnect(10);
  t.is(await world.user(2), undefined);
  t.is(world.userCount, 0);
  await world.mine(11);
  t.is(await world.count('appointment'), 0);
  t.deepEqual(await world.problems(), []);
});

test('accepting a lower chain keeps everybody longer; whoever registers there expires on time', async (t) => {
  const world = await World.begin(t, {startHeight: 300});
  await world.register(2);
  await world.mineTo(305);
  await world.register(3);
  await world.mineTo(312);
  world.source.pointAt(world.source.at(150));
  await t.throwsAsync(world.tower.synced(), tooDeep);
  await world.tower.blockProcessor.stop();
  await world.tower.acceptChain();
  await world.restart();
  t.is(world.height, 150);
  t.truthy(await world.user(3));
  await world.register(4);
  await world.mineTo(161);
  t.truthy(await world.user(4));
  await world.mineTo(162);
  t.is(await world.user(4), undefined);
  await world.tower.gatekeeper.addUpdateAppointment(publicKey(3), unsigned(locator(1), {blobBytes: 1}));
  await world.mineTo(317);
  t.is(await world.user(3), undefined);
  await world.mineTo(417);
  t.deepEqual([await world.count('appointment'), await world.count('undo')], [0, 0]);
  t.deepEqual(await world.problems(), []);
});

test('a node that lost our tip is waited for; nobody is deleted or restored meanwhile', async (t) => {
  const world = await World.begin(t);
  await world.register(2);
  await world.mineTo(112);
  const before = await allRows(world.rows);
  const stalled = new Promise<void>((resolve) => {
    world.tower.on((event) => {
      if (event.type === 'state_changed' && event.state.name === 'stalled') resolve();
    });
  });
  world.source.lose(3);
  await stalled;
  t.like(world.tower.state, {name: 'stalled', sourceHeight: 109, error: {code: 'TOWER_NODE_BEHIND'}});
  t.deepEqual(await allRows(world.rows), before);
  t.like(await world.tower.situation(), {kind: 'behind', depth: undefined});

  // It follows another branch: once that has more work than we have seen, it is a reorg like any other.
  world.source.mine(3);
  world.source.mine(1);
  await world.tower.synced();
  t.is(world.height, 113);
  t.is(chainOfLog(await world.log()).get(113), world.source.tip.hash);
  const undone = (await world.log()).flatMap((entry) => (entry.type === 'block_disconnected' ? [entry.height] : []));
  t.deepEqual(undone, [112, 111, 110]);
  t.is(await world.user(2), undefined);
  t.deepEqual(await world.problems(), []);
});

test('the chain of another network is neither compared nor accepted', async (t) => {
  const world = await World.begin(t);
  await world.tower.blockProcessor.stop();
  world.source.lose(3);
  for (const [claims, code] of [
    [{network: 'signet'}, 'TOWER_WRONG_NETWORK'],
    [{genesis: '00'.repeat(32)}, 'TOWER_WRONG_GENESIS'],
  ] as const) {
    world.source.claims = claims;
    await t.throwsAsync(world.tower.situation(), {instanceOf: OperationalError, code});
    await t.throwsAsync(world.tower.acceptChain(), {instanceOf: OperationalError, code});
  }
  t.is(world.height, 100);
  world.source.claims = {};
  await world.tower.acceptChain();
  t.like((await world.log()).at(-1), {type: 'chain_accepted', height: 97, depth: null});
});

test('a finality that the store is not built for is refused', async (t) => {
  for (const finality of [0, 101, 1.5]) {
    await t.throwsAsync(World.open(t, {finality}), {code: 'TOWER_INVALID_PARAMETER'});
  }
});
