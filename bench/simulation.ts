import {strict as assert} from 'node:assert';
import {SimulatedChain} from '../src/chain/simulated-chain.js';
import {defaultGatekeeperSettings} from '../src/gatekeeper/settings.js';
import {MemoryStore} from '../src/store/memory-store.js';
import {Tower} from '../src/tower/tower.js';
import {atLeast, type Benchmark, type Figure, type Plan, type Task} from './harness/benchmark.js';
import {calibrate} from './harness/calibration.js';
import {deviceKeys, standInSigner} from './support/device-keys.js';

interface Size {
  readonly users: number;
  readonly blocks: number;
}

/**
 * Registers users at a steady pace, so that as many are known at any time as the size says: with each block, as many
 * register as are deleted.
 */
const simulate: Task = async ({users, blocks}: Size): Promise<{rate: number; calibrationMs: number}> => {
  const source = new SimulatedChain({seed: 1});
  const {subscriptionDuration, expiryDelta} = defaultGatekeeperSettings;
  const lifetime = subscriptionDuration + expiryDelta;
  const warmUp = lifetime + 100;
  const tower = await Tower.open({rows: new MemoryStore(), source, network: 'regtest', key: standInSigner});
  const keys = deviceKeys(Math.ceil(((warmUp + blocks) * users) / lifetime));
  tower.start();
  await tower.synced();

  let registered = 0;
  const mine = async (upTo: number) => {
    while (source.tip.height < upTo) {
      source.mine(1);
      const due = Math.floor((source.tip.height * users) / lifetime);
      const registrations: Promise<unknown>[] = [];
      while (registered < due) registrations.push(tower.gatekeeper.addUpdateUser(keys[registered++]!));
      await Promise.all([tower.synced(), ...registrations]);
    }
  };
  await mine(warmUp);
  const calibrationMs = calibrate();
  const start = performance.now();
  await mine(warmUp + blocks);
  const rate = blocks / ((performance.now() - start) / 1_000);
  const known = tower.gatekeeper.registeredUsers.size;
  assert.ok(Math.abs(known - users) < users / 100 + 10, `${known} users are known, not about ${users}`);
  await tower.close();
  return {rate, calibrationMs};
};

async function measure(plan: Plan): Promise<Figure[]> {
  const size: Size = plan.quick ? {users: 500, blocks: 500} : {users: 10_000, blocks: 20_000};
  const done: {rate: number; calibrationMs: number}[] = [];
  for (let run = 1; run <= plan.runs; run++) {
    plan.progress(`run ${run} of ${plan.runs}`);
    done.push(await plan.task('simulate', size));
  }
  return [
    {
      what: `simulation in memory, ${size.users.toLocaleString('en-US')} users coming and going (stand-in signer)`,
      unit: 'blocks/s',
      target: atLeast(5_000),
      runs: done.map(({rate}) => rate),
      calibrationMs: done.map((run) => run.calibrationMs),
    },
  ];
}

export default {tasks: {simulate}, measure} satisfies Benchmark;
