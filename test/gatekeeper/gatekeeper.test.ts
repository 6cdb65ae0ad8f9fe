import test from 'ava';
import {recoverKey} from '../../src/crypto/index.js';
import {decodeZbase32} from '../../src/crypto/zbase32.js';
import {
  AuthenticationFailure,
  type Deposit,
  Gatekeeper,
  InvalidParameter,
  MaximumExpiryReached,
  MaximumSlotsReached,
  maxBlobBytes,
  maxU32,
  NotEnoughSlots,
  NoTip,
  registrationReceipt,
  SubscriptionExpired,
  uuidOf,
} from '../../src/gatekeeper/index.js';
import {Rejection} from '../../src/errors/index.js';
import {unsigned} from '../support/deposits.js';
import {allRows} from '../support/rows.js';
import {locator, publicKey, signingKey} from '../support/keys.js';
import {fromHex, vectors} from '../support/vectors.js';
import {World} from '../support/world.js';

const towerKey = signingKey(99);

test('a registration answers slots, start and expiry, with a receipt that the tower signed', async (t) => {
  const world = await World.begin(t, {key: towerKey});
  const reply = await world.register(2);
  t.like(reply, {availableSlots: 10, subscriptionStart: 100, subscriptionExpiry: 110});
  const {availableSlots, subscriptionStart, subscriptionExpiry} = reply;
  const receipt = registrationReceipt({userKey: publicKey(2), availableSlots, subscriptionStart, subscriptionExpiry});
  t.is(recoverKey(receipt, reply.subscriptionSignature), world.tower.id);
  t.is(world.tower.id, towerKey.publicKey);
});

test('a renewal adds slots and time, and keeps id, start and appointments', async (t) => {
  const world = await World.begin(t);
  await world.register(2);
  await world.tower.gatekeeper.addUpdateAppointment(publicKey(2), unsigned(locator(1), {blobBytes: 2049}));
  await world.mine(5);
  t.like(await world.register(2), {availableSlots: 18, subscriptionStart: 100, subscriptionExpiry: 120});
  const user = (await world.user(2))!;
  t.is(user.userId, 1);
  t.is(user.appointmentCount, 1);
  t.is(world.userCount, 1);
  t.deepEqual(await world.problems(), []);
});

test('each receipt is strictly above the last, also when slots were used and the tip did not move', async (t) => {
  const world = await World.begin(t, {settings: {renewal: 'reset', subscriptionSlots: 1}});
  const {gatekeeper} = world.tower;
  let last = await world.register(2);
  for (let i = 1; i <= 5; i++) {
    await gatekeeper.addUpdateAppointment(publicKey(2), unsigned(locator(i), {blobBytes: 1}));
    const next = await world.register(2);
    // The client learned of the lower balance from the appointment; the expiry only grows by receipts.
    t.true(next.subscriptionExpiry > last.subscriptionExpiry);
    last = next;
    const same = await world.register(2);
    t.true(same.availableSlots > last.availableSlots && same.subscriptionExpiry > last.subscriptionExpiry);
    last = same;
  }
  t.deepEqual(await world.problems(), []);
});

test('a key in upper case is the same user', async (t) => {
  const world = await World.begin(t);
  await world.register(2);
  const {gatekeeper} = world.tower;
  t.is((await gatekeeper.addUpdateUser(publicKey(2).toUpperCase())).subscriptionExpiry, 120);
  const shouted = unsigned(locator(0xab).toUpperCase(), {blobBytes: 1});
  t.is((await gatekeeper.addUpdateAppointment(publicKey(2).toUpperCase(), shouted)).availableSlots, 19);
  t.is(
    (await gatekeeper.addUpdateAppointment(publicKey(2), unsigned(locator(0xab), {blobBytes: 1}))).availableSlots,
    19,
  );
  t.is(world.userCount, 1);
});

test('appointments charge the difference: new, larger, smaller, same', async (t) => {
  const world = await World.begin(t);
  await world.register(2);
  const put = async (n: number, blobBytes: number) => {
    const deposit = unsigned(locator(n), {blobBytes});
    return (await world.tower.gatekeeper.addUpdateAppointment(publicKey(2), deposit)).availableSlots;
  };
  t.is(await put(1, 2048), 9);
  t.is(await put(2, 0), 8);
  t.is(await put(1, 3 * 2048 + 1), 5);
  t.is(await put(1, 2049), 7);
  t.is(await put(1, 2049), 7);
  t.is(await put(3, 7 * 2048), 0);
  const refused = await t.throwsAsync(put(4, 1), {instanceOf: NotEnoughSlots});
  t.like(refused, {code: 'TOWER_NOT_ENOUGH_SLOTS', facts: {slotsNeeded: 1, slotsAvailable: 0}});
  await t.throwsAsync(put(2, 2049), {instanceOf: NotEnoughSlots});
  const user = (await world.user(2))!;
  t.is(user.availableSlots, 0);
  t.deepEqual(
    [...(await user.appointments())],
    [
      [uuidOf(1, locator(1)), 2],
      [uuidOf(1, locator(2)), 1],
      [uuidOf(1, locator(3)), 7],
    ],
  );
  t.is(uuidOf(1, locator(1)), `000000000001${'0'.repeat(31)}1`);
  t.deepEqual(await world.problems(), []);
});

test('two users may hold the same locator, each with his own slots', async (t) => {
  const world = await World.begin(t);
  await world.register(2);
  await world.register(3);
  const {gatekeeper} = world.tower;
  t.is(
    (await gatekeeper.addUpdateAppointment(publicKey(2), unsigned(locator(1), {blobBytes: 4096}))).availableSlots,
    8,
  );
  t.is((await gatekeeper.addUpdateAppointment(publicKey(3), unsigned(locator(1), {blobBytes: 1}))).availableSlots, 9);
  t.deepEqual([...(await (await world.user(2))!.appointments()).values()], [2]);
  t.deepEqual([...(await (await world.user(3))!.appointments()).values()], [1]);
  t.deepEqual(await world.problems(), []);
});

test('a subscription counts until the block before its expiry, and renews in its grace period', async (t) => {
  const world = await World.begin(t);
  const {gatekeeper} = world.tower;
  await world.register(2);
  await world.mineTo(109);
  t.deepEqual(await gatekeeper.hasSubscriptionExpired(publicKey(2)), {expired: false, expiry: 110});
  await gatekeeper.addUpdateAppointment(publicKey(2), unsigned(locator(1), {blobBytes: 1}));
  await world.mineTo(110);
  t.deepEqual(await gatekeeper.hasSubscriptionExpired(publicKey(2)), {expired: true, expiry: 110});
  const refused = await t.throwsAsync(
    gatekeeper.addUpdateAppointment(publicKey(2), unsigned(locator(1), {blobBytes: 1})),
    {
      instanceOf: SubscriptionExpired,
    },
  );
  t.like(refused, {code: 'TOWER_SUBSCRIPTION_EXPIRED', facts: {expiry: 110}});
  await world.mineTo(111);
  t.is((await world.register(2)).subscriptionExpiry, 120);
  t.is((await gatekeeper.addUpdateAppointment(publicKey(2), unsigned(locator(1), {blobBytes: 1}))).availableSlots, 19);
});

test('a signature authenticates its registered key, in zbase32, in hex and with a high s', async (t) => {
  const {malleability: known} = vectors<{
    malleability: {publicKey: string; messageHex: string; signature: string; highS: string};
  }>('message-signatures');
  const world = await World.begin(t);
  const {gatekeeper} = world.tower;
  await gatekeeper.addUpdateUser(known.publicKey);
  const message = fromHex(known.messageHex);
  const hex = Buffer.from(decodeZbase32(known.signature)!).toString('hex');
  for (const signature of [known.signature, hex, hex.toUpperCase(), known.highS]) {
    t.is(await gatekeeper.authenticateUser(message, signature), known.publicKey);
  }
});

test('the two failures of authentication are told apart by their reason', async (t) => {
  const world = await World.begin(t);
  const {gatekeeper} = world.tower;
  await world.register(2);
  const message = Buffer.from('get subscription info');
  const failure = {instanceOf: AuthenticationFailure, code: 'TOWER_AUTHENTICATION_FAILURE'};
  for (const signature of ['', 'nonsense', '00'.repeat(65), 'y'.repeat(104)]) {
    const error = await t.throwsAsync(gatekeeper.authenticateUser(message, signature), failure);
    t.deepEqual(error.facts, {reason: 'key_not_recovered'});
  }
  const stranger = await t.throwsAsync(gatekeeper.authenticateUser(message, signingKey(3).sign(message)), failure);
  t.deepEqual(stranger.facts, {reason: 'key_not_registered', key: publicKey(3)});
  const other = await t.throwsAsync(
    gatekeeper.authenticateUser(Buffer.from('another message'), signingKey(2).sign(message)),
    failure,
  );
  t.is(other.facts['reason'], 'key_not_registered');
  t.is(await gatekeeper.authenticateUser(message, signingKey(2).sign(message)), publicKey(2));
});

test('a user who was deleted authenticates no more, and neither adds nor asks', async (t) => {
  const world = await World.begin(t);
  const {gatekeeper} = world.tower;
  await world.register(2);
  const message = Buffer.from('m');
  await world.mineTo(112);
  const failure = {instanceOf: AuthenticationFailure, message: /not registered/};
  await t.throwsAsync(gatekeeper.authenticateUser(message, signingKey(2).sign(message)), failure);
  await t.throwsAsync(gatekeeper.addUpdateAppointment(publicKey(2), unsigned(locator(1), {blobBytes: 1})), failure);
  await t.throwsAsync(gatekeeper.hasSubscriptionExpired(publicKey(2)), failure);
});

test('values of another form are refused by name, before anything is queued', async (t) => {
  const world = await World.begin(t);
  const {gatekeeper} = world.tower;
  await world.register(2);
  const before = await allRows(world.rows);
  const key = publicKey(2);
  const offCurve = `02${'00'.repeat(31)}05`;
  for (const bad of ['', 'x', key.slice(2), `${key}00`, `04${key.slice(2)}`, offCurve, `${key}\n`, ` ${key}`]) {
    const error = await t.throwsAsync(gatekeeper.addUpdateUser(bad), {instanceOf: InvalidParameter}, bad);
    t.deepEqual([error.code, error.facts['parameter']], ['TOWER_INVALID_PARAMETER', 'public key']);
    await t.throwsAsync(gatekeeper.addUpdateAppointment(bad, unsigned(locator(1), {blobBytes: 1})), {
      instanceOf: InvalidParameter,
    });
    await t.throwsAsync(gatekeeper.hasSubscriptionExpired(bad), {instanceOf: InvalidParameter});
  }
  for (const bad of ['', locator(1).slice(1), `${locator(1)}0`, 'g'.repeat(32), `${locator(1).slice(1)}\n`]) {
    const error = await t.throwsAsync(gatekeeper.addUpdateAppointment(key, unsigned(bad, {blobBytes: 1})), {
      instanceOf: InvalidParameter,
    });
    t.is(error.facts['parameter'], 'locator');
  }
  const refused = async (parameter: string, part: Partial<Deposit>) => {
    const deposit = {...unsigned(locator(1), {blobBytes: 1}), ...part};
    const error = await t.throwsAsync(gatekeeper.addUpdateAppointment(key, deposit), {instanceOf: InvalidParameter});
    t.is(error.facts['parameter'], parameter);
  };
  await refused('encrypted_blob', {encryptedBlob: Buffer.alloc(maxBlobBytes + 1)});
  for (const toSelfDelay of [-1, 0.5, Number.NaN, 2 ** 32]) await refused('to_self_delay', {toSelfDelay});
  for (const signature of ['', 'y'.repeat(131), 'y y', 'y\n', 'ÿ', '€']) await refused('signature', {signature});
  for (const uuid of ['', locator(1), uuidOf(1, locator(1)).toUpperCase().replace(/0/g, 'G')]) {
    await t.throwsAsync(gatekeeper.deleteAppointments(new Map([[uuid, key]]), {refund: true}), {
      instanceOf: InvalidParameter,
    });
  }
  t.deepEqual(await allRows(world.rows), before);
});

test('refusals at the limits of u32 change nothing', async (t) => {
  const world = await World.begin(t, {settings: {subscriptionSlots: 0x8000_0000}});
  await world.register(2);
  const before = await allRows(world.rows);
  const slots = await t.throwsAsync(world.register(2), {instanceOf: MaximumSlotsReached});
  t.like(slots, {code: 'TOWER_MAXIMUM_SLOTS_REACHED', facts: {slots: 0x1_0000_0000}});
  t.deepEqual(await allRows(world.rows), before);
  await world.changeSettings({subscriptionSlots: 1, subscriptionDuration: maxU32 - 111});
  const settled = await allRows(world.rows);
  const expiry = await t.throwsAsync(world.register(2), {instanceOf: MaximumExpiryReached});
  t.like(expiry, {code: 'TOWER_MAXIMUM_EXPIRY_REACHED', facts: {expiry: maxU32 - 1, expiryDelta: 2}});
  t.deepEqual(await allRows(world.rows), settled);
});

test('slots that appointments give back never exceed u32', async (t) => {
  const world = await World.begin(t, {settings: {subscriptionSlots: 0x7fff_ffff}});
  const {gatekeeper} = world.tower;
  await world.register(2);
  await gatekeeper.addUpdateAppointment(publicKey(2), unsigned(locator(1), {blobBytes: maxBlobBytes}));
  await gatekeeper.addUpdateAppointment(publicKey(2), unsigned(locator(2), {blobBytes: maxBlobBytes}));
  await world.register(2);
  await world.changeSettings({subscriptionSlots: 2});
  await t.throwsAsync(world.register(2), {instanceOf: MaximumSlotsReached});
  await gatekeeper.addUpdateAppointment(publicKey(2), unsigned(locator(1), {blobBytes: 1}));
  await gatekeeper.deleteAppointments(new Map([[uuidOf(1, locator(2)), publicKey(2)]]), {refund: true});
  t.is((await world.user(2))!.availableSlots, 0xffff_fffe - 1);
  t.is(world.tower.halted, undefined);
  t.deepEqual(await world.problems(), []);
});

test('users who fall due are named before the block that deletes them, and nobody else is', async (t) => {
  const world = await World.begin(t);
  const {gatekeeper} = world.tower;
  await world.register(2);
  await world.mine(1);
  await world.register(3);
  await world.register(4);
  await world.register(2);
  const due = async (height: number) => {
    const users: unknown[] = [];
    for await (const user of gatekeeper.outdatedUsers(height)) users.push(user);
    return users;
  };
  t.deepEqual(await due(112), []);
  t.deepEqual(await due(113), [
    {userId: 2, keys: [publicKey(3)], expiry: 111},
    {userId: 3, keys: [publicKey(4)], expiry: 111},
  ]);
  t.is((await due(122)).length, 3);
  t.deepEqual(await due(1), []);
  await world.mineTo(113);
  t.deepEqual(await due(114), []);
  t.is((await due(122)).length, 1);
});

test('deleted appointments are refunded or forfeited, and those that are not there are passed over', async (t) => {
  const world = await World.begin(t);
  const {gatekeeper} = world.tower;
  await world.register(2);
  await world.register(3);
  for (const n of [1, 2, 3])
    await gatekeeper.addUpdateAppointment(publicKey(2), unsigned(locator(n), {blobBytes: 4096}));
  await gatekeeper.addUpdateAppointment(publicKey(3), unsigned(locator(1), {blobBytes: 4096}));
  const remove = (refund: boolean, ...pairs: [string, string][]) =>
    gatekeeper.deleteAppointments(new Map(pairs), {refund});

  t.is(await remove(true, [uuidOf(1, locator(1)), publicKey(2)]), 1);
  t.is((await world.user(2))!.availableSlots, 6);
  t.is(await remove(false, [uuidOf(1, locator(2)), publicKey(2)]), 1);
  t.is((await world.user(2))!.availableSlots, 6);
  const before = await allRows(world.rows);
  t.is(await remove(true, [uuidOf(1, locator(1)), publicKey(2)]), 0, 'gone already');
  t.is(await remove(true, [uuidOf(1, locator(3)), publicKey(3)]), 0, 'not his');
  t.is(await remove(true, [uuidOf(1, locator(3)), publicKey(7)]), 0, 'of nobody');
  t.is(await remove(true), 0);
  t.deepEqual(await allRows(world.rows), before);
  t.is(await remove(true, [uuidOf(1, locator(3)), publicKey(2)], [uuidOf(2, locator(1)), publicKey(3)]), 2);
  t.deepEqual([(await world.user(2))!.availableSlots, (await world.user(3))!.availableSlots], [8, 10]);
  t.deepEqual([await world.count('appointment'), await world.count('locator')], [0, 0]);
  t.deepEqual(await world.problems(), []);
  t.deepEqual(
    world.events.flatMap((event) => (event.type === 'appointments_deleted' ? [[event.refunded, ...event.uuids]] : [])),
    [
      [true, uuidOf(1, locator(1))],
      [false, uuidOf(1, locator(2))],
      [true, uuidOf(1, locator(3)), uuidOf(2, locator(1))],
    ],
  );
});

test('registered users are a map that can be counted, looked up, paged and gone through', async (t) => {
  const world = await World.begin(t);
  const {registeredUsers} = world.tower.gatekeeper;
  t.is(registeredUsers.size, 0);
  for (const n of [5, 3, 4, 2]) await world.register(n);
  t.is(registeredUsers.size, 4);
  t.true(await registeredUsers.has(publicKey(3)));
  t.false(await registeredUsers.has(publicKey(9)));
  t.is(await registeredUsers.get(publicKey(9)), undefined);
  t.is(await registeredUsers.byId(9), undefined);
  t.deepEqual((await registeredUsers.byId(2))!.devices, [{key: publicKey(3), role: null, authorizedAt: 100}]);

  const ids = async (page: {after?: number; limit: number}) =>
    (await registeredUsers.page(page)).map(({userId}) => userId);
  t.deepEqual(await ids({limit: 3}), [1, 2, 3]);
  t.deepEqual(await ids({after: 3, limit: 3}), [4]);
  t.deepEqual(await ids({after: 4, limit: 3}), []);
  t.deepEqual(await ids({limit: 0}), []);

  const found: [string, number][] = [];
  for await (const [key, user] of registeredUsers) {
    // Whoever goes through the map sees it as it stood when he began.
    if (found.length === 0) await world.mineTo(112);
    found.push([key, user.userId]);
  }
  const expected = [5, 3, 4, 2].map((n, i): [string, number] => [publicKey(n), i + 1]);
  t.deepEqual(
    found,
    expected.sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  t.is(registeredUsers.size, 0);
  for await (const [key] of registeredUsers) t.fail(key);
});

test('a tower that has not seen a block refuses to date a subscription', async (t) => {
  const world = await World.open(t);
  const noTip = {instanceOf: NoTip, code: 'TOWER_NO_TIP'};
  await t.throwsAsync(world.register(2), noTip);
  await t.throwsAsync(
    world.tower.gatekeeper.addUpdateAppointment(publicKey(2), unsigned(locator(1), {blobBytes: 1})),
    noTip,
  );
  await t.throwsAsync(world.changeSettings({expiryDelta: 9}), noTip);
  t.is(world.userCount, 0);
  t.is(world.tower.gatekeeper.expiryDelta, 2, 'the settings that it will begin with can be asked for');
  await world.start();
  t.is((await world.register(2)).subscriptionExpiry, 10);
});

test('the class has the parts that the TEOS documentation names', async (t) => {
  const world = await World.begin(t);
  const {gatekeeper, blockProcessor} = world.tower;
  t.true(gatekeeper instanceof Gatekeeper);
  t.is(gatekeeper.blockProcessor, blockProcessor);
  t.deepEqual([gatekeeper.subscriptionSlots, gatekeeper.subscriptionDuration, gatekeeper.expiryDelta], [10, 10, 2]);
  await world.changeSettings({subscriptionSlots: 3});
  t.is(gatekeeper.subscriptionSlots, 3);
  for (const Refusal of [AuthenticationFailure, NotEnoughSlots, InvalidParameter, SubscriptionExpired]) {
    t.true(Refusal.prototype instanceof Rejection);
  }
});
