import {createHash} from 'node:crypto';
import test, {type ExecutionContext} from 'ava';
import {recoverKey, SigningKey} from '../../src/crypto/index.js';
import {OperationalError} from '../../src/errors/index.js';
import type {RegistrationReply} from '../../src/gatekeeper/gatekeeper.js';
import {registrationReceipt} from '../../src/crypto/receipt.js';
import type {GatekeeperSettings} from '../../src/gatekeeper/settings.js';
import {decodeTold, encodeTold, layout, LevelStore, MemoryStore} from '../../src/store/index.js';
import {ask} from '../support/devices.js';
import {publicKey} from '../support/keys.js';
import {text, allRows} from '../support/rows.js';
import {storedRows} from '../support/stored-rows.js';
import {SteeredSource} from '../support/steered-source.js';
import {tempDir} from '../support/temp-dir.js';
import {World} from '../support/world.js';

const secret = (name: string): Buffer => createHash('sha256').update(name).digest();
const key = new SigningKey(secret('key tower'));
const [first, second, third] = [1, 2, 3].map((n) => new SigningKey(secret(`key ${n}`)).publicKey) as [
  string,
  string,
  string,
];
const settings = {
  subscriptionSlots: 10,
  subscriptionDuration: 10,
  expiryDelta: 2,
  renewal: 'reset',
} as const;

interface Life {
  readonly settings: Partial<GatekeeperSettings>;
  /** Has a tower live what the tower of the fixture has lived. */
  live(world: World): Promise<void>;
}

/** What fixtures/README.md tells of the stores without appointments. */
const lives: Readonly<Record<'schema-1' | 'schema-2', Life>> = {
  'schema-1': {
    settings,
    async live(world) {
      const {gatekeeper} = world.tower;
      await gatekeeper.addUpdateUser(first);
      await world.mineTo(126);
      await gatekeeper.addUpdateUser(second);
      await world.mineTo(133);
      await gatekeeper.addUpdateUser(third);
      await gatekeeper.addUpdateUser(second);
    },
  },
  'schema-2': {
    settings: {...settings, auth: 'user'},
    async live(world) {
      const {auth} = world.tower;
      await auth.authorizeUser(publicKey(2), 0, 'operator');
      await world.mineTo(126);
      await auth.authorizeUser(publicKey(3), 0, 'operator');
      await world.mineTo(133);
      await ask(world, {device: 4, info: 'invite 4'});
      await ask(world, {device: 5, info: 'invite 5'});
      await auth.deny(2, {reason: 'no invite', actor: 'operator'});
    },
  },
};
type Schema = keyof typeof lives;

/** A tower of this version on a store that an earlier one left behind. */
async function migrated(t: ExecutionContext, schema: Schema): Promise<World> {
  const folder = tempDir(t);
  const old = await LevelStore.open(folder);
  await old.write(storedRows(`${schema}-without-appointments.txt`));
  await old.close();
  const source = new SteeredSource(schema);
  source.mine(133);
  const {settings} = lives[schema];
  const world = await World.open(t, {source, settings, key, openRows: () => LevelStore.open(folder)});
  await world.start();
  return world;
}

/** A tower of this version that has lived what the other one had lived before it was migrated. */
async function neverMigrated(t: ExecutionContext, schema: Schema): Promise<World> {
  const rows = new MemoryStore();
  const {settings, live} = lives[schema];
  const source = new SteeredSource(schema);
  const world = await World.begin(t, {source, settings, key, startHeight: 120, openRows: async () => rows});
  await live(world);
  return world;
}

const users = async (world: World) => {
  const infos = await Promise.all(
    [first, second, third].map((device) => world.tower.gatekeeper.registeredUsers.get(device)),
  );
  return infos.map(
    (user) => user && [user.userId, user.availableSlots, user.subscriptionStart, user.subscriptionExpiry],
  );
};

/** Rows besides the log and what is only known of this store. */
async function rowsOf(world: World): Promise<Record<string, string>> {
  const rows = await allRows(world.rows);
  const apart = (hex: string) => /^(log|local)!/.test(Buffer.from(hex, 'hex').toString('latin1'));
  return Object.fromEntries(Object.entries(rows).filter(([hex]) => !apart(hex)));
}

const isSigned = (device: string, {subscriptionSignature, ...promise}: RegistrationReply): boolean =>
  recoverKey(registrationReceipt({userKey: device, ...promise}), subscriptionSignature) === key.publicKey;

test('a store of the first version is as it was, with settings and counters that authorization needs', async (t) => {
  const world = await migrated(t, 'schema-1');
  const {tower} = world;
  t.is(world.height, 133);
  t.is(tower.tip?.hash, '63a81f574c8377b8293ad2645c93b7bb2fd5f367450a9f7d004b46cd201822f9');
  t.is(text(await world.rows.get(layout.localKey('schema'))), '3');
  t.deepEqual(await users(world), [undefined, [2, 20, 126, 143], [3, 10, 133, 143]]);
  t.deepEqual(tower.gatekeeper.settings, {
    ...settings,
    auth: 'none',
    authBudget: 100,
    requestTtl: 144,
    requestAttempts: 8,
    maxPendingRequests: 100_000,
    deniedCooldown: 6,
    proofWindow: 6,
    maxUnprovenRequests: 1_000,
  });
  t.deepEqual(JSON.parse(text(await world.rows.get(layout.metaKey('counters')))!), {
    nextUserId: 4,
    nextSubscription: 4,
    users: 2,
    nextRequestId: 1,
    pendingRequests: 0,
    closedRequests: 0,
    unprovenRequests: 0,
    appointments: 0,
    takenSlots: 0,
  });
  const told = await Promise.all([first, second, third].map((device) => world.rows.get(layout.toldKey(device))));
  t.deepEqual(
    told.map((row) => decodeTold(row!)),
    [
      {userId: 0, subscription: 1, lastSlots: 10, lastExpiry: 130, highestSlots: 10, highestExpiry: 130},
      {userId: 2, subscription: 2, lastSlots: 20, lastExpiry: 143, highestSlots: 20, highestExpiry: 143},
      {userId: 3, subscription: 3, lastSlots: 10, lastExpiry: 143, highestSlots: 10, highestExpiry: 143},
    ],
    'nobody had written down whose the key of the deleted user was',
  );
  t.deepEqual(await world.problems(), []);
});

test('a migrated store of schema 1 lives on as one that was never migrated', async (t) => {
  const [old, young] = [await migrated(t, 'schema-1'), await neverMigrated(t, 'schema-1')];
  const told = layout.toldKey(first);
  const toldHex = Buffer.from(told, 'latin1').toString('hex');
  const row = decodeTold((await young.rows.get(told))!);
  t.is(row.userId, 1);
  t.deepEqual(await rowsOf(old), {
    ...(await rowsOf(young)),
    [toldHex]: encodeTold({...row, userId: 0}).toString('hex'),
  });

  for (const world of [old, young]) {
    await world.disconnect(2);
    t.deepEqual(
      await users(world),
      [
        [1, 10, 120, 130],
        [2, 20, 126, 143],
        [3, 10, 133, 143],
      ],
      'the block that deleted him is gone',
    );
    t.deepEqual(await world.problems(), []);
  }

  const replies: RegistrationReply[][] = [];
  for (const world of [old, young]) {
    const {gatekeeper} = world.tower;
    // One after the other, as the tip is below what two of them were told.
    const given = [await gatekeeper.addUpdateUser(first), await gatekeeper.addUpdateUser(second)];
    replies.push(given);
    t.true(isSigned(first, given[0]!));
    t.true(isSigned(second, given[1]!));
    await world.mine(20);
    t.deepEqual(await world.problems(), []);
  }
  t.deepEqual(replies[0], replies[1]);
  t.like(replies[0]?.[0], {userId: 1, availableSlots: 20, subscriptionExpiry: 141});
  t.like(replies[0]?.[1], {userId: 2, availableSlots: 30, subscriptionExpiry: 144}, 'above what was told');
  t.deepEqual(await rowsOf(old), await rowsOf(young));
  t.is(await old.tower.digest(), await young.tower.digest());
  t.deepEqual(await users(old), [undefined, undefined, undefined]);
});

test('a migrated store of schema 2 lives on as one that was never migrated, its requests included', async (t) => {
  const [old, young] = [await migrated(t, 'schema-2'), await neverMigrated(t, 'schema-2')];
  t.is(text(await old.rows.get(layout.localKey('schema'))), '3');
  t.deepEqual(await rowsOf(old), await rowsOf(young));
  for (const world of [old, young]) {
    t.deepEqual(await world.problems(), []);
    await world.disconnect(2);
    t.is((await world.user(2))?.userId, 1, 'the block that deleted him is gone');
    await world.mine(3);
    const {auth} = world.tower;
    t.is((await auth.request(1)).state, 'pending');
    t.is((await auth.request(2)).state, 'denied');
    await auth.approve(1, {userId: undefined, role: undefined, actor: 'operator'});
    await world.mine(20);
    t.deepEqual(await world.problems(), []);
  }
  t.deepEqual(await rowsOf(old), await rowsOf(young));
  t.is(await old.tower.digest(), await young.tower.digest());
});

for (const schema of ['schema-1', 'schema-2'] as const) {
  test(`a migrated store of ${schema} is opened again as it is`, async (t) => {
    const world = await migrated(t, schema);
    const before = await allRows(world.rows);
    await world.restart();
    t.deepEqual(await allRows(world.rows), before);
  });

  test(`a tower does not open on a store of ${schema} that holds appointments`, async (t) => {
    const rows = new MemoryStore();
    await rows.write(storedRows(`${schema}.txt`));
    const {settings} = lives[schema];
    const opening = World.open(t, {source: new SteeredSource(schema), settings, key, openRows: async () => rows});
    await t.throwsAsync(opening, {instanceOf: OperationalError, code: 'TOWER_STORE_OUTDATED'});
  });
}
