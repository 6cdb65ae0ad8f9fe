import {SimulatedChain} from '../src/chain/simulated-chain.js';
import type {Policy} from '../src/gatekeeper/auth/policy.js';
import {LevelStore} from '../src/store/level-store.js';
import {Tower} from '../src/tower/tower.js';
import {atMost, type Benchmark, type Figure, type Plan, type Task} from './harness/benchmark.js';
import {calibrate} from './harness/calibration.js';
import {median} from './harness/median.js';
import {standInSigner} from './support/device-keys.js';
import {startHeight} from './support/population.js';
import {copyOf} from './support/populated-store.js';
import {populateRequests} from './support/requests.js';

const authBudget = 100;
/** Each decides a hundred of the requests; the smaller store has a thousand. */
const blocks = 8;

interface Timing {
  readonly largeMs: number;
  readonly smallMs: number;
  readonly askingMs: number;
  readonly calibrationMs: number;
}

/** Approves whatever it is asked about, at once. */
const approving: Policy = {
  name: 'policy',
  handles: () => true,
  ask: ({stage}) => Promise.resolve({type: 'returned', value: stage === 'callback' ? -2 : 0}),
  onChange: () => undefined,
  close: () => Promise.resolve(),
};

async function openTower(location: string): Promise<{tower: Tower; source: SimulatedChain}> {
  const source = new SimulatedChain({seed: 1});
  source.mineTo(startHeight);
  const rows = await LevelStore.open(location);
  const tower = await Tower.open({rows, source, network: 'regtest', key: standInSigner, policies: [approving]});
  tower.start();
  await tower.synced();
  await tower.auth.settled();
  return {tower, source};
}

/** Each block applies the answers to what was asked after the one before; then the next are asked about. */
const takeTurns: Task = async ({large, small}: {large: string; small: string}): Promise<Timing> => {
  const towers = [await openTower(large), await openTower(small)] as const;
  const calibrationMs = calibrate();
  const times: [number[], number[]] = [[], []];
  const asking: number[] = [];
  for (let block = 0; block <= blocks; block++) {
    for (const i of [0, 1] as const) {
      const {tower, source} = towers[i];
      const start = performance.now();
      source.mine(1);
      await tower.synced();
      const connected = performance.now();
      await tower.auth.settled();
      // The first is for warming up.
      if (block === 0) continue;
      times[i].push(connected - start);
      if (i === 0) asking.push(performance.now() - connected);
    }
  }
  for (const {tower} of towers) await tower.close();
  return {largeMs: median(times[0]), smallMs: median(times[1]), askingMs: median(asking), calibrationMs};
};

async function built(plan: Plan, {name, pending}: {name: string; pending: number}): Promise<string> {
  plan.progress(`building a store of ${pending.toLocaleString('en-US')} pending requests`);
  const location = `${plan.scratch}/${name}`;
  const problems = await plan.task<number>('populate', {location, pending, answered: false, authBudget});
  if (problems > 0) throw new Error(`verify finds ${problems} problems in the store that the benchmark has built`);
  return location;
}

async function measure(plan: Plan): Promise<Figure[]> {
  const pending = plan.quick ? 5_000 : 1_000_000;
  const timings: Timing[] = [];
  const stores = {
    large: await built(plan, {name: 'large', pending}),
    small: await built(plan, {name: 'small', pending: 1_000}),
  };
  for (let run = 1; run <= plan.runs; run++) {
    plan.progress(`run ${run} of ${plan.runs}`);
    const copies = {
      large: await copyOf(plan, stores.large, 'large-copy'),
      small: await copyOf(plan, stores.small, 'small-copy'),
    };
    timings.push(await plan.task<Timing>('takeTurns', copies));
    await plan.clear('large-copy', 'small-copy');
  }
  const count = pending.toLocaleString('en-US');
  const what = `a block that decides ${authBudget} requests, ${count} pending`;
  const calibrationMs = timings.map((timing) => timing.calibrationMs);
  return [
    {what, unit: 'ms', runs: timings.map(({largeMs}) => largeMs), calibrationMs},
    {
      what: `${what}: to 1,000 pending`,
      unit: 'times',
      target: atMost(1.3),
      runs: timings.map(({largeMs, smallMs}) => largeMs / smallMs),
      calibrationMs,
    },
    {
      what: `asking about the next ${authBudget}, ${count} pending`,
      unit: 'ms',
      runs: timings.map(({askingMs}) => askingMs),
      calibrationMs,
    },
  ];
}

export default {tasks: {populate: populateRequests, takeTurns}, measure} satisfies Benchmark;
