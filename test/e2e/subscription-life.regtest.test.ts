import {type ExecutionContext} from 'ava';
import {join} from 'node:path';
import {run} from '../cli/harness.js';
import {mine, regtestTest} from '../support/regtest.js';
import {tempDir} from '../support/temp-dir.js';
import {teosProtocol as known} from '../support/teos-protocol.js';
import {towerOn} from './support/on-bitcoind.js';

/** What `bartizan client` prints with --json, or the error that it ends with. */
type Said = Record<string, unknown> & {facts?: Record<string, unknown>; receipts?: unknown[]};

const slots = 4;
const duration = 10;
const delta = 3;
const startHeight = 110;
const expiry = startHeight + duration;

const settings = [
  ['--subscription-slots', slots],
  ['--subscription-duration', duration],
  ['--expiry-delta', delta],
]
  .flat()
  .map(String);

/** `bartizan client`, in a process of its own each time. */
function clientOf(t: ExecutionContext, stateDir: string) {
  return async (expected: 0 | 1, ...args: string[]): Promise<Said> => {
    const {status, stdout, stderr} = await run(t, ['client', ...args, '--state-dir', stateDir, '--json']);
    t.is(status, expected, `${args.join(' ')}: ${stderr}`);
    const line = expected === 0 || stdout !== '' ? stdout : stderr.trim().split('\n').at(-1)!;
    return JSON.parse(line) as Said;
  };
}

regtestTest('a user registers, deposits, renews in grace, expires, is deleted and comes back', async (t, start) => {
  const node = await start();
  await mine(node, startHeight);
  const tower = await towerOn(t, node, tempDir(t), {args: settings}).listening();
  await tower.says(/synced/);
  const {towerId} = await tower.admin.status();
  const {host, port} = await tower.api();
  const reach = async (height: number): Promise<void> => {
    const blocks = height - (await node.rpc<number>('getblockcount'));
    await tower.reaches((await mine(node, blocks)).at(-1)!);
  };
  const client = clientOf(t, join(tempDir(t), 'state'));
  const penalty = ['--dispute-txid', known.disputeTxid, '--penalty-tx', known.penaltyTx];
  const small = (n: number) => ['--locator', n.toString(16).padStart(32, '0'), '--blob', 'ab'.repeat(100)];

  const registered = await client(0, 'register', '--tower', `${towerId}@${host}:${port}`);
  t.like(registered, {available_slots: slots, subscription_start: startHeight, subscription_expiry: expiry});
  t.like(await client(0, 'add-appointment', ...penalty), {
    available_slots: slots - 1,
    start_block: startHeight,
    subscription_expiry: expiry,
  });
  t.like(await client(0, 'add-appointment', ...penalty), {available_slots: slots - 1}, 'the same again costs nothing');
  await client(0, 'add-appointment', ...small(1));
  t.like(await client(0, 'get-appointment', known.disputeTxid), {penalty_tx: known.penaltyTx, status: 'being_watched'});
  t.like(await client(0, 'subscription-info'), {available_slots: slots - 2, subscription_expiry: expiry});

  await reach(expiry - 1);
  await client(0, 'get-appointment', known.locator.rust);
  await reach(expiry);
  for (const args of [
    ['add-appointment', ...small(2)],
    ['get-appointment', known.locator.rust],
    ['subscription-info'],
  ]) {
    t.like(await client(1, ...args), {
      code: 'TOWER_REFUSED',
      facts: {error_code: 7, http_status: 401, text: `Your subscription expired at ${expiry}`},
    });
  }

  await reach(expiry + delta - 1);
  const renewed = await client(0, 'register');
  t.like(renewed, {subscription_start: startHeight, subscription_expiry: expiry + duration});
  t.is(renewed['available_slots'], slots - 2 + slots);
  t.like(await client(0, 'get-appointment', known.disputeTxid), {penalty_tx: known.penaltyTx}, 'grace keeps it');
  t.like(await client(0, 'verify'), {counts: {kept: 3, replaced: 2}});

  const secondExpiry = expiry + duration;
  await reach(secondExpiry + delta - 1);
  t.like(await client(1, 'subscription-info'), {facts: {text: `Your subscription expired at ${secondExpiry}`}});
  await reach(secondExpiry + delta);
  t.is((await tower.admin.status()).users, 0);
  t.like(await client(1, 'subscription-info'), {facts: {text: 'User not found. Have you registered?'}});
  t.like(await client(1, 'add-appointment', ...small(3)), {
    facts: {error_code: 7, text: 'Invalid signature or user does not have enough slots available'},
  });

  const back = await client(0, 'register');
  t.is(back['subscription_start'], secondExpiry + delta);
  t.true(Number(back['available_slots']) > slots - 2 + slots, 'above what was told, so that the client accepts it');
  t.like(await client(0, 'add-appointment', ...small(3)), {start_block: secondExpiry + delta});
  t.like(await client(1, 'get-appointment', known.locator.rust), {facts: {error_code: 36}}, 'nothing is inherited');
  t.like(await client(0, 'verify'), {counts: {kept: 2, ended: 5}});
  t.is((await client(0, 'receipts')).receipts?.length, 7);
  t.like(await tower.admin.verify(), {problemCount: 0});
  t.is((await tower.signal('SIGTERM')).status, 0);
});
