import {atMost, type Benchmark, type Figure, type Plan, type Task} from './harness/benchmark.js';
import {calibrate} from './harness/calibration.js';
import {watched} from './harness/stall.js';
import {headersTo, startHeight} from './support/population.js';
import {openFollower} from './support/populated-store.js';
import {populateRequests} from './support/requests.js';

interface Applied {
  readonly ms: number;
  readonly stallMs: number;
  readonly users: number;
  readonly calibrationMs: number;
}

/** Connects the block that applies every recorded answer; the writer gives a change one batch. */
const apply: Task = async ({location}: {location: string}): Promise<Applied> => {
  const {store, follower} = await openFollower(location);
  const calibrationMs = calibrate();
  const {ms, stallMs} = await watched(() => follower.connect([headersTo(startHeight + 1)[startHeight + 1]!]));
  const {users} = store.meta!.counters;
  await store.close();
  return {ms, stallMs, users, calibrationMs};
};

async function measure(plan: Plan): Promise<Figure[]> {
  const count = plan.quick ? 500 : 10_000;
  const applied: Applied[] = [];
  for (let run = 1; run <= plan.runs; run++) {
    plan.progress(`run ${run} of ${plan.runs}`);
    const location = `${plan.scratch}/answers`;
    const requests = {location, pending: count, answered: true, authBudget: count};
    const problems = await plan.task<number>('populate', requests);
    if (problems > 0) throw new Error(`verify finds ${problems} problems in the store that the benchmark has built`);
    const one = await plan.task<Applied>('apply', {location});
    if (one.users !== count) throw new Error(`the block approved ${one.users} requests of ${count}`);
    applied.push(one);
    await plan.clear('answers');
  }
  const what = `a block that applies ${count.toLocaleString('en-US')} recorded answers`;
  const calibrationMs = applied.map((one) => one.calibrationMs);
  return [
    {what, unit: 'ms', target: atMost(1_000), runs: applied.map(({ms}) => ms), calibrationMs},
    {what: `longest stall, ${what}`, unit: 'ms', runs: applied.map(({stallMs}) => stallMs), calibrationMs},
  ];
}

export default {tasks: {populate: populateRequests, apply}, measure} satisfies Benchmark;
