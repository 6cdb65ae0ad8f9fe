import {atMost, type Benchmark, type Figure, type Plan, type Task} from './harness/benchmark.js';
import {calibrate} from './harness/calibration.js';
import {median} from './harness/median.js';
import {deletingHeight, headersTo, startHeight} from './support/population.js';
import {copyOf, openFollower, populated, populateTask} from './support/populated-store.js';

interface Pair {
  readonly large: string;
  readonly small: string;
  readonly blocks: number;
  /** Whether the larger store deletes its due users first. */
  readonly deleting: boolean;
}

interface Timing {
  readonly largeMs: number;
  readonly smallMs: number;
  readonly calibrationMs: number;
}

/** Connects each block to both stores in turn, so that a change in the machine's mood meets both. */
const takeTurns: Task = async ({large, small, blocks, deleting}: Pair): Promise<Timing> => {
  const followers = [await openFollower(large), await openFollower(small)] as const;
  const from = deleting ? deletingHeight : startHeight;
  const headers = headersTo(from + blocks);
  if (deleting) {
    for (const {follower} of followers) {
      await follower.connect(headers.slice(startHeight + 1, deletingHeight));
      await follower.connect([headers[deletingHeight]!]);
    }
  }
  const calibrationMs = calibrate();
  const times: [number[], number[]] = [[], []];
  for (const header of headers.slice(from + 1)) {
    for (const i of [0, 1] as const) {
      const start = performance.now();
      await followers[i].follower.connect([header]);
      times[i].push(performance.now() - start);
    }
  }
  for (const {store} of followers) await store.close();
  return {largeMs: median(times[0]), smallMs: median(times[1]), calibrationMs};
};

async function measure(plan: Plan): Promise<Figure[]> {
  const users = plan.quick ? 10_000 : 1_000_000;
  const small = users / 1_000;
  const dueUsers = users / 10;
  const stores = {large: await populated(plan, users, {dueUsers}), small: await populated(plan, small, {dueUsers: 0})};
  const figures: Figure[] = [];
  for (const deleting of [false, true]) {
    const blocks = deleting || plan.quick ? 20 : 200;
    const timings: Timing[] = [];
    for (let run = 1; run <= plan.runs; run++) {
      plan.progress(`run ${run} of ${plan.runs}${deleting ? ', after a deletion' : ''}`);
      const copies = {
        large: await copyOf(plan, stores.large, 'large'),
        small: await copyOf(plan, stores.small, 'small'),
      };
      timings.push(await plan.task<Timing>('takeTurns', {...copies, blocks, deleting}));
      await plan.clear('large', 'small');
    }
    const after = deleting ? `, the ${blocks} after one that deleted ${dueUsers.toLocaleString('en-US')}` : '';
    const what = `empty block, ${users.toLocaleString('en-US')} users${after}`;
    const calibrationMs = timings.map((timing) => timing.calibrationMs);
    figures.push(
      {what, unit: 'ms', target: atMost(1.5), runs: timings.map(({largeMs}) => largeMs), calibrationMs},
      {
        what: `${what}: to ${small.toLocaleString('en-US')} users`,
        unit: 'times',
        target: atMost(1.3),
        runs: timings.map(({largeMs, smallMs}) => largeMs / smallMs),
        calibrationMs,
      },
    );
  }
  return figures;
}

export default {tasks: {populate: populateTask, takeTurns}, measure} satisfies Benchmark;
