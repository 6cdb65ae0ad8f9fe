import {atMost, type Benchmark, type Figure, type Plan, type Task} from './harness/benchmark.js';
import {calibrate} from './harness/calibration.js';
import {residentMiB} from './harness/memory.js';
import {headersTo, startHeight} from './support/population.js';
import {copyOf, openFollower, populated, populateTask} from './support/populated-store.js';

interface Opened {
  readonly ms: number;
  readonly residentMiB: number;
  readonly calibrationMs: number;
}

const blocks = 100;

const open: Task = async ({location}: {location: string}): Promise<Opened> => {
  const calibrationMs = calibrate();
  const start = performance.now();
  const {store, follower} = await openFollower(location);
  const ms = performance.now() - start;
  for (const header of headersTo(startHeight + blocks).slice(startHeight + 1)) await follower.connect([header]);
  const answer = {ms, residentMiB: residentMiB(), calibrationMs};
  await store.close();
  return answer;
};

async function measure(plan: Plan): Promise<Figure[]> {
  const users = plan.quick ? 10_000 : 1_000_000;
  const location = await populated(plan, users, {dueUsers: users / 10});
  const opened: Opened[] = [];
  for (let run = 1; run <= plan.runs; run++) {
    plan.progress(`run ${run} of ${plan.runs}`);
    opened.push(await plan.task<Opened>('open', {location: await copyOf(plan, location, `run-${run}`)}));
    await plan.clear(`run-${run}`);
  }
  const calibrationMs = opened.map((run) => run.calibrationMs);
  const what = `open a store of ${users.toLocaleString('en-US')} users`;
  return [
    {what, unit: 'ms', target: atMost(200), runs: opened.map(({ms}) => ms), calibrationMs},
    {
      what: `${what}, and ${blocks} blocks: resident`,
      unit: 'MiB',
      target: atMost(150),
      runs: opened.map((run) => run.residentMiB),
      calibrationMs,
    },
  ];
}

export default {tasks: {populate: populateTask, open}, measure} satisfies Benchmark;
