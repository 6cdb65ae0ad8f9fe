import test from 'ava';
import fc from 'fast-check';
import type {Action} from '../../../src/sim/scenario/scenario.js';
import {Simulation, type SimulationOptions} from '../../../src/sim/simulation.js';
import {LevelStore} from '../../../src/store/index.js';
import {verify} from '../../../src/store/verify.js';
import {tempDir} from '../../support/temp-dir.js';
import {anyAuthAction, isImpossible} from '../any-action.js';

const settings = {
  subscriptionSlots: 5,
  subscriptionDuration: 10,
  expiryDelta: 3,
  auth: 'user',
  authBudget: 2,
  requestTtl: 8,
  deniedCooldown: 2,
} as const;

const aSimulation = (options: SimulationOptions = {}) => Simulation.open({settings, startHeight: 60, ...options});

const someActions = fc.array(anyAuthAction, {minLength: 1, maxLength: 10});

/** Does it all; stories that are impossible are left out. Answers the heights of the chain around each action. */
async function play(simulation: Simulation, actions: readonly Action[]) {
  const heights: {from: number; to: number}[] = [];
  for (const action of actions) {
    const from = simulation.chain.tip.height;
    try {
      await simulation.perform(action);
    } catch (error) {
      fc.pre(!isImpossible(error));
      throw error;
    }
    heights.push({from, to: simulation.chain.tip.height});
  }
  return heights;
}

/** What leads to the last time at which the chain had this height; undefined where no action begins or ends there. */
function leadingTo(height: number, actions: readonly Action[], heights: readonly {from: number; to: number}[]) {
  for (let i = actions.length - 1; i >= 0; i--) {
    const {from, to} = heights[i]!;
    const action = actions[i]!;
    const before = actions.slice(0, i);
    if (to === height) return actions.slice(0, i + 1);
    const isPassed = from < height && height < to;
    // It brings several blocks at once: the chain never had this height.
    if (isPassed && action.type === 'switch_to') continue;
    if (isPassed && action.type === 'branch') return undefined;
    if (isPassed && action.type === 'reorg') return [...before, {...action, blocks: height - from + action.depth}];
    if (isPassed) return [...before, {type: 'mine_to' as const, height}];
  }
  return [];
}

test('rolled back to any height, a simulation is as it was there, and goes on as if nothing had come after', async (t) => {
  await fc.assert(
    fc.asyncProperty(someActions, someActions, fc.nat(), async (actions, others, choice) => {
      const simulation = await aSimulation();
      const heights = await play(simulation, actions);
      const all = [...heights.flatMap(({from, to}) => [from, to])];
      const [lowest, tip] = [Math.min(...all), simulation.chain.tip.height];
      const height = lowest + (choice % (tip - lowest + 1));
      const leading = leadingTo(height, actions, heights);
      fc.pre(leading !== undefined);

      const twin = await aSimulation();
      await play(twin, leading);
      await simulation.rollBack(height);
      t.is(simulation.height, height);
      t.is(await simulation.digest(), await twin.digest());
      t.deepEqual((await simulation.tower.verify()).problems, []);
      await play(simulation, others);
      await play(twin, others);
      t.is(await simulation.digest(), await twin.digest());
      await simulation.close();
      await twin.close();
    }),
    {numRuns: 25},
  );
});

test('a snapshot is gone back to again and again, also by forks, which are worlds of their own', async (t) => {
  await fc.assert(
    fc.asyncProperty(someActions, someActions, someActions, async (before, others, then) => {
      const simulation = await aSimulation();
      const heights = (await play(simulation, before)).flatMap(({from, to}) => [from, to]);
      const lowest = Math.min(...heights);
      await simulation.snapshot('here');
      const here = await simulation.digest();
      await play(simulation, then);
      const there = await simulation.digest();
      await simulation.restore('here');
      t.is(await simulation.digest(), here);
      // What came before a snapshot is remembered with it.
      await simulation.rollBack(lowest);
      const past = await simulation.digest();
      await simulation.restore('here');
      const fork = await simulation.fork('here');
      await play(simulation, others);
      const elsewhere = await simulation.digest();

      t.is(await fork.digest(), here);
      await play(fork, then);
      t.is(await fork.digest(), there);
      t.is(await simulation.digest(), elsewhere);
      await fork.restore('here');
      t.is(await fork.digest(), here);
      await fork.rollBack(lowest);
      t.is(await fork.digest(), past);
      await simulation.restore('here');
      await play(simulation, then);
      t.is(await simulation.digest(), there);
      await simulation.close();
      await fork.close();
    }),
    {numRuns: 12},
  );
});

test('on disk, time goes back as it does in memory', async (t) => {
  const path = tempDir(t);
  const simulation = await aSimulation({openRows: () => LevelStore.open(path), settings: {...settings, auth: 'none'}});
  await simulation.register('alice');
  await simulation.snapshot('alice');
  const [alice, registered] = [await simulation.digest(), await simulation.user('alice')];
  await simulation.mine(3);
  await simulation.register('bob');
  const bob = await simulation.digest();
  await simulation.mine(10);
  await simulation.restart();
  await simulation.expect({alice: 'unknown'});

  await simulation.rollBack(63);
  t.is(await simulation.digest(), bob);
  await simulation.rollBack(60);
  t.is(await simulation.digest(), alice);
  await simulation.mine(20);
  await simulation.restore('alice');
  t.is(await simulation.digest(), alice);
  t.deepEqual(await simulation.user('alice'), registered);
  await simulation.close();

  const rows = await LevelStore.open(path);
  t.deepEqual((await verify(rows)).problems, []);
  await rows.close();
});

test('snapshots have names, and nobody is left in doubt about them', async (t) => {
  const simulation = await aSimulation();
  await t.throwsAsync(simulation.restore('a'), {
    code: 'TOWER_UNKNOWN_SNAPSHOT',
    message: 'there is no snapshot a; none was taken',
  });
  await simulation.snapshot('a');
  await simulation.mine();
  await simulation.snapshot('b');
  await t.throwsAsync(simulation.snapshot('a'), {
    code: 'TOWER_SNAPSHOT_EXISTS',
    message: 'there is a snapshot a already, of height 60',
  });
  await t.throwsAsync(simulation.fork('c'), {
    code: 'TOWER_UNKNOWN_SNAPSHOT',
    message: 'there is no snapshot c; there are a, b',
  });
  t.deepEqual(simulation.snapshots, ['a', 'b']);
  const fork = await simulation.fork();
  t.is(fork.height, 61);
  t.deepEqual(fork.snapshots, ['a', 'b']);
  simulation.dropSnapshot('a');
  await simulation.snapshot('a');
  await fork.restore('a');
  t.is(fork.height, 60);
  t.is(simulation.height, 61);
  await fork.close();
  await simulation.close();
});

test('a fork has the settings that were in force at its snapshot', async (t) => {
  const simulation = await aSimulation({settings: {expiryDelta: 2, subscriptionDuration: 4}});
  await simulation.register('alice');
  await simulation.mine();
  await simulation.set({expiryDelta: 5});
  await simulation.snapshot('later');
  await simulation.mine();
  await simulation.set({expiryDelta: 1});
  const forks = [await simulation.fork('later'), await simulation.fork()];
  const deltas = () => forks.map(({tower}) => tower.gatekeeper.settings.expiryDelta);
  t.deepEqual(deltas(), [5, 1]);
  for (const fork of forks) await fork.mineToNext('deletion');
  t.deepEqual(
    forks.map(({height}) => height),
    [69, 65],
  );
  await forks[1]!.restore('later');
  await forks[0]!.rollBack(60);
  t.deepEqual(deltas(), [2, 5]);
  for (const one of [simulation, ...forks]) await one.close();
});

test('what is not remembered any more is said, and changes nothing', async (t) => {
  const simulation = await aSimulation({rememberedBlocks: 5});
  for (let height = 61; height <= 80; height++) await simulation.mine();
  const digest = await simulation.digest();
  const error = await t.throwsAsync(simulation.rollBack(74), {code: 'TOWER_NOT_REMEMBERED'});
  t.is(error?.message, 'the state at height 74 is not remembered: the last 5 blocks are, from height 75 on');
  await t.throwsAsync(simulation.rollBack(81), {code: 'TOWER_INVALID_PARAMETER'});
  t.is(await simulation.digest(), digest);
  await simulation.rollBack(75);
  t.is(simulation.height, 75);
  await simulation.close();

  const forgetful = await aSimulation({rememberedBlocks: 0});
  await forgetful.mine(2);
  await t.throwsAsync(forgetful.rollBack(61), {code: 'TOWER_NOT_REMEMBERED'});
  await forgetful.close();
});
