import {strict as assert} from 'node:assert';
import {SimulatedChain} from '../src/chain/simulated-chain.js';
import {defaultGatekeeperSettings} from '../src/gatekeeper/settings.js';
import {MemoryStore} from '../src/store/memory-store.js';
import {Tower} from '../src/tower/tower.js';
import {atLeast, type Benchmark, type Figure, type Plan, type Task} from './harness/benchmark.js';
import {calibrate} from './harness/calibration.js';
import {deviceKeys, standInSigner} from './support/device-keys.js';

interface Size {
  readonly blocks: number;
  /** Registrations over these blocks, at a steady pace. */
  readonly registrations: number;
}

const {subscriptionDuration, expiryDelta} = defaultGatekeeperSettings;
const lifetime = subscriptionDuration + expiryDelta;

/** Measures once the first users have gone, so that from then on as many go as come. */
const simulate: Task = async ({blocks, registrations}: Size): Promise<{rate: number; calibrationMs: number}> => {
  const source = new SimulatedChain({seed: 1});
  const warmUp = lifetime + 100;
  const pace = registrations / blocks;
  const tower = await Tower.open({rows: new MemoryStore(), source, network: 'regtest', key: standInSigner});
  const keys = deviceKeys(Math.ceil((warmUp + blocks) * pace));
  tower.start();
  await tower.synced();

  let registered = 0;
  const mine = async (upTo: number) => {
    while (source.tip.height < upTo) {
      source.mine(1);
      const due = Math.floor(source.tip.height * pace);
      const replies: Promise<unknown>[] = [];
      while (registered < due) replies.push(tower.gatekeeper.addUpdateUser(keys[registered++]!));
      await Promise.all([tower.synced(), ...replies]);
    }
  };
  await mine(warmUp);
  const calibrationMs = calibrate();
  const start = performance.now();
  await mine(warmUp + blocks);
  const rate = blocks / ((performance.now() - start) / 1_000);
  const known = tower.gatekeeper.registeredUsers.size;
  assert.ok(Math.abs(known - lifetime * pace) < 10, `${known} users are known, not about ${lifetime * pace}`);
  await tower.close();
  return {rate, calibrationMs};
};

async function measure(plan: Plan): Promise<Figure[]> {
  const [blocks, users] = plan.quick ? [500, 250] : [20_000, 10_000];
  const [manyBlocks, manyUsers] = [blocks.toLocaleString('en-US'), users.toLocaleString('en-US')];
  const paces: [what: string, registrations: number][] = [
    [`${manyUsers} users come and go in ${manyBlocks} blocks`, users],
    [
      `${manyUsers} users at any time, each for ${lifetime.toLocaleString('en-US')} blocks`,
      (users * blocks) / lifetime,
    ],
  ];
  const figures: Figure[] = [];
  for (const [what, registrations] of paces) {
    const done: {rate: number; calibrationMs: number}[] = [];
    for (let run = 1; run <= plan.runs; run++) {
      plan.progress(`run ${run} of ${plan.runs}: ${what}`);
      done.push(await plan.task('simulate', {blocks, registrations}));
    }
    figures.push({
      what: `simulation in memory (stand-in signer), ${what}`,
      unit: 'blocks/s',
      target: atLeast(5_000),
      runs: done.map(({rate}) => rate),
      calibrationMs: done.map((run) => run.calibrationMs),
    });
  }
  return figures;
}

export default {tasks: {simulate}, measure} satisfies Benchmark;
