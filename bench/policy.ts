import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {SimulatedChain} from '../src/chain/simulated-chain.js';
import {LevelStore} from '../src/store/level-store.js';
import {PolicyWorker} from '../src/policy/worker/index.js';
import {Tower} from '../src/tower/tower.js';
import {atMost, type Benchmark, type Figure, type Plan, type Task} from './harness/benchmark.js';
import {calibrate} from './harness/calibration.js';
import {watched} from './harness/stall.js';
import {standInSigner} from './support/device-keys.js';
import {startHeight} from './support/population.js';
import {populateRequests, requestSettings} from './support/requests.js';

/** What a check does; the first, for comparison, is what it should. */
const deeds = {
  'that decides': 'return 0',
  'that loops for ever': 'for (;;);',
  'that exits': 'process.exit(1)',
  'that allocates buffers without bound': 'const all = []; for (;;) all.push(Buffer.alloc(2 ** 22, 1))',
  'that allocates texts without bound': "const all = []; for (;;) all.push('x'.repeat(500) + all.length)",
  'that writes for ever': "for (;;) console.log('x'.repeat(80))",
  'that never answers': 'return new Promise(() => {})',
} as const;

type Deed = keyof typeof deeds;

const pending = 10_000;
const quickPending = 500;
const authBudget = 100;
/** Blocks come so fast that some meet every moment of a process that ends and starts. */
const blockEveryMs = 20;
const warmUpMs = 300;

interface Misbehaviour {
  readonly deed: Deed;
  readonly folder: string;
  readonly ms: number;
}

interface Timing {
  readonly slowestBlockMs: number;
  readonly stallMs: number;
  readonly calibrationMs: number;
}

/** Connects blocks while the policy is asked about the pending requests. */
const misbehave: Task = async ({deed, folder, ms}: Misbehaviour): Promise<Timing> => {
  const file = join(folder, 'policy.mjs');
  await writeFile(file, `export const checkUserSignup = () => { ${deeds[deed]}; };`);
  const source = new SimulatedChain({seed: 1});
  source.mineTo(startHeight);
  const rows = await LevelStore.open(join(folder, 'store'));
  const policy = await PolicyWorker.open({file, timeLimitMs: 100, memoryLimitMiB: 128});
  const settings = requestSettings(authBudget);
  const parts = {rows, source, key: standInSigner, settings, policies: [policy]};
  const tower = await Tower.open({...parts, network: 'regtest'});
  tower.start();
  await tower.synced();
  const connectBlocks = async (forMs: number): Promise<number> => {
    let slowestMs = 0;
    for (const end = performance.now() + forMs; performance.now() < end;) {
      const start = performance.now();
      source.mine(1);
      await tower.synced();
      slowestMs = Math.max(slowestMs, performance.now() - start);
      await new Promise((resolve) => setTimeout(resolve, blockEveryMs));
    }
    return slowestMs;
  };
  await connectBlocks(warmUpMs);
  const calibrationMs = calibrate();
  const {answer: slowestBlockMs, stallMs} = await watched(() => connectBlocks(ms));
  await tower.close();
  await policy.close();
  return {slowestBlockMs, stallMs, calibrationMs};
};

async function measure(plan: Plan): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const deed of Object.keys(deeds) as Deed[]) {
    plan.progress(`${plan.runs} runs with a policy ${deed}`);
    const timings: Timing[] = [];
    for (let run = 1; run <= plan.runs; run++) {
      const location = join(plan.scratch, 'store');
      const problems = await plan.task<number>('populate', {
        location,
        pending: plan.quick ? quickPending : pending,
        answered: false,
        authBudget,
      });
      if (problems > 0) throw new Error(`verify finds ${problems} problems in the store that the benchmark has built`);
      timings.push(await plan.task<Timing>('misbehave', {deed, folder: plan.scratch, ms: plan.quick ? 300 : 2_000}));
      await plan.clear('store');
    }
    const calibrationMs = timings.map((timing) => timing.calibrationMs);
    const target = deed === 'that decides' ? {} : {target: atMost(100)};
    figures.push(
      {
        what: `slowest block, a policy ${deed}`,
        unit: 'ms',
        ...target,
        runs: timings.map(({slowestBlockMs}) => slowestBlockMs),
        calibrationMs,
      },
      {
        what: `longest stall, a policy ${deed}`,
        unit: 'ms',
        ...target,
        runs: timings.map(({stallMs}) => stallMs),
        calibrationMs,
      },
    );
  }
  return figures;
}

export default {tasks: {populate: populateRequests, misbehave}, measure} satisfies Benchmark;
