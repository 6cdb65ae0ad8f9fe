import test from 'ava';
import {towerErrorCodes, TowerRefusal} from '../../src/client/errors.js';
import {TowerClient} from '../../src/client/tower-client.js';
import {decryptPenalty} from '../../src/crypto/penalty.js';
import {served, towerKey} from '../api/public/support/served.js';
import {signingKey} from '../support/keys.js';
import type {World} from '../support/world.js';
import {tempDir} from '../support/temp-dir.js';
import {teosProtocol as known} from '../support/teos-protocol.js';
import {fromHex} from '../support/vectors.js';

test('deposit, update, renewal, expiry, deletion and return, as a client sees them', async (t) => {
  const {world, port} = await served(t);
  const stateDir = tempDir(t);
  const tower = `${towerKey.publicKey}@127.0.0.1:${port}`;
  const client = new TowerClient({tower, key: signingKey(2), stateDir});
  const penalty = {disputeTxid: known.disputeTxid, penaltyTx: fromHex(known.penaltyTx)};
  const locator = known.locator.rust;

  await client.ping();
  t.like(await client.register(), {availableSlots: 10, subscriptionStart: 100, subscriptionExpiry: 110});
  const first = await client.addAppointment(penalty);
  t.like(first, {availableSlots: 9, startBlock: 100, subscriptionExpiry: 110});
  t.deepEqual(await client.addAppointment(penalty), first, 'the same again is the same');
  const large = {locator, encryptedBlob: Buffer.alloc(5_000, 1)};
  t.is((await client.addAppointment(large)).availableSlots, 7);
  t.is((await client.addAppointment({...penalty, toSelfDelay: 7})).availableSlots, 9);
  const held = await client.getAppointment(locator);
  t.like(held, {status: 'being_watched', toSelfDelay: 7});
  if (held.status !== 'being_watched') return;
  t.deepEqual(decryptPenalty(known.disputeTxid, held.encryptedBlob), fromHex(known.penaltyTx));
  t.deepEqual(await client.subscriptionInfo(), {availableSlots: 9, subscriptionExpiry: 110, locators: [locator]});
  const missing = await t.throwsAsync<TowerRefusal>(client.getAppointment('00'.repeat(16)), {instanceOf: TowerRefusal});
  t.is(missing.errorCode, 36);

  await world.mine(10);
  const expired = await t.throwsAsync<TowerRefusal>(client.addAppointment(penalty), {instanceOf: TowerRefusal});
  t.like(expired, {errorCode: 7, text: 'Your subscription expired at 110'});
  await world.mine(1);
  t.like(await client.register(), {availableSlots: 19, subscriptionStart: 100, subscriptionExpiry: 120});
  const findings = (await client.verifyReceipts()).map(({finding}) => finding);
  t.deepEqual(findings, ['replaced', 'replaced', 'replaced', 'replaced', 'kept', 'kept']);

  await world.mine(11);
  await t.throwsAsync(client.subscriptionInfo(), {instanceOf: TowerRefusal, message: /Have you registered/});
  const back = await client.register();
  t.like(back, {subscriptionStart: 122, availableSlots: 20}, 'one more than was told');
  t.deepEqual(new Set((await client.verifyReceipts()).map(({finding}) => finding)), new Set(['ended', 'kept']));
});

test('what a tower has promised and lost is found out, before and after the user comes anew', async (t) => {
  const key = signingKey(2);
  const deposits = [1, 2].map((n) => ({locator: `${n}`.padStart(32, '0'), encryptedBlob: Buffer.alloc(20)}));
  const stories: Record<string, (world: World) => Promise<World | undefined>> = {
    'the store is gone': async () => undefined,
    'an operator has deleted the user': async (world) => {
      await world.tower.operator.delete({key: key.publicKey}, 'operator');
      return world;
    },
  };
  for (const [title, happen] of Object.entries(stories)) {
    const {world, port} = await served(t);
    const stateDir = tempDir(t);
    const client = (at: number) => new TowerClient({tower: `${towerKey.publicKey}@127.0.0.1:${at}`, key, stateDir});
    const findings = async (at: number) => (await client(at).verifyReceipts()).map(({finding}) => finding);
    await client(port).register();
    for (const deposit of deposits) await client(port).addAppointment(deposit);
    const left = await happen(world);
    const later = left === undefined ? await served(t) : {world: left, port};
    t.deepEqual(await findings(later.port), ['lost', 'lost', 'lost'], title);
    await later.world.mine(1);
    await client(later.port).register();
    t.deepEqual(await findings(later.port), ['lost', 'lost', 'lost', 'kept'], title);
    await later.world.mine(20);
    t.deepEqual(await findings(later.port), ['lost', 'lost', 'lost', 'ended'], title);
  }
});

test('what was deposited while the chain went back below the start is kept', async (t) => {
  const {world, port} = await served(t);
  const tower = `${towerKey.publicKey}@127.0.0.1:${port}`;
  const client = new TowerClient({tower, key: signingKey(2), stateDir: tempDir(t)});
  await client.register();
  await world.mine(12);
  await client.register();
  await world.disconnect(5);
  await client.addAppointment({locator: '01'.repeat(16), encryptedBlob: Buffer.alloc(20)});
  const findings = (await client.verifyReceipts()).map(({finding}) => finding);
  t.deepEqual(findings, ['ended', 'kept', 'kept']);
});

test('one key used by many at once never hears of less than it was told', async (t) => {
  const {port} = await served(t);
  const stateDir = tempDir(t);
  const tower = `${towerKey.publicKey}@127.0.0.1:${port}`;
  const client = () => new TowerClient({tower, key: signingKey(3), stateDir});
  const receipts = await Promise.all(Array.from({length: 30}, () => client().register()));
  t.is(new Set(receipts.map(({availableSlots}) => availableSlots)).size, 30);
  t.is((await client().receipts()).receipts.length, 30);
});

test('a blob that the tower does not take is refused in its words, however large it is', async (t) => {
  const {port} = await served(t);
  const client = new TowerClient({tower: `${towerKey.publicKey}@127.0.0.1:${port}`, key: signingKey(2)});
  await client.register();
  for (const bytes of [65_537, 200_000, 3_000_000]) {
    const encryptedBlob = Buffer.alloc(bytes);
    const refused = client.addAppointment({locator: known.locator.rust, encryptedBlob});
    const {hint, ...refusal} = await t.throwsAsync(refused, {instanceOf: TowerRefusal});
    t.like(refusal, {errorCode: bytes === 65_537 ? towerErrorCodes.blobTooLong : 6, httpStatus: 413});
    t.is(hint, 'Send a smaller blob: this tower takes no larger ones.');
  }
});
