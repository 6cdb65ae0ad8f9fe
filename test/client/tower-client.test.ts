import {readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {LowerReceipt, NotATower, TowerMisbehaving, TowerRefusal} from '../../src/client/errors.js';
import {isSigned} from '../../src/client/receipt.js';
import {TowerClient} from '../../src/client/tower-client.js';
import {recoverKey} from '../../src/crypto/message-signature.js';
import {OperationalError, Rejection} from '../../src/errors/index.js';
import {publicKey, signingKey} from '../support/keys.js';
import {tempDir} from '../support/temp-dir.js';
import {teosProtocol as known} from '../support/teos-protocol.js';
import {fromHex} from '../support/vectors.js';
import {depositBy, fakeTower, refuses, registrationBy, towerKey, userKey} from './fake-tower.js';

const deposit = {disputeTxid: known.disputeTxid, penaltyTx: fromHex(known.penaltyTx)};
const blobHex = known.encryptedBlob.rust;

test('what a user says to a tower is, byte for byte, what the protocol says', async (t) => {
  const {availableSlots, subscriptionStart, subscriptionExpiry, rust} = known.registrationReceipt;
  const answers: Record<string, object> = {
    '/register': {
      user_id: known.userKey,
      available_slots: availableSlots,
      subscription_start: subscriptionStart,
      subscription_expiry: subscriptionExpiry,
      subscription_signature: rust.signature,
    },
    '/add_appointment': {
      locator: known.locator.rust,
      start_block: known.appointmentReceipt.startBlock,
      signature: known.appointmentReceipt.rust.signature,
      available_slots: availableSlots - 1,
      subscription_expiry: subscriptionExpiry,
    },
    '/get_appointment': {
      status: 'being_watched',
      appointment: {locator: known.locator.rust, encrypted_blob: blobHex, to_self_delay: known.toSelfDelay},
    },
    '/get_subscription_info': {available_slots: 9_999, subscription_expiry: 804_320, locators: [known.locator.rust]},
  };
  const tower = await fakeTower(t, (path) => answers[path]!);
  const client = new TowerClient({tower: tower.address, key: userKey});
  t.is(client.towerId, known.towerKey);
  t.deepEqual(await client.register(), {
    type: 'registration',
    towerId: known.towerKey,
    key: known.userKey,
    availableSlots,
    subscriptionStart,
    subscriptionExpiry,
    signature: rust.signature,
  });
  const receipt = await client.addAppointment(deposit);
  t.deepEqual(receipt, {
    type: 'appointment',
    towerId: known.towerKey,
    key: known.userKey,
    locator: known.locator.rust,
    toSelfDelay: known.toSelfDelay,
    blobBytes: blobHex.length / 2,
    userSignature: known.userSignatures.addAppointment,
    startBlock: known.appointmentReceipt.startBlock,
    availableSlots: availableSlots - 1,
    subscriptionExpiry,
    signature: known.appointmentReceipt.rust.signature,
  });
  t.true(isSigned(receipt));
  t.deepEqual(await client.getAppointment(known.locator.rust.toUpperCase()), {
    status: 'being_watched',
    locator: known.locator.rust,
    encryptedBlob: fromHex(blobHex),
    toSelfDelay: known.toSelfDelay,
  });
  t.deepEqual(await client.subscriptionInfo(), {
    availableSlots: 9_999,
    subscriptionExpiry: 804_320,
    locators: [known.locator.rust],
  });
  const appointment = `{"locator":"${known.locator.rust}","encrypted_blob":"${blobHex}","to_self_delay":42}`;
  const {addAppointment, getAppointment, getSubscriptionInfo} = known.userSignatures;
  t.deepEqual(tower.heard, [
    {path: '/register', body: `{"user_id":"${known.userKey}"}`},
    {path: '/add_appointment', body: `{"appointment":${appointment},"signature":"${addAppointment}"}`},
    {path: '/get_appointment', body: `{"locator":"${known.locator.rust}","signature":"${getAppointment}"}`},
    {path: '/get_subscription_info', body: `{"signature":"${getSubscriptionInfo}"}`},
  ]);
  t.deepEqual(
    (await client.receipts()).receipts.map(({type}) => type),
    ['registration', 'appointment'],
  );
});

test('a breach that was answered comes with its transactions', async (t) => {
  const [dispute_txid, penalty_txid] = [known.disputeTxid, 'ab'.repeat(32)];
  const appointment = {dispute_txid, penalty_txid, penalty_rawtx: known.penaltyTx};
  const tower = await fakeTower(t, () => ({status: 'dispute_responded', appointment}));
  const client = new TowerClient({tower: tower.address, key: userKey});
  t.deepEqual(await client.getAppointment(known.locator.rust), {
    status: 'dispute_responded',
    disputeTxid: dispute_txid,
    penaltyTxid: penalty_txid,
    penaltyTx: fromHex(known.penaltyTx),
  });
});

test('a receipt of another key is proof that the tower misbehaves, and nothing more is sent to it', async (t) => {
  const stateDir = tempDir(t);
  let signedBy = signingKey(9);
  const tower = await fakeTower(t, () => registrationBy({signedBy}));
  const client = new TowerClient({tower: tower.address, key: userKey, stateDir});
  const error = await t.throwsAsync<TowerMisbehaving>(client.register(), {instanceOf: TowerMisbehaving});
  t.is(error.code, 'TOWER_MISBEHAVING');
  t.regex(error.message, new RegExp(`${towerKey.publicKey} has signed with the key ${publicKey(9)}`));
  const {proof} = error;
  t.is(recoverKey(fromHex(proof.message), proof.signature), publicKey(9));
  t.deepEqual(
    [proof.request, JSON.parse(proof.answer)],
    [`{"user_id":"${userKey.publicKey}"}`, registrationBy({signedBy})],
  );
  t.deepEqual((await client.receipts()).receipts, []);

  signedBy = towerKey;
  const later = new TowerClient({tower: tower.address, key: userKey, stateDir});
  for (const call of [later.register(), later.addAppointment(deposit)]) {
    const again = await t.throwsAsync<TowerMisbehaving>(call, {instanceOf: TowerMisbehaving});
    t.deepEqual(again.proof, proof);
  }
  t.is(tower.heard.length, 1);

  const path = join(stateDir, towerKey.publicKey, userKey.publicKey, 'misbehaving.json');
  t.true(error.hint.includes(path));
  t.is((JSON.parse(readFileSync(path, 'utf8')) as {signer: string}).signer, publicKey(9));
  rmSync(path);
  await t.notThrowsAsync(later.register());
});

test('a client without a folder remembers a misbehaving tower, too, as long as it lives', async (t) => {
  const tower = await fakeTower(t, () => registrationBy({signedBy: userKey}));
  const client = new TowerClient({tower: tower.address, key: userKey});
  await t.throwsAsync(client.register(), {instanceOf: TowerMisbehaving});
  await t.throwsAsync(client.register(), {instanceOf: TowerMisbehaving});
  t.is(tower.heard.length, 1);
});

test('a receipt with another number than was signed, or a signature that is none, is no receipt', async (t) => {
  for (const change of [
    {available_slots: 11},
    {subscription_start: 99},
    {subscription_expiry: 201},
    {subscription_signature: 'nonsense'},
    {subscription_signature: ''},
    {subscription_signature: 'y'.repeat(104)},
  ]) {
    const tower = await fakeTower(t, () => ({...registrationBy(), ...change}));
    const client = new TowerClient({tower: tower.address, key: userKey});
    await t.throwsAsync(client.register(), {instanceOf: TowerMisbehaving}, JSON.stringify(change));
  }
  for (const change of [{start_block: 7}, {signature: 'nonsense'}]) {
    const tower = await fakeTower(t, (_, body) => ({...depositBy(body), ...change}));
    const client = new TowerClient({tower: tower.address, key: userKey});
    await t.throwsAsync(client.addAppointment(deposit), {instanceOf: TowerMisbehaving}, JSON.stringify(change));
    t.deepEqual((await client.receipts()).receipts, []);
  }
});

test('a registration must promise more slots and a later expiry than the tower said last', async (t) => {
  let promised = {slots: 10, expiry: 200};
  const tower = await fakeTower(t, (path, body) =>
    path === '/register' ? registrationBy(promised) : depositBy(body, {slots: 4, expiry: 200}),
  );
  const stateDir = tempDir(t);
  const client = () => new TowerClient({tower: tower.address, key: userKey, stateDir});
  await client().register();
  await t.throwsAsync(client().register(), {instanceOf: LowerReceipt, code: 'TOWER_LOWER_RECEIPT'});
  await client().addAppointment(deposit);
  for (promised of [
    {slots: 4, expiry: 300},
    {slots: 5, expiry: 200},
  ]) {
    const error = await t.throwsAsync<LowerReceipt>(client().register(), {instanceOf: LowerReceipt});
    t.like(error.facts, {availableSlots: promised.slots, toldSlots: 4, toldExpiry: 200});
  }
  t.is((await client().receipts()).receipts.length, 2, 'what was refused is not kept');
  promised = {slots: 5, expiry: 201};
  await t.notThrowsAsync(client().register());
  promised = {slots: 1, expiry: 50};
  await t.notThrowsAsync(client().register({acceptLower: true}));
  promised = {slots: 2, expiry: 51};
  await t.notThrowsAsync(client().register(), 'from then on, the lower one counts');
});

test('each tower and each key has a balance of its own', async (t) => {
  const stateDir = tempDir(t);
  const other = signingKey(8);
  const tower = await fakeTower(t, () => registrationBy());
  await new TowerClient({tower: tower.address, key: userKey, stateDir}).register();
  const towers = await fakeTower(t, () => registrationBy({signedBy: other}));
  await t.notThrowsAsync(
    new TowerClient({tower: towers.url, towerId: other.publicKey, key: userKey, stateDir}).register(),
  );
  await t.throwsAsync(new TowerClient({tower: tower.address, key: userKey, stateDir}).register(), {
    instanceOf: LowerReceipt,
  });
});

test('what a tower signs for one user is nothing to another', async (t) => {
  const tower = await fakeTower(t, () => registrationBy());
  const other = new TowerClient({tower: tower.address, key: signingKey(8)});
  await t.throwsAsync(other.register(), {instanceOf: TowerMisbehaving});
});

test('an answer about another appointment is not a tower’s', async (t) => {
  const locator = 'ab'.repeat(16);
  const tower = await fakeTower(t, (path, body) =>
    path === '/add_appointment'
      ? {...depositBy(body), locator}
      : {status: 'being_watched', appointment: {locator, encrypted_blob: '', to_self_delay: 1}},
  );
  const client = new TowerClient({tower: tower.address, key: userKey});
  await t.throwsAsync(client.addAppointment(deposit), {instanceOf: NotATower});
  await t.throwsAsync(client.getAppointment(known.locator.rust), {instanceOf: NotATower});
  await t.notThrowsAsync(client.getAppointment(locator));
});

test('what cannot be deposited or asked for is refused before anything is sent', async (t) => {
  const tower = await fakeTower(t, () => refuses(500, ''));
  const client = new TowerClient({tower: tower.address, key: userKey});
  const made = {locator: known.locator.rust, encryptedBlob: fromHex(blobHex)};
  for (const bad of [
    {...deposit, disputeTxid: ''},
    {...deposit, disputeTxid: `${known.disputeTxid}00`},
    {...deposit, disputeTxid: `${known.disputeTxid.slice(1)}x`},
    {...deposit, penaltyTx: new Uint8Array()},
    {...deposit, penaltyTx: known.penaltyTx as unknown as Uint8Array},
    {...deposit, toSelfDelay: -1},
    {...deposit, toSelfDelay: 1.5},
    {...deposit, toSelfDelay: 2 ** 32},
    {...made, locator: known.disputeTxid},
    {...made, locator: 5 as unknown as string},
    {...made, encryptedBlob: new Uint8Array()},
  ]) {
    await t.throwsAsync(client.addAppointment(bad), {instanceOf: Rejection, code: 'TOWER_INVALID_PARAMETER'});
  }
  await t.throwsAsync(client.getAppointment(''), {instanceOf: Rejection, code: 'TOWER_INVALID_PARAMETER'});
  t.deepEqual(tower.heard, []);
});

test('a refusal is kept nowhere and changes nothing', async (t) => {
  const stateDir = tempDir(t);
  const tower = await fakeTower(t, () => refuses(401, {error: 'no', error_code: 7}));
  const client = new TowerClient({tower: tower.address, key: userKey, stateDir});
  await t.throwsAsync(client.register(), {instanceOf: TowerRefusal});
  await t.throwsAsync(client.addAppointment(deposit), {instanceOf: TowerRefusal});
  t.deepEqual(await client.receipts(), {receipts: [], unreadableLines: []});
});

test('a client without the tower’s id, or with two, cannot be made', (t) => {
  const key = userKey;
  for (const [tower, towerId] of [
    ['tower.example', undefined],
    ['tower.example', 'nobody'],
    [`${publicKey(1)}@tower.example`, publicKey(2)],
  ] as const) {
    t.throws(() => new TowerClient({tower, towerId, key}), {
      instanceOf: OperationalError,
      code: 'TOWER_INVALID_ADDRESS',
    });
  }
  t.is(new TowerClient({tower: 'tower.example', towerId: publicKey(2).toUpperCase(), key}).towerId, publicKey(2));
});
