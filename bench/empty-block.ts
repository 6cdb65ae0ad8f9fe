import {atMost, type Benchmark, type Figure, type Plan, type Task} from './harness/benchmark.js';
import {calibrate} from './harness/calibration.js';
import {median} from './harness/median.js';
import {deletingHeight, headersTo, startHeight} from './support/population.js';
import {copyOf, openFollower, populated, populateTask} from './support/populated-store.js';

interface Pair {
  readonly large: string;
  readonly small: string;
  readonly blocks: number;
}

interface Timing {
  readonly largeMs: number;
  readonly smallMs: number;
  readonly calibrationMs: number;
}

/** Blocks of the other sizes connected in turn, so that a change in the machine's mood meets both. */
const takeTurns: Task = async ({large, small, blocks}: Pair): Promise<Timing> => {
  const followers = [await openFollower(large), await openFollower(small)] as const;
  const headers = headersTo(startHeight + blocks).slice(startHeight + 1);
  const calibrationMs = calibrate();
  const times: [number[], number[]] = [[], []];
  for (const header of headers) {
    for (const i of [0, 1] as const) {
      const start = performance.now();
      await followers[i].follower.connect([header]);
      times[i].push(performance.now() - start);
    }
  }
  for (const {store} of followers) await store.close();
  return {largeMs: median(times[0]), smallMs: median(times[1]), calibrationMs};
};

/** Deletes the users that are due, then connects blocks in which nobody is. */
const afterDeletion: Task = async ({
  location,
  blocks,
}: {
  location: string;
  blocks: number;
}): Promise<{medianMs: number; calibrationMs: number}> => {
  const {store, follower} = await openFollower(location);
  const headers = headersTo(deletingHeight + blocks);
  await follower.connect(headers.slice(startHeight + 1, deletingHeight));
  await follower.connect([headers[deletingHeight]!]);
  const calibrationMs = calibrate();
  const times: number[] = [];
  for (const header of headers.slice(deletingHeight + 1)) {
    const start = performance.now();
    await follower.connect([header]);
    times.push(performance.now() - start);
  }
  await store.close();
  return {medianMs: median(times), calibrationMs};
};

async function measure(plan: Plan): Promise<Figure[]> {
  const many = plan.quick ? 10_000 : 1_000_000;
  const blocks = plan.quick ? 20 : 200;
  const dueUsers = many / 10;
  const [large, small] = [await populated(plan, many, {dueUsers}), await populated(plan, many / 1_000)];
  const turns: Timing[] = [];
  const after: {medianMs: number; calibrationMs: number}[] = [];
  for (let run = 1; run <= plan.runs; run++) {
    plan.progress(`run ${run} of ${plan.runs}`);
    const copies = {large: await copyOf(plan, large, `large-${run}`), small: await copyOf(plan, small, `small-${run}`)};
    turns.push(await plan.task<Timing>('takeTurns', {...copies, blocks}));
    after.push(await plan.task('afterDeletion', {location: await copyOf(plan, large, `after-${run}`), blocks: 20}));
    await plan.clear(`large-${run}`, `small-${run}`, `after-${run}`);
  }
  const people = many.toLocaleString('en-US');
  const calibrationMs = turns.map((turn) => turn.calibrationMs);
  return [
    {
      what: `empty block, ${people} users`,
      unit: 'ms',
      target: atMost(1.5),
      runs: turns.map(({largeMs}) => largeMs),
      calibrationMs,
    },
    {
      what: `empty block, ${people} users to ${(many / 1_000).toLocaleString('en-US')}`,
      unit: 'times',
      target: atMost(1.3),
      runs: turns.map(({largeMs, smallMs}) => largeMs / smallMs),
      calibrationMs,
    },
    {
      what: `empty block, the 20 after one that deleted ${dueUsers.toLocaleString('en-US')}`,
      unit: 'ms',
      target: atMost(1.5),
      runs: after.map(({medianMs}) => medianMs),
      calibrationMs: after.map((timing) => timing.calibrationMs),
    },
    {
      what: 'the same, to an empty block with few users',
      unit: 'times',
      target: atMost(1.3),
      runs: after.map(({medianMs}, i) => medianMs / turns[i]!.smallMs),
      calibrationMs: after.map((timing) => timing.calibrationMs),
    },
  ];
}

export default {tasks: {populate: populateTask, takeTurns, afterDeletion}, measure} satisfies Benchmark;
