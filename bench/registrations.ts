import {join} from 'node:path';
import {SimulatedChain} from '../src/chain/simulated-chain.js';
import {SigningKey} from '../src/crypto/signing-key.js';
import type {KeyValueStore} from '../src/store/key-value-store.js';
import {LevelStore} from '../src/store/level-store.js';
import type {TowerParts} from '../src/tower/tower-parts.js';
import {Tower} from '../src/tower/tower.js';
import {atLeast, type Benchmark, type Figure, type Plan, type Task} from './harness/benchmark.js';
import {calibrate} from './harness/calibration.js';
import {deviceKeys, standInSigner} from './support/device-keys.js';
import {perSecond, singleBatches, writeOneByOne} from './support/single-batches.js';

interface Rates {
  readonly together: number;
  readonly oneByOne: number;
  readonly withReceipts: number;
  readonly calibrationMs: number;
}

async function openTower(rows: KeyValueStore, key: TowerParts['key']): Promise<Tower> {
  const source = new SimulatedChain({seed: 1});
  source.mine(100);
  const tower = await Tower.open({rows, source, network: 'regtest', key});
  tower.start();
  await tower.synced();
  return tower;
}

async function registerAtOnce(location: string, keys: readonly string[], key: TowerParts['key']): Promise<number> {
  const tower = await openTower(await LevelStore.open(location), key);
  const rate = await perSecond(keys.length, () => Promise.all(keys.map((key) => tower.gatekeeper.addUpdateUser(key))));
  await tower.close();
  return rate;
}

const register: Task = async ({count, runs, scratch}: {count: number; runs: number; scratch: string}) => {
  const keys = deviceKeys(count);
  const batches = await singleBatches(async (rows) => {
    const tower = await openTower(rows, standInSigner);
    return {tower, steps: keys.map((key) => () => tower.gatekeeper.addUpdateUser(key))};
  });
  const signingKey = new SigningKey(new Uint8Array(32).fill(1));
  const rates: Rates[] = [];
  for (let run = 0; run <= runs; run++) {
    const at = (name: string) => join(scratch, `${name}-${run}`);
    const rate = {
      calibrationMs: calibrate(),
      oneByOne: await writeOneByOne(at('one-by-one'), batches),
      together: await registerAtOnce(at('together'), keys, standInSigner),
      withReceipts: await registerAtOnce(at('with-receipts'), keys, signingKey),
    };
    // The first is for warming up.
    if (run > 0) rates.push(rate);
  }
  return rates;
};

async function measure(plan: Plan): Promise<Figure[]> {
  const count = plan.quick ? 50 : 1_000;
  plan.progress(`${plan.runs} runs`);
  const rates = await plan.task<Rates[]>('register', {count, runs: plan.runs, scratch: plan.scratch});
  const calibrationMs = rates.map((rate) => rate.calibrationMs);
  const what = `${count.toLocaleString('en-US')} concurrent registrations on disk`;
  return [
    {
      what: 'the rows of one registration in a synced batch, one after the other',
      unit: 'a second',
      runs: rates.map(({oneByOne}) => oneByOne),
      calibrationMs,
    },
    {what: `${what} (stand-in signer)`, unit: 'a second', runs: rates.map(({together}) => together), calibrationMs},
    {
      what: `${what} (stand-in signer), to one synced batch each`,
      unit: 'times',
      target: atLeast(5),
      runs: rates.map(({together, oneByOne}) => together / oneByOne),
      calibrationMs,
    },
    {
      what: `${what}, receipts signed`,
      unit: 'a second',
      target: atLeast(800),
      runs: rates.map(({withReceipts}) => withReceipts),
      calibrationMs,
    },
  ];
}

export default {tasks: {register}, measure} satisfies Benchmark;
