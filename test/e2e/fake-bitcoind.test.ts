import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import type {Fault, FaultKind} from '../../src/chain/bitcoind/fake/index.js';
import {faultKinds} from '../../src/chain/bitcoind/fake/index.js';
import {ask, runHere, start, temporaryDirectory} from '../cli/harness.js';
import {publicKey} from '../support/keys.js';
import {until} from '../support/until.js';

/** Faults that wait together while the chain moves on, and what it does meanwhile. */
interface Phase {
  readonly faults: readonly Fault[];
  readonly restart?: {readonly lose: number; readonly follow: boolean};
  readonly reorg: {readonly depth: number; readonly blocks: number};
}

const phases: readonly Phase[] = [
  {
    faults: [
      {kind: 'lose', next: 1},
      {kind: 'double', next: 1},
      {kind: 'delay', ms: 200, next: 1},
      {kind: 'reorder', next: 2},
    ],
    reorg: {depth: 2, blocks: 7},
  },
  {
    faults: (['busy', 'truncated', 'garbage', 'refused', 'reset', 'unauthorized'] as const).map((kind) => ({
      kind,
      next: 2,
    })),
    reorg: {depth: 3, blocks: 5},
  },
  {
    faults: [
      {kind: 'silence', until: 'reconnected'},
      {kind: 'slow', ms: 150, next: 3},
      {kind: 'error', code: -28, message: 'Loading block index…', next: 2},
    ],
    reorg: {depth: 1, blocks: 2},
  },
  // What waits for an answer when the node goes down has waited in vain.
  {faults: [{kind: 'timeout', next: 1}], restart: {lose: 0, follow: true}, reorg: {depth: 2, blocks: 4}},
  {faults: [], restart: {lose: 4, follow: false}, reorg: {depth: 6, blocks: 9}},
];

interface Story {
  readonly digest: string;
  readonly tip: string;
  readonly struck: Readonly<Record<FaultKind, number>>;
}

/** The same chain and users, with the faults or without: real programs, real sockets. */
async function tell(t: ExecutionContext, faulty: boolean): Promise<Story> {
  const node = start(t, ['fake-bitcoind', '--seed', 'end to end', '--json']);
  const {rpc_url, rpc_port, zmq, cookie} = JSON.parse(await node.said('stdout', /\n/)) as Record<string, string>;
  const call = async <T>(method: string, params: unknown = []): Promise<T> => {
    for (;;) {
      try {
        const authorization = `Basic ${Buffer.from(await readFile(cookie!, 'utf8')).toString('base64')}`;
        const body = JSON.stringify({method, params, id: 1});
        const response = await fetch(rpc_url!, {method: 'POST', headers: {authorization}, body});
        if (response.status === 200) return ((await response.json()) as {result: T}).result;
        t.fail(`${method}: ${await response.text()}`);
      } catch {
        // It is just starting anew.
      }
    }
  };
  const mine = async (method: string, params: unknown): Promise<string> =>
    (await call<string[]>(method, params)).at(-1)!;
  await call('fakemine', [110]);
  const dataDir = join(await temporaryDirectory(t), 'tower');
  const flags = [
    '--btc-rpc-port',
    String(rpc_port),
    '--btc-feed-port',
    new URL(zmq!).port,
    '--btc-rpc-cookie',
    cookie!,
  ];
  const rules = ['--polling-delta', '1', '--subscription-duration', '12', '--expiry-delta', '2'];
  const tower = start(t, ['run', '--chain', 'bitcoind', '--data-dir', dataDir, ...flags, ...rules]);
  await tower.said('stderr', /state=synced height=110/);
  for (const [index, {faults, restart, reorg}] of phases.entries()) {
    await ask(t, dataDir, 'register', publicKey(index + 1));
    if (faulty) for (const fault of faults) await call('fakefault', fault);
    const tip = await mine('fakereorg', reorg);
    if (faulty && restart) {
      if (faults.length > 0) await until(async () => (await struckBy(call)).timeout > 0);
      else await tower.said('stderr', new RegExp(`event=block_connected height=\\d+ hash=${tip}`));
      await call('fakerestart', {lose: restart.lose, down_ms: 300});
      if (!restart.follow) {
        await tower.said('stderr', /state=stalled/);
        await call('fakefollow', ['blocks']);
      }
    }
    await tower.said('stderr', new RegExp(`event=block_connected height=\\d+ hash=${tip}`));
  }
  const struck = await struckBy(call);
  await call('fakeheal');
  const tip = await mine('fakemine', [10]);
  await tower.said('stderr', new RegExp(`event=block_connected height=\\d+ hash=${tip}`));
  tower.child.kill('SIGINT');
  t.is((await tower.ended).status, 0);
  await call('stop');
  t.is((await node.ended).status, 0);
  const {stdout} = await runHere(['digest', '--data-dir', dataDir, '--json']);
  return {digest: (JSON.parse(stdout) as {digest: string}).digest, tip, struck};
}

const struckBy = async (call: <T>(method: string) => Promise<T>): Promise<Record<FaultKind, number>> =>
  (await call<{struck: Record<FaultKind, number>}>('fakefaults')).struck;

test('a tower comes through every fault of its node to the digest that it has without them', async (t) => {
  const [plain, faulty] = await Promise.all([tell(t, false), tell(t, true)]);
  for (const kind of faultKinds) t.true(faulty.struck[kind] > 0, kind);
  t.is(faulty.tip, plain.tip);
  t.is(faulty.digest, plain.digest);
});
