import {strict as assert} from 'node:assert';
import {Simulation} from '../src/sim/simulation.js';
import {atMost, type Benchmark, type Figure, type Plan, type Task} from './harness/benchmark.js';
import {calibrate} from './harness/calibration.js';

interface Size {
  readonly blocks: number;
  readonly users: number;
}

/** Nodes that ask in turn: each waits longer than it is refused for. */
const nodes = 200;

/** In every block a node asks, signs, and is refused at once, while everybody keeps a subscription. */
const year: Task = async ({blocks, users}: Size): Promise<{seconds: number; calibrationMs: number}> => {
  const settings = {auth: 'none', subscriptionDuration: 2 * blocks} as const;
  const simulation = await Simulation.open({seed: 'a year', settings, rememberedBlocks: 0});
  for (let i = 0; i < users; i++) await simulation.perform({type: 'register', user: `user-${i}`});
  const script = {callback: [{type: 'returns', value: -1}], check: []} as const;
  const calibrationMs = calibrate();
  const start = performance.now();
  for (let i = 0; i < blocks; i++) {
    await simulation.perform({type: 'node', device: `node-${i % nodes}`, script});
    await simulation.perform({type: 'mine', blocks: 1});
  }
  const seconds = (performance.now() - start) / 1_000;
  assert.equal(simulation.tower.gatekeeper.registeredUsers.size, users);
  assert.equal(simulation.tower.auth.pendingRequests, 0);
  await simulation.close();
  return {seconds, calibrationMs};
};

async function measure(plan: Plan): Promise<Figure[]> {
  const size = plan.quick ? {blocks: 200, users: 100} : {blocks: 52_560, users: 10_000};
  const done: {seconds: number; calibrationMs: number}[] = [];
  for (let run = 1; run <= plan.runs; run++) {
    plan.progress(`run ${run} of ${plan.runs}: a year of blocks`);
    done.push(await plan.task('year', size));
  }
  const [blocks, users] = [size.blocks, size.users].map((count) => count.toLocaleString('en-US'));
  return [
    {
      what: `a year of ${blocks} blocks with ${users} users, a signed request in each`,
      unit: 's',
      target: atMost(40),
      runs: done.map(({seconds}) => seconds),
      calibrationMs: done.map((run) => run.calibrationMs),
    },
  ];
}

export default {tasks: {year}, measure} satisfies Benchmark;
