import test from 'ava';
import {appointmentReceipt, recoverKey} from '../../src/crypto/index.js';
import {countHoldings} from '../../src/gatekeeper/holdings.js';
import {AuthenticationFailure, NoTip, SubscriptionExpired} from '../../src/gatekeeper/index.js';
import {listSubscription} from '../../src/gatekeeper/held-appointments.js';
import {
  decodeUser,
  encodeAppointment,
  encodeTold,
  encodeUser,
  type KeyValueReader,
  layout,
  MemoryStore,
} from '../../src/store/index.js';
import {appoint} from '../support/appointments.js';
import {signedBy} from '../support/deposits.js';
import {FaultyStore} from '../support/faulty-store.js';
import {locator, publicKey, signingKey} from '../support/keys.js';
import {World} from '../support/world.js';

const key = signingKey(99);
const blob = (bytes: number, value = 7): Buffer => Buffer.alloc(bytes, value);
const deposited = (world: World, user: number, content: Parameters<typeof signedBy>[1] = {}) =>
  world.tower.gatekeeper.addUpdateAppointment(publicKey(user), signedBy(user, content));

test('a deposit is given back whole, also after a restart', async (t) => {
  const world = await World.begin(t, {key});
  await world.register(2);
  const deposit = signedBy(2, {encryptedBlob: blob(3_000), toSelfDelay: 0xffff_ffff});
  const {receipt, ...reply} = await world.tower.gatekeeper.addUpdateAppointment(publicKey(2), deposit);
  t.deepEqual(reply, {userId: 1, availableSlots: 8, startBlock: 100, subscriptionExpiry: 110, updated: false});
  t.is(recoverKey(appointmentReceipt({userSignature: deposit.signature, startBlock: 100}), receipt), world.tower.id);
  await world.restart();
  t.deepEqual(await world.tower.gatekeeper.appointment(publicKey(2), locator(1)), {
    ...deposit,
    startBlock: 100,
    slots: 2,
  });
  t.deepEqual(await world.problems(), []);
});

test('an update replaces blob, delay, signature, start block and device', async (t) => {
  const world = await World.begin(t, {key});
  const {gatekeeper, auth} = world.tower;
  await world.register(2);
  await auth.authorizeUser(publicKey(3), 1, 'operator');
  await deposited(world, 2, {encryptedBlob: blob(9_000)});
  await world.mine();
  const update = signedBy(3, {encryptedBlob: blob(0), toSelfDelay: 0});
  const reply = await gatekeeper.addUpdateAppointment(publicKey(3), update);
  t.like(reply, {userId: 1, availableSlots: 9, startBlock: 101, updated: true});
  t.deepEqual(await gatekeeper.appointment(publicKey(2), locator(1)), {...update, startBlock: 101, slots: 1});
  const [found, ...more] = await gatekeeper.findAppointments(locator(1));
  t.is(found?.device, publicKey(3));
  t.deepEqual(more, []);
  t.is(await world.count('blob'), 1);
  t.deepEqual(await world.problems(), []);
});

test('the same again at the same tip writes nothing and is answered as before; later it starts later', async (t) => {
  const rows = new FaultyStore(new MemoryStore());
  const world = await World.begin(t, {key, openRows: async () => rows});
  await world.register(2);
  const first = await deposited(world, 2);
  const [writes, events] = [rows.writes.length, world.events.length];
  t.deepEqual(await deposited(world, 2), {...first, updated: true});
  t.is(rows.writes.length, writes);
  t.is(world.events.length, events);
  await world.mine();
  const later = await deposited(world, 2);
  t.like(later, {availableSlots: first.availableSlots, startBlock: 101, updated: true});
  t.not(later.receipt, first.receipt);
  t.is(world.events.at(-1)?.type, 'appointment_updated');
});

test('what a resend tells a device that knew less is remembered, so that its next receipt is above it', async (t) => {
  const world = await World.begin(t, {key, settings: {renewal: 'reset'}});
  const {auth} = world.tower;
  await world.register(2);
  await auth.authorizeUser(publicKey(3), 1, 'operator');
  await deposited(world, 2);
  await world.register(3);
  const {availableSlots: told} = await world.register(3);
  t.is((await deposited(world, 2)).availableSlots, told);
  await deposited(world, 3, {locator: locator(2), encryptedBlob: blob(told * 2048)});
  t.true((await world.register(2)).availableSlots > told);
});

test('a receipt covers the signature as it was spelt', async (t) => {
  const world = await World.begin(t, {key});
  const {gatekeeper} = world.tower;
  await world.register(2);
  const plain = signedBy(2);
  const shouted = {...plain, signature: plain.signature.toUpperCase()};
  const receipts = [plain, shouted].map(async (deposit) => {
    const {receipt, startBlock} = await gatekeeper.addUpdateAppointment(publicKey(2), deposit);
    return recoverKey(appointmentReceipt({userSignature: deposit.signature, startBlock}), receipt);
  });
  t.deepEqual(await Promise.all(receipts), [world.tower.id, world.tower.id]);
  t.is((await gatekeeper.appointment(publicKey(2), locator(1)))?.signature, shouted.signature);
});

test('an empty blob takes a slot, and is there', async (t) => {
  const world = await World.begin(t);
  await world.register(2);
  t.is((await deposited(world, 2, {encryptedBlob: blob(0)})).availableSlots, 9);
  t.is((await world.tower.gatekeeper.appointment(publicKey(2), locator(1)))?.encryptedBlob.length, 0);
  t.deepEqual(await world.problems(), []);
});

test('appointments and subscription are shown to whoever may use the tower, and only his own', async (t) => {
  const world = await World.begin(t);
  const {gatekeeper} = world.tower;
  await world.register(2);
  await world.register(3);
  for (const n of [9, 0xffff, 1]) await deposited(world, 2, {locator: locator(n)});
  t.is(await gatekeeper.appointment(publicKey(3), locator(1)), undefined);
  t.is(await gatekeeper.appointment(publicKey(2), locator(2)), undefined);
  t.deepEqual(await gatekeeper.subscriptionInfo(publicKey(2).toUpperCase()), {
    userId: 1,
    availableSlots: 7,
    subscriptionStart: 100,
    subscriptionExpiry: 110,
    locators: [locator(1), locator(9), locator(0xffff)],
  });
  t.is((await gatekeeper.appointment(publicKey(2), locator(0xffff).toUpperCase()))?.locator, locator(0xffff));
  t.deepEqual((await gatekeeper.subscriptionInfo(publicKey(3))).locators, []);

  const asking = [
    () => gatekeeper.appointment(publicKey(2), locator(1)),
    () => gatekeeper.subscriptionInfo(publicKey(2)),
  ];
  await t.throwsAsync(gatekeeper.appointment(publicKey(4), locator(1)), {instanceOf: AuthenticationFailure});
  await t.throwsAsync(gatekeeper.subscriptionInfo(publicKey(4)), {instanceOf: AuthenticationFailure});
  await world.mineTo(110);
  for (const ask of asking) t.is((await t.throwsAsync(ask(), {instanceOf: SubscriptionExpired})).facts['expiry'], 110);
  await world.mineTo(112);
  for (const ask of asking) await t.throwsAsync(ask(), {instanceOf: AuthenticationFailure});
});

test('a tower without a tip shows nothing', async (t) => {
  const {tower} = await World.open(t);
  await t.throwsAsync(tower.gatekeeper.appointment(publicKey(2), locator(1)), {instanceOf: NoTip});
  await t.throwsAsync(tower.gatekeeper.subscriptionInfo(publicKey(2)), {instanceOf: NoTip});
  await t.throwsAsync(deposited({tower} as World, 2), {instanceOf: NoTip});
});

test('an operator finds every appointment with a locator, those of expired users included, of deleted ones not', async (t) => {
  const world = await World.begin(t);
  const {gatekeeper} = world.tower;
  const finds = async (limit?: number) =>
    (await gatekeeper.findAppointments(locator(1).toUpperCase(), limit === undefined ? {} : {limit})).map(
      ({userId, blobBytes}) => [userId, blobBytes],
    );
  await world.register(2);
  await deposited(world, 2, {encryptedBlob: blob(20)});
  await deposited(world, 2, {locator: locator(2)});
  await world.mine();
  await world.register(3);
  await deposited(world, 3, {encryptedBlob: blob(30)});
  t.deepEqual(await finds(), [
    [1, 20],
    [2, 30],
  ]);
  t.deepEqual(await finds(1), [[1, 20]]);
  await world.mineTo(112);
  t.deepEqual(await finds(), [[2, 30]], 'the first is deleted, and his rows are kept for a reorg');
  t.is(await world.count('blob'), 3);
  await world.disconnect(1);
  t.is((await finds()).length, 2);
  await world.mine(2);
  await world.tower.auth.authorizeUser(publicKey(4), 1, 'operator');
  t.deepEqual(await finds(), [], 'who has the id of a deleted user has nothing of his');
});

test('appointments that are deleted leave nothing behind', async (t) => {
  const world = await World.begin(t);
  const {gatekeeper} = world.tower;
  await world.register(2);
  await deposited(world, 2);
  await gatekeeper.deleteAppointments(new Map([[`000000000001${locator(1)}`, publicKey(2)]]), {refund: true});
  for (const table of ['appointment', 'blob', 'locator'] as const) t.is(await world.count(table), 0, table);
  t.deepEqual((await gatekeeper.subscriptionInfo(publicKey(2))).locators, []);
});

test('an appointment whose blob is lost is damage, and not an answer', async (t) => {
  const world = await World.begin(t);
  await world.register(2);
  await deposited(world, 2);
  await world.rows.write([[layout.blobKey(1, locator(1)), null]]);
  await t.throwsAsync(world.tower.gatekeeper.appointment(publicKey(2), locator(1)), {code: 'TOWER_STORE_CORRUPT'});
});

/** Every key that is read by its name, and the tables of which ranges are read with their values. */
class WatchedStore extends MemoryStore {
  readonly read: string[] = [];
  keyPages = 0;

  override get(key: string) {
    this.read.push(key);
    return super.get(key);
  }

  override getMany(keys: readonly string[]) {
    this.read.push(...keys);
    return super.getMany(keys);
  }

  override range(range: Parameters<KeyValueReader['range']>[0]) {
    this.read.push(range.from);
    return super.range(range);
  }

  override async keys(range: Parameters<KeyValueReader['range']>[0]) {
    this.keyPages++;
    return (await super.range(range)).map(([key]) => key);
  }

  override snapshot() {
    // Nothing is written while it is read.
    return {...this.#reader(), close: async () => undefined};
  }

  #reader(): KeyValueReader {
    return {
      get: (key) => this.get(key),
      getMany: (keys) => this.getMany(keys),
      range: (range) => this.range(range),
      keys: (range) => this.keys(range),
    };
  }
}

const tablesOf = (keys: readonly string[]): string[] => [...new Set(keys.map((key) => key.split('!')[0]!))].sort();

test('a subscription of 10,000 appointments is shown, and a tower opened on it, without reading one of them', async (t) => {
  const rows = new WatchedStore();
  const world = await World.begin(t, {openRows: async () => rows});
  await world.register(2);
  await appoint(world, 1, 10_000);
  rows.read.length = 0;
  const {locators} = await world.tower.gatekeeper.subscriptionInfo(publicKey(2));
  t.deepEqual([locators.length, locators[0], locators[9_999]], [10_000, locator(1), locator(10_000)]);
  t.deepEqual(tablesOf(rows.read), ['device', 'user']);

  rows.read.length = 0;
  await world.restart();
  t.deepEqual(
    tablesOf(rows.read).filter((table) => (['appointment', 'blob', 'locator', 'user'] as string[]).includes(table)),
    [],
  );
});

test('a list that is too long to be held is read page by page, as it is taken', async (t) => {
  const rows = new WatchedStore();
  const world = await World.begin(t, {openRows: async () => rows});
  await world.register(2);
  await appoint(world, 1, 2_500);
  const {locators, ...info} = await listSubscription(world.tower.gatekeeper.userDb, publicKey(2), 2_499);
  t.deepEqual(info, {userId: 1, availableSlots: 10, subscriptionStart: 100, subscriptionExpiry: 110});
  t.is(rows.keyPages, 0);
  const found: string[] = [];
  let pages = 0;
  for await (const page of locators as AsyncGenerator<string[]>) {
    t.is(rows.keyPages, ++pages);
    found.push(...page);
  }
  const all = Array.from({length: 2_500}, (_, i) => locator(i + 1));
  t.deepEqual([pages, found], [3, all]);
  t.deepEqual((await listSubscription(world.tower.gatekeeper.userDb, publicKey(2), 2_500)).locators, all);
});

test('the log alone, without the blobs, leads to the same digest', async (t) => {
  const world = await World.begin(t, {startHeight: 100});
  await world.register(2);
  await deposited(world, 2, {encryptedBlob: blob(5_000)});
  await world.mine();
  await deposited(world, 2, {encryptedBlob: blob(10), toSelfDelay: 7});
  await deposited(world, 2, {locator: locator(2), encryptedBlob: blob(0)});

  const again = await World.begin(t, {startHeight: 100});
  for (const event of await world.log()) {
    if (event.type === 'user_registered') await again.register(2);
    else if (event.type === 'block_connected') await again.mine();
    else if (event.type === 'appointment_added' || event.type === 'appointment_updated') {
      const {key: device, userId, locator, slots, availableSlots, blobBytes, blobHash, toSelfDelay} = event;
      const {startBlock, signature} = event;
      await again.change(async (transaction) => {
        const row = {userId, slots, startBlock, toSelfDelay, blobBytes, blobHash, device, signature};
        const user = decodeUser((await transaction.get(layout.userKey(userId)))!);
        const place = layout.appointmentKey(user.subscription, locator);
        const added = event.type === 'appointment_added' ? 1 : 0;
        const told = {userId, subscription: 1, lastSlots: availableSlots, lastExpiry: 110};
        transaction.put(place, encodeAppointment(row));
        transaction.put(layout.locatorKey(locator, user.subscription), new Uint8Array(0));
        const after = {...user, availableSlots, appointments: user.appointments + added};
        transaction.put(layout.userKey(userId), encodeUser(after));
        countHoldings(transaction, {gone: [user], come: [after]});
        transaction.put(layout.toldKey(device), encodeTold({...told, highestSlots: 10, highestExpiry: 110}));
      });
    }
  }
  t.is(await again.tower.digest(), await world.tower.digest());
  t.is(await again.count('blob'), 0);
});
