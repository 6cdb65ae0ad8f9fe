import {strict as assert} from 'node:assert';
import {join} from 'node:path';
import type {RowGuard} from '../src/sim/world/kill-switch.js';
import {Simulation} from '../src/sim/simulation.js';
import {guardedStore, LevelStore, MemoryStore} from '../src/store/index.js';
import {atMost, type Benchmark, type Figure, type Plan, type Task} from './harness/benchmark.js';
import {calibrate} from './harness/calibration.js';
import {deviceKeys} from './support/device-keys.js';

interface Size {
  readonly blocks: number;
  /** Users who renew in each block: five rows each. */
  readonly users: number;
  /** Where the rows are; in memory if it is not given. */
  readonly location?: string;
}

interface RolledBack {
  readonly seconds: number;
  readonly rowsInBlock: number;
  readonly calibrationMs: number;
}

/** Counts the rows that are written. */
class Counter implements RowGuard {
  rows = 0;

  guard(rows: Parameters<RowGuard['guard']>[0]): ReturnType<RowGuard['guard']> {
    return guardedStore(rows, async (_, changes) => {
      const all = [];
      for await (const change of changes) all.push(change);
      this.rows += all.length;
      await rows.write(all);
    });
  }
}

const rollBack: Task = async ({blocks, users, location}: Size): Promise<RolledBack> => {
  const memory = new MemoryStore();
  const counter = new Counter();
  const simulation = await Simulation.open({
    openRows: async () => (location === undefined ? memory : LevelStore.open(location)),
    guards: [counter],
  });
  const keys = deviceKeys(users);
  const renew = () => Promise.all(keys.map((key) => simulation.tower.gatekeeper.addUpdateUser(key)));
  await renew();
  await simulation.mine();
  const {height} = simulation;
  await renew();
  const digest = await simulation.digest();
  counter.rows = 0;
  for (let block = 0; block < blocks; block++) {
    await simulation.mine();
    await renew();
  }
  const rowsInBlock = counter.rows / blocks;
  const calibrationMs = calibrate();
  const start = performance.now();
  await simulation.rollBack(height);
  const seconds = (performance.now() - start) / 1_000;
  assert.equal(await simulation.digest(), digest);
  await simulation.close();
  return {seconds, rowsInBlock, calibrationMs};
};

async function measure(plan: Plan): Promise<Figure[]> {
  const [blocks, users] = plan.quick ? [10, 200] : [100, 2_000];
  const figures: Figure[] = [];
  for (const where of ['in memory', 'on disk']) {
    const done: RolledBack[] = [];
    for (let run = 1; run <= plan.runs; run++) {
      plan.progress(`run ${run} of ${plan.runs}: ${where}`);
      const location = where === 'on disk' ? {location: join(plan.scratch, `run-${run}`)} : {};
      done.push(await plan.task('rollBack', {blocks, users, ...location}));
      await plan.clear(`run-${run}`);
    }
    const rows = Math.round(done[0]!.rowsInBlock).toLocaleString('en-US');
    figures.push({
      what: `roll back ${blocks} blocks of ${rows} row changes each, ${where}`,
      unit: 's',
      target: atMost(5),
      runs: done.map(({seconds}) => seconds),
      calibrationMs: done.map((run) => run.calibrationMs),
    });
  }
  return figures;
}

export default {tasks: {rollBack}, measure} satisfies Benchmark;
