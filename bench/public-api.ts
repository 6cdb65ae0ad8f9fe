import {randomBytes} from 'node:crypto';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {SigningKey} from '../src/crypto/signing-key.js';
import {atLeast, atMost, type Benchmark, type Figure, type Plan, type Target, type Task} from './harness/benchmark.js';
import {calibrate} from './harness/calibration.js';
import {Daemon} from './support/daemon.js';
import {deviceKeys} from './support/device-keys.js';
import {type Load, load, post} from './support/http-load.js';

const connections = 64;
const blobBytes = 100;
const heldByEach = 5;
/** More than it takes. All are made before, so that a client's work does not count as the tower's. */
const mostPerSecond = 8_000;

interface Sizes {
  readonly users: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
}

interface Job extends Sizes {
  readonly runs: number;
  readonly scratch: string;
}

type Run = Load & {readonly calibrationMs: number};
type Call = 'add_appointment' | 'add_appointment, blocks arriving' | 'get_subscription_info' | 'register';
type Answer = Record<Call, Run[]>;

const unlimited = ['--api-rate-limit', '0', '--log-level', 'warn'];

const serve: Task = async ({users, warmUpMs, windowMs, runs, scratch}: Job): Promise<Answer> => {
  const tower = await Daemon.start(join(scratch, 'tower'), [
    ...unlimited,
    ...['--sim-block-interval', '0', '--subscription-slots', '4000000', '--subscription-duration', '1000000'],
  ]);
  const answer: Answer = {
    add_appointment: [],
    'add_appointment, blocks arriving': [],
    get_subscription_info: [],
    register: [],
  };
  try {
    const port = await tower.port();
    const keys = keysFrom(1, users);
    await registerAll(port, keys);
    const strangers = deviceKeys(runs * requestsOf({warmUpMs, windowMs}));
    const count = requestsOf({warmUpMs, windowMs});
    const deposit = appointments(keys);
    // Those who ask have a handful each: with what the others deposit, their answers would grow from run to run.
    const asking = keysFrom(users + 1, users);
    await registerAll(port, asking);
    await depositAll(port, appointments(asking), users * heldByEach);
    const ask = cycle(
      asking.map((key) => post('/get_subscription_info', {signature: key.sign(Buffer.from('get subscription info'))})),
    );
    const register = () => post('/register', {user_id: strangers.pop()});
    const measure = async (call: Call, make: () => Uint8Array, meanwhile?: () => {stop(): Promise<void>}) => {
      const made = Array.from({length: count}, make);
      const next = () => made.pop() ?? make();
      const calibrationMs = calibrate();
      const beside = meanwhile?.();
      answer[call].push({...(await load({port, connections, warmUpMs, windowMs, next})), calibrationMs});
      await beside?.stop();
    };
    for (let run = 0; run < runs; run++) {
      await measure('get_subscription_info', ask);
      await measure('add_appointment', deposit);
      await measure('add_appointment, blocks arriving', deposit, () => mineOften(tower));
      await measure('register', register);
    }
    return answer;
  } finally {
    await tower.stop();
  }
};

function keysFrom(first: number, count: number): SigningKey[] {
  return Array.from({length: count}, (_, i) => {
    const secret = Buffer.alloc(32);
    secret.writeUInt32BE(first + i, 28);
    return new SigningKey(secret);
  });
}

/** Deposits so many and no more. */
async function depositAll(port: number, deposit: () => Uint8Array, count: number): Promise<void> {
  let left = count;
  await load({port, connections: 16, warmUpMs: 0, windowMs: 60_000, next: () => (left-- > 0 ? deposit() : undefined)});
}

async function registerAll(port: number, keys: readonly SigningKey[]): Promise<void> {
  for (const {publicKey} of keys) {
    const {status} = await fetch(`http://127.0.0.1:${port}/register`, {
      method: 'POST',
      headers: {'content-type': 'application/json'},
      body: JSON.stringify({user_id: publicKey}),
    });
    if (status !== 200) throw new Error(`a registration was answered ${status}`);
  }
}

/** Requests to deposit something new each, of one user after the other. */
function appointments(keys: readonly SigningKey[]): () => Uint8Array {
  const blob = randomBytes(blobBytes);
  const toSelfDelay = Buffer.from([0, 0, 0, 42]);
  const user = cycle(keys);
  return () => {
    const locator = randomBytes(16);
    return post('/add_appointment', {
      appointment: {locator: locator.toString('hex'), encrypted_blob: blob.toString('hex'), to_self_delay: 42},
      signature: user().sign(Buffer.concat([locator, blob, toSelfDelay])),
    });
  };
}

const requestsOf = ({warmUpMs, windowMs}: {warmUpMs: number; windowMs: number}): number =>
  Math.ceil(((warmUpMs + windowMs) * mostPerSecond) / 1_000);

function cycle<T>(values: readonly T[]): () => T {
  let at = 0;
  return () => values[at++ % values.length]!;
}

/** An empty block every second. */
function mineOften(tower: Daemon): {stop(): Promise<void>} {
  let goesOn = true;
  const mined = (async () => {
    for (; goesOn; await delay(1_000)) await tower.mine();
  })();
  return {
    stop() {
      goesOn = false;
      return mined;
    },
  };
}

async function measure(plan: Plan): Promise<Figure[]> {
  const sizes: Sizes = plan.quick
    ? {users: 10, warmUpMs: 200, windowMs: 500}
    : {users: 1_000, warmUpMs: 3_000, windowMs: 20_000};
  plan.progress(`${plan.runs} runs of ${sizes.windowMs / 1_000} s for each call`);
  const answer = await plan.task<Answer>('serve', {...sizes, runs: plan.runs, scratch: plan.scratch});
  const figure = (call: Call, unit: string, target: Target, value: (run: Run) => number): Figure => ({
    what: `${unit === 'ms' ? 'p99 of ' : ''}/${call}, ${connections} connections`,
    unit,
    target,
    runs: answer[call].map(value),
    calibrationMs: answer[call].map(({calibrationMs}) => calibrationMs),
  });
  for (const [call, runs] of Object.entries(answer) as [Call, Run[]][]) {
    const refused = runs.reduce((sum, run) => sum + run.refused, 0);
    if (refused > 0) throw new Error(`${refused} requests of ${call} were refused`);
  }
  const rate = ({perSecond}: Run) => perSecond;
  const p99 = ({p99Ms}: Run) => p99Ms;
  return [
    figure('add_appointment', 'a second', atLeast(2_500), rate),
    figure('add_appointment', 'ms', atMost(60), p99),
    figure('add_appointment, blocks arriving', 'a second', atLeast(2_500), rate),
    figure('add_appointment, blocks arriving', 'ms', atMost(60), p99),
    figure('get_subscription_info', 'a second', atLeast(3_000), rate),
    figure('register', 'a second', atLeast(1_500), rate),
  ];
}

export default {tasks: {serve}, measure} satisfies Benchmark;
