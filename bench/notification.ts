import {join} from 'node:path';
import {ZmqNotifications} from '../src/chain/bitcoind/notifications.js';
import {RegtestNode} from '../src/chain/bitcoind/regtest/index.js';
import {LevelStore} from '../src/store/level-store.js';
import {Tower} from '../src/tower/tower.js';
import {atMost, type Benchmark, type Figure, type Plan, type Task} from './harness/benchmark.js';
import {calibrate} from './harness/calibration.js';
import {quantile} from './harness/median.js';
import {chainOf, mine} from './support/bitcoind.js';
import {standInSigner} from './support/device-keys.js';

interface Latency {
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly calibrationMs: number;
}

const latency: Task = async ({blocks, runs, scratch}: {blocks: number; runs: number; scratch: string}) => {
  const node = await RegtestNode.start();
  let heardMs = 0;
  const notifications = new ZmqNotifications(node.zmqEndpoint);
  const listen = notifications.listen.bind(notifications);
  notifications.listen = (onMessage) =>
    listen((notification) => {
      heardMs = performance.now();
      onMessage(notification);
    });
  const rows = await LevelStore.open(join(scratch, 'store'));
  const tower = await Tower.open({rows, source: chainOf(node, notifications), network: 'regtest', key: standInSigner});
  try {
    tower.start();
    await tower.synced();
    const latencies: Latency[] = [];
    for (let run = 0; run <= runs; run++) {
      const calibrationMs = calibrate();
      const times: number[] = [];
      for (let block = 0; block < blocks; block++) times.push(await nextBlock());
      // The first is for warming up.
      if (run > 0) latencies.push({medianMs: quantile(times, 0.5), p99Ms: quantile(times, 0.99), calibrationMs});
    }
    return latencies;
  } finally {
    await tower.close();
    await node.stop();
  }

  /** Has a block mined; answers the time from its message to its commit. */
  async function nextBlock(): Promise<number> {
    const committed = new Promise<number>((resolve) => {
      const end = tower.on(({type}) => {
        if (type !== 'block_connected') return;
        end();
        resolve(performance.now());
      });
    });
    const [committedMs] = await Promise.all([committed, mine(node, 1)]);
    return committedMs - heardMs;
  }
};

async function measure(plan: Plan): Promise<Figure[]> {
  const blocks = plan.quick ? 20 : 200;
  plan.progress(`${plan.runs} runs of ${blocks} regtest blocks`);
  const runs = await plan.task<Latency[]>('latency', {blocks, runs: plan.runs, scratch: plan.scratch});
  const calibrationMs = runs.map((run) => run.calibrationMs);
  const what = 'ZMQ message to committed tip';
  return [
    {what: `${what}, median`, unit: 'ms', target: atMost(10), runs: runs.map((run) => run.medianMs), calibrationMs},
    {what: `${what}, p99`, unit: 'ms', target: atMost(50), runs: runs.map((run) => run.p99Ms), calibrationMs},
  ];
}

export default {tasks: {latency}, measure} satisfies Benchmark;
