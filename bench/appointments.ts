import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {SimulatedChain} from '../src/chain/simulated-chain.js';
import {SigningKey} from '../src/crypto/signing-key.js';
import {LevelStore} from '../src/store/level-store.js';
import {Tower} from '../src/tower/tower.js';
import {atMost, type Benchmark, type Figure, type Plan, type Task} from './harness/benchmark.js';
import {calibrate} from './harness/calibration.js';
import {residentMiB} from './harness/memory.js';
import {type Depositors, blobOf, locatorOf, populateDeposits, signature, toSelfDelay} from './support/deposits.js';
import {deviceKeys} from './support/device-keys.js';
import {copyOf} from './support/populated-store.js';
import {startHeight} from './support/population.js';
import {perSecond} from './support/single-batches.js';

interface Run {
  readonly openMs: number;
  readonly requestsPerSecond: number;
  readonly residentMiB: number;
  readonly calibrationMs: number;
}

/** Requests on their way at any time, as from so many connections. */
const atOnce = 64;

const live: Task = async ({location, users, each, requests}: Depositors & {requests: number}): Promise<Run> => {
  const keys = deviceKeys(users);
  const source = new SimulatedChain({seed: 1});
  source.mine(startHeight);
  const key = new SigningKey(new Uint8Array(32).fill(1));
  const calibrationMs = calibrate();
  const start = performance.now();
  const tower = await Tower.open({rows: await LevelStore.open(location), source, network: 'regtest', key});
  const openMs = performance.now() - start;
  tower.start();
  await tower.synced();

  const {gatekeeper} = tower;
  const deposit = (user: number, locator: string, content: string) =>
    gatekeeper.addUpdateAppointment(keys[user - 1]!, {locator, encryptedBlob: blobOf(content), toSelfDelay, signature});
  const request = async (n: number): Promise<unknown> => {
    const user = ((n * 7_919) % users) + 1;
    const held = locatorOf(user, n % each);
    if (n % 5 === 0) return gatekeeper.subscriptionInfo(keys[user - 1]!);
    if (n % 5 === 1) return gatekeeper.appointment(keys[user - 1]!, held);
    if (n % 5 === 2) return deposit(user, held, `update ${n}`);
    const added = locatorOf(user, each + n);
    return deposit(user, added, added);
  };
  let next = 0;
  const connection = async () => {
    while (next < requests) await request(next++);
  };
  const requestsPerSecond = await perSecond(requests, () => Promise.all(Array.from({length: atOnce}, connection)));
  const answer = {openMs, requestsPerSecond, residentMiB: residentMiB(), calibrationMs};
  await tower.close();
  return answer;
};

async function measure(plan: Plan): Promise<Figure[]> {
  const [users, each, requests] = plan.quick ? [100, 10, 200] : [10_000, 100, 10_000];
  const location = join(plan.shared, `deposits-${users}-${each}`);
  const count = (n: number) => n.toLocaleString('en-US');
  if (!existsSync(location)) {
    plan.progress(`building a store of ${count(users * each)} appointments`);
    const problems = await plan.task<number>('populate', {location, users, each} satisfies Depositors);
    if (problems > 0) throw new Error(`verify finds ${problems} problems in the store that the benchmark has built`);
  }
  const done: Run[] = [];
  for (let run = 1; run <= plan.runs; run++) {
    plan.progress(`run ${run} of ${plan.runs}`);
    const copy = await copyOf(plan, location, `run-${run}`);
    done.push(await plan.task<Run>('live', {location: copy, users, each, requests}));
    await plan.clear(`run-${run}`);
  }
  const calibrationMs = done.map((run) => run.calibrationMs);
  const store = `${count(users * each)} appointments of ${count(users)} users`;
  const mixed = `${count(requests)} mixed requests to a tower of ${store}`;
  return [
    {
      what: `open a tower of ${store}`,
      unit: 'ms',
      target: atMost(300),
      runs: done.map(({openMs}) => openMs),
      calibrationMs,
    },
    {
      what: `${mixed}: resident`,
      unit: 'MiB',
      target: atMost(200),
      runs: done.map((run) => run.residentMiB),
      calibrationMs,
    },
    {what: mixed, unit: 'a second', runs: done.map((run) => run.requestsPerSecond), calibrationMs},
  ];
}

export default {tasks: {populate: populateDeposits, live}, measure} satisfies Benchmark;
