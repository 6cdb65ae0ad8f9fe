import {join} from 'node:path';
import {SimulatedChain} from '../src/chain/simulated-chain.js';
import {infoHashOf} from '../src/crypto/proof.js';
import {receive, receptionReads} from '../src/gatekeeper/auth/reception.js';
import type {CheckedSubmission} from '../src/gatekeeper/auth/submission.js';
import type {KeyValueStore} from '../src/store/key-value-store.js';
import {LevelStore} from '../src/store/level-store.js';
import {Tower} from '../src/tower/tower.js';
import {atLeast, type Benchmark, type Figure, type Plan, type Task} from './harness/benchmark.js';
import {calibrate} from './harness/calibration.js';
import {deviceKeys, standInSigner} from './support/device-keys.js';
import {requestSettings} from './support/requests.js';
import {perSecond, singleBatches, writeOneByOne} from './support/single-batches.js';

interface Rates {
  readonly together: number;
  readonly oneByOne: number;
  readonly calibrationMs: number;
}

const startHeight = 100;

async function openTower(rows: KeyValueStore): Promise<{tower: Tower; blockHash: string}> {
  const source = new SimulatedChain({seed: 1});
  source.mine(startHeight);
  const settings = requestSettings(100);
  const tower = await Tower.open({rows, source, network: 'regtest', key: standInSigner, settings});
  tower.start();
  await tower.synced();
  return {tower, blockHash: source.tip.hash};
}

/** Takes a request in whose form and signature have been checked. */
function submit(tower: Tower, key: string, blockHash: string): Promise<unknown> {
  const info = 'invite 7';
  const submission: CheckedSubmission = {
    kind: 'user_signup',
    key,
    info,
    infoHash: infoHashOf(info),
    nodeInfo: JSON.stringify({public_key: key, name: 'phone'}),
    blockHeight: startHeight,
    blockHash,
  };
  return tower.gatekeeper.lock.submit({
    actor: `user:${key}`,
    reads: receptionReads(submission),
    run: (transaction, publish) => receive(transaction, publish, submission),
  });
}

async function submitAtOnce(location: string, keys: readonly string[]): Promise<number> {
  const {tower, blockHash} = await openTower(await LevelStore.open(location));
  const rate = await perSecond(keys.length, () => Promise.all(keys.map((key) => submit(tower, key, blockHash))));
  await tower.close();
  return rate;
}

const takeIn: Task = async ({count, runs, scratch}: {count: number; runs: number; scratch: string}) => {
  const keys = deviceKeys(count);
  const batches = await singleBatches(async (rows) => {
    const {tower, blockHash} = await openTower(rows);
    return {tower, steps: keys.map((key) => () => submit(tower, key, blockHash))};
  });
  const rates: Rates[] = [];
  for (let run = 0; run <= runs; run++) {
    const at = (name: string) => join(scratch, `${name}-${run}`);
    const rate = {
      calibrationMs: calibrate(),
      oneByOne: await writeOneByOne(at('one-by-one'), batches),
      together: await submitAtOnce(at('together'), keys),
    };
    // The first is for warming up.
    if (run > 0) rates.push(rate);
  }
  return rates;
};

async function measure(plan: Plan): Promise<Figure[]> {
  const count = plan.quick ? 50 : 1_000;
  plan.progress(`${plan.runs} runs`);
  const rates = await plan.task<Rates[]>('takeIn', {count, runs: plan.runs, scratch: plan.scratch});
  const calibrationMs = rates.map((rate) => rate.calibrationMs);
  const what = `${count.toLocaleString('en-US')} concurrent requests on disk, their signatures checked before`;
  return [
    {
      what: 'the rows of one request in a synced batch, one after the other',
      unit: 'a second',
      runs: rates.map(({oneByOne}) => oneByOne),
      calibrationMs,
    },
    {what, unit: 'a second', target: atLeast(3_000), runs: rates.map(({together}) => together), calibrationMs},
    {
      what: `${what}, to one synced batch each`,
      unit: 'times',
      target: atLeast(3),
      runs: rates.map(({together, oneByOne}) => together / oneByOne),
      calibrationMs,
    },
  ];
}

export default {tasks: {takeIn}, measure} satisfies Benchmark;
