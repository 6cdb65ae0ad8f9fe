import {strict as assert} from 'node:assert';
import {join} from 'node:path';
import {RegtestNode} from '../src/chain/bitcoind/regtest/index.js';
import {LevelStore} from '../src/store/level-store.js';
import {Tower} from '../src/tower/tower.js';
import {atLeast, type Benchmark, type Figure, type Plan, type Task} from './harness/benchmark.js';
import {calibrate} from './harness/calibration.js';
import {chainOf, mine} from './support/bitcoind.js';
import {standInSigner} from './support/device-keys.js';

/** As many as the pull loop asks for at once. */
const runHeaders = 500;

interface Rates {
  readonly tower: number;
  readonly download: number;
  readonly calibrationMs: number;
}

const openTower = async (node: RegtestNode, location: string): Promise<Tower> =>
  Tower.open({rows: await LevelStore.open(location), source: chainOf(node), network: 'regtest', key: standInSigner});

async function perSecond(blocks: number, work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return blocks / ((performance.now() - start) / 1_000);
}

/** Downloads the same headers with the same batches, and does nothing with them. */
async function download(node: RegtestNode, blocks: number): Promise<void> {
  const source = chainOf(node);
  let got = 0;
  for (let from = 2; from <= blocks + 1; from += runHeaders) {
    got += (await source.headers(from, Math.min(from + runHeaders - 1, blocks + 1))).length;
  }
  assert.equal(got, blocks);
  await source.close();
}

/** Follows the node to its tip; answers the blocks it connects a second. */
async function follow(node: RegtestNode, blocks: number, location: string): Promise<number> {
  const tower = await openTower(node, location);
  const rate = await perSecond(blocks, async () => {
    tower.start();
    await tower.synced();
  });
  assert.equal(tower.tip?.height, blocks + 1);
  await tower.close();
  return rate;
}

const catchUp: Task = async ({blocks, runs, scratch}: {blocks: number; runs: number; scratch: string}) => {
  const node = await RegtestNode.start({zmq: false});
  try {
    await mine(node, 1);
    const locations = Array.from({length: runs + 1}, (_, run) => join(scratch, `run-${run}`));
    for (const location of locations) await follow(node, 0, location);
    await mine(node, blocks);
    const rates: Rates[] = [];
    for (const [run, location] of locations.entries()) {
      const calibrationMs = calibrate();
      const rate = {
        download: await perSecond(blocks, () => download(node, blocks)),
        tower: await follow(node, blocks, location),
      };
      // The first is for warming up: it is the only one in which our code is not compiled yet.
      if (run > 0) rates.push({...rate, calibrationMs});
    }
    return rates;
  } finally {
    await node.stop();
  }
};

async function measure(plan: Plan): Promise<Figure[]> {
  const blocks = plan.quick ? 600 : 10_000;
  plan.progress(`mining ${blocks.toLocaleString('en-US')} regtest blocks, and ${plan.runs} runs over them`);
  const rates = await plan.task<Rates[]>('catchUp', {blocks, runs: plan.runs, scratch: plan.scratch});
  const calibrationMs = rates.map((rate) => rate.calibrationMs);
  const what = `catch-up over ${blocks.toLocaleString('en-US')} regtest blocks`;
  return [
    {what, unit: 'blocks/s', runs: rates.map(({tower}) => tower), calibrationMs},
    {
      what: `${what}, to downloading the headers alone`,
      unit: 'times',
      target: atLeast(0.5),
      runs: rates.map(({tower, download}) => tower / download),
      calibrationMs,
    },
  ];
}

export default {tasks: {catchUp}, measure} satisfies Benchmark;
