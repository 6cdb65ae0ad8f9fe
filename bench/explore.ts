import {strict as assert} from 'node:assert';
import {openAdapterNode} from '../src/cli/explore/adapter-node.js';
import {explore as exploreOne} from '../src/sim/explore/run.js';
import {faultNames} from '../src/sim/explore/swarm.js';
import {atLeast, type Benchmark, type Figure, type Plan, type Task} from './harness/benchmark.js';
import {calibrate} from './harness/calibration.js';

interface Size {
  readonly runs: number;
  /** Events of each. */
  readonly length: number;
}

/** One process, every fault, every invariant after every commit; half of the worlds have the adapter in them. */
const explore: Task = async ({runs, length}: Size): Promise<{rate: number; calibrationMs: number}> => {
  const play = async (count: number, from: number) => {
    let events = 0;
    for (let i = 0; i < count; i++) {
      const plan = {seed: BigInt(from + i), length, faults: faultNames};
      const run = await exploreOne(plan, {openAdapter: openAdapterNode});
      assert.equal(run.violation, undefined);
      events += run.events;
    }
    return events;
  };
  await play(Math.ceil(runs / 5), 1_000_000);
  const calibrationMs = calibrate();
  const start = performance.now();
  const events = await play(runs, 1);
  return {rate: events / ((performance.now() - start) / 1_000), calibrationMs};
};

async function measure(plan: Plan): Promise<Figure[]> {
  const size = plan.quick ? {runs: 10, length: 50} : {runs: 150, length: 300};
  const done: {rate: number; calibrationMs: number}[] = [];
  for (let run = 1; run <= plan.runs; run++) {
    plan.progress(`run ${run} of ${plan.runs}: random worlds`);
    done.push(await plan.task('explore', size));
  }
  return [
    {
      what: `exploration in one process, all faults, ${size.runs} worlds of ${size.length} events`,
      unit: 'events/s',
      target: atLeast(2_000),
      runs: done.map(({rate}) => rate),
      calibrationMs: done.map((run) => run.calibrationMs),
    },
  ];
}

export default {tasks: {explore}, measure} satisfies Benchmark;
