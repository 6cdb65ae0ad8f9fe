import {appendFileSync} from 'node:fs';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {TowerRefusal, TowerUnreachable} from '../../src/client/errors.js';
import {formatReceipt} from '../../src/client/receipt.js';
import {type ReceiptCheck} from '../../src/client/receipt-checks.js';
import {receiptFolderOf} from '../../src/client/receipt-folder.js';
import {TowerClient} from '../../src/client/tower-client.js';
import {until} from '../support/until.js';
import {tempDir} from '../support/temp-dir.js';
import {teosProtocol as known} from '../support/teos-protocol.js';
import {depositBy, fakeTower, refuses, registrationBy, towerKey, userKey} from './fake-tower.js';

interface Held {
  encrypted_blob: string;
  to_self_delay: number;
}

/** A tower with a memory, which the test may tamper with. */
async function remembering(t: ExecutionContext) {
  const appointments = new Map<string, Held>();
  const now = {slots: 10, start: 100, expiry: 200, height: 100};
  let refusal: ReturnType<typeof refuses> | undefined;
  const tower = await fakeTower(t, (path, body) => {
    if (refusal !== undefined && path !== '/auth/info') return refusal;
    switch (path) {
      case '/register':
        return registrationBy(now);
      case '/add_appointment': {
        const {locator, ...held} = body['appointment'] as Held & {locator: string};
        appointments.set(locator, held);
        return depositBy(body, {...now, start: now.height});
      }
      case '/auth/info':
        if (now.height < 0) return refuses(404, {error: 'Not found', error_code: 6});
        return {
          tower_id: towerKey.publicKey,
          auth: 'none',
          block_height: now.height,
          block_hash: '00'.repeat(32),
          proof_window: 6,
        };
      case '/get_appointment': {
        const locator = body['locator'] as string;
        const held = appointments.get(locator);
        if (held === undefined) return refuses(404, {error: 'Appointment not found', error_code: 36});
        return {status: 'being_watched', appointment: {locator, ...held}};
      }
      default:
        return {available_slots: now.slots, subscription_expiry: now.expiry, locators: [...appointments.keys()]};
    }
  });
  const stateDir = tempDir(t);
  const client = new TowerClient({tower: tower.address, key: userKey, stateDir});
  return {tower, appointments, now, client, stateDir, refuse: (with_: typeof refusal) => (refusal = with_)};
}

const locator = (n: number): string => n.toString(16).padStart(32, '0');
const deposit = (n: number, blob = 'aa'.repeat(20)) => ({locator: locator(n), encryptedBlob: Buffer.from(blob, 'hex')});
const findingsOf = (checks: readonly ReceiptCheck[]): string[] => checks.map(({finding}) => finding);

test('what the tower still has is kept, and what a later receipt replaces is not asked for', async (t) => {
  const {client, now, tower} = await remembering(t);
  await client.register();
  await client.addAppointment(deposit(1));
  await client.addAppointment(deposit(1, 'bb'.repeat(20)));
  await client.addAppointment(deposit(2));
  Object.assign(now, {slots: 20, expiry: 300});
  await client.register();
  const before = tower.heard.length;
  t.deepEqual(findingsOf(await client.verifyReceipts()), ['replaced', 'replaced', 'kept', 'kept', 'kept']);
  t.deepEqual(
    tower.heard.slice(before).map(({path}) => path),
    ['/get_subscription_info', '/get_appointment', '/get_appointment'],
  );
});

test('a tower that has lost, altered or gone back on what it promised is found out', async (t) => {
  const {client, appointments, now} = await remembering(t);
  await client.register();
  for (let n = 1; n <= 4; n++) await client.addAppointment(deposit(n));
  await client.addAppointment(deposit(4, 'bb'.repeat(20)));
  appointments.delete(locator(1));
  appointments.get(locator(2))!.encrypted_blob = 'ab'.repeat(20);
  appointments.get(locator(3))!.to_self_delay = 7;
  appointments.get(locator(4))!.encrypted_blob = 'aa'.repeat(20);
  now.expiry--;
  t.deepEqual(findingsOf(await client.verifyReceipts()), ['lost', 'lost', 'altered', 'altered', 'replaced', 'altered']);
});

test('what belongs to a subscription that has ended is nobody’s debt', async (t) => {
  const {client, appointments, now, tower} = await remembering(t);
  await client.register();
  await client.addAppointment(deposit(1));
  await client.addAppointment(deposit(2));
  appointments.clear();
  Object.assign(now, {slots: 11, start: 250, expiry: 350, height: 250});
  await client.register();
  await client.addAppointment(deposit(2));
  const before = tower.heard.length;
  t.deepEqual(findingsOf(await client.verifyReceipts()), ['ended', 'ended', 'replaced', 'kept', 'kept']);
  t.is(tower.heard.length - before, 2);
});

test('the renewal that promises most counts, whichever process wrote last', async (t) => {
  const {client, now} = await remembering(t);
  Object.assign(now, {slots: 20, expiry: 300});
  await client.register();
  Object.assign(now, {slots: 10, expiry: 200});
  await client.register({acceptLower: true});
  t.deepEqual(findingsOf(await client.verifyReceipts()), ['lost', 'replaced']);
  now.expiry = 300;
  t.deepEqual(findingsOf(await client.verifyReceipts()), ['kept', 'replaced']);
});

test('an answered breach is what the appointment was for', async (t) => {
  const {client, tower} = await remembering(t);
  await client.register();
  await client.addAppointment({disputeTxid: known.disputeTxid, penaltyTx: Buffer.from('01', 'hex')});
  await tower.close();
  const appointment = {dispute_txid: known.disputeTxid, penalty_txid: '00'.repeat(32), penalty_rawtx: '01'};
  const answering = await fakeTower(t, (path) =>
    path === '/get_appointment'
      ? {status: 'dispute_responded', appointment}
      : {available_slots: 1, subscription_expiry: 200, locators: []},
  );
  const {receipts} = await client.receipts();
  const later = await remembering(t);
  const folder = receiptFolderOf(later.stateDir, {towerId: client.towerId, key: client.publicKey});
  await later.client.register();
  appendFileSync(join(folder, 'receipts.jsonl'), `${formatReceipt(receipts[1]!)}\n`);
  const asking = new TowerClient({tower: answering.address, key: userKey, stateDir: later.stateDir});
  t.deepEqual(findingsOf(await asking.verifyReceipts()), ['kept', 'answered']);
});

test('a receipt that the tower has not signed is none', async (t) => {
  const {client, stateDir} = await remembering(t);
  t.deepEqual(await client.verifyReceipts(), []);
  const registration = await client.register();
  const path = join(receiptFolderOf(stateDir, {towerId: client.towerId, key: client.publicKey}), 'receipts.jsonl');
  appendFileSync(path, `${formatReceipt({...registration, availableSlots: 1_000_000})}\n`);
  const receipt = await client.addAppointment(deposit(1));
  appendFileSync(path, `${formatReceipt({...receipt, startBlock: 1})}\n`);
  t.deepEqual(findingsOf(await client.verifyReceipts()), ['kept', 'forged', 'kept', 'forged']);
});

test('a tower that is asked too often is given the time that it asks for', async (t) => {
  const {client, refuse, tower} = await remembering(t);
  await client.register();
  await client.addAppointment(deposit(1));
  const tooOften = {error: 'Too many requests', error_code: 32};
  let times = 2;
  refuse((response) => {
    if (--times === 0) refuse(undefined);
    response.writeHead(429, {'retry-after': '0'}).end(JSON.stringify(tooOften));
  });
  t.deepEqual(findingsOf(await client.verifyReceipts()), ['kept', 'kept']);
  refuse(refuses(429, tooOften, {'retry-after': '0'}));
  const before = tower.heard.length;
  await t.throwsAsync(client.verifyReceipts(), {instanceOf: TowerRefusal, message: /Too many requests/});
  t.is(tower.heard.length - before, 11);
  refuse(refuses(429, tooOften, {'retry-after': '1000'}));
  const giveUp = new AbortController();
  const reason = new Error('enough');
  const call = client.verifyReceipts({signal: giveUp.signal});
  await until(() => tower.heard.length - before === 12);
  giveUp.abort(reason);
  t.is(await t.throwsAsync(call), reason);
});

const reasonsOf = (checks: readonly ReceiptCheck[]): unknown[] =>
  checks.map(({finding, promisedUntil, reason}) => [finding, promisedUntil, reason]);

test('a tower that begins anew before the end that it promised has lost what it promised, now and ever after', async (t) => {
  const {client, appointments, now} = await remembering(t);
  await client.register();
  await client.addAppointment(deposit(1));
  await client.addAppointment(deposit(2));
  appointments.clear();
  Object.assign(now, {slots: 11, start: 101, expiry: 201, height: 101});
  await client.register();
  const anew = 'the tower began another subscription at 101';
  t.deepEqual(reasonsOf(await client.verifyReceipts()), [
    ['lost', 200, anew],
    ['lost', 200, anew],
    ['lost', 200, anew],
    ['kept', 201, undefined],
  ]);
  for (const n of [1, 2]) await client.addAppointment(deposit(n));
  const redeposited = ['lost', 'replaced', 'replaced', 'kept', 'kept', 'kept'];
  t.deepEqual(findingsOf(await client.verifyReceipts()), redeposited);
  Object.assign(now, {slots: 21, expiry: 301, height: 260});
  await client.register();
  t.deepEqual(findingsOf(await client.verifyReceipts()), [
    'lost',
    'replaced',
    'replaced',
    'replaced',
    'kept',
    'kept',
    'kept',
  ]);
});

test('a later subscription that begins at a lower height is no end of the one before', async (t) => {
  const {client, appointments, now} = await remembering(t);
  await client.register();
  await client.addAppointment(deposit(1));
  appointments.clear();
  Object.assign(now, {slots: 11, start: 60, expiry: 201, height: 60});
  await client.register();
  t.deepEqual(findingsOf(await client.verifyReceipts()), ['lost', 'lost', 'kept']);
});

test('heights that a reorg has moved are no loss', async (t) => {
  const {client, appointments, now} = await remembering(t);
  await client.register();
  now.height = 97;
  await client.addAppointment(deposit(1));
  t.deepEqual(findingsOf(await client.verifyReceipts()), ['kept', 'kept'], 'deposited below the start');
  Object.assign(now, {slots: 20, start: 98, expiry: 300, height: 99});
  await client.register();
  t.deepEqual(findingsOf(await client.verifyReceipts()), ['replaced', 'kept', 'kept'], 'renewed, with another start');
  Object.assign(now, {slots: 21, start: 120, expiry: 310, height: 120});
  await client.register();
  const stillThere = ['replaced', 'kept', 'replaced', 'kept'];
  t.deepEqual(findingsOf(await client.verifyReceipts()), stillThere, 'what was deposited before is still there');
  appointments.clear();
  t.deepEqual(findingsOf(await client.verifyReceipts()), ['replaced', 'lost', 'lost', 'kept']);
});

test('a tower that no longer knows the key has lost what it promised beyond the height', async (t) => {
  const {client, now, refuse, tower} = await remembering(t);
  await client.register();
  await client.addAppointment(deposit(1));
  const words = 'User not found. Have you registered?';
  refuse(refuses(401, {error: words, error_code: 7}));
  now.height = 199;
  const lost = ['lost', 200, `at height 199 the tower says: ${words}`];
  t.deepEqual(reasonsOf(await client.verifyReceipts()), [lost, lost]);
  now.height = 200;
  t.deepEqual(findingsOf(await client.verifyReceipts()), ['ended', 'ended']);
  const before = tower.heard.length;
  t.deepEqual(findingsOf(await client.verifyReceipts({height: 150})), ['lost', 'lost'], 'by another clock');
  t.is(tower.heard.length - before, 1);
  now.height = -1;
  const unknown = ['unknown', 200, `the tower says: ${words}`];
  t.deepEqual(reasonsOf(await client.verifyReceipts()), [unknown, unknown]);
});

test('a tower that says that the subscription has expired is held to when', async (t) => {
  const {client, refuse, stateDir} = await remembering(t);
  const registration = await client.register();
  await client.addAppointment(deposit(1));
  const path = join(receiptFolderOf(stateDir, {towerId: client.towerId, key: client.publicKey}), 'receipts.jsonl');
  appendFileSync(path, `${formatReceipt({...registration, availableSlots: 1_000_000})}\n`);
  refuse(refuses(401, {error: 'Your subscription expired at 200', error_code: 7}));
  t.deepEqual(findingsOf(await client.verifyReceipts()), ['ended', 'ended', 'forged']);
  t.deepEqual(findingsOf(await client.verifyReceipts({height: 199})), ['lost', 'lost', 'forged']);
  refuse(refuses(401, {error: 'Your subscription expired at 199', error_code: 7}));
  const lost = ['lost', 200, 'the tower says: Your subscription expired at 199'];
  t.deepEqual(reasonsOf(await client.verifyReceipts()), [lost, lost, ['forged', undefined, undefined]]);
});

test('a tower that refuses or does not answer leaves the question open', async (t) => {
  const {client, refuse, tower} = await remembering(t);
  await client.register();
  await client.addAppointment(deposit(1));
  refuse(refuses(503, {error: 'Service currently unavailable', error_code: 32}));
  await t.throwsAsync(client.verifyReceipts(), {instanceOf: TowerRefusal, message: /unavailable/});
  await tower.close();
  await t.throwsAsync(client.verifyReceipts(), {instanceOf: TowerUnreachable});
  const reason = new Error('enough');
  t.is(await t.throwsAsync(client.verifyReceipts({signal: AbortSignal.abort(reason)})), reason);
});
