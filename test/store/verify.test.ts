import test from 'ava';
import {type Change, decodeAppointment, encodeAppointment, layout, MemoryStore, verify} from '../../src/store/index.js';
import {decodeUser, encodeDevice, encodeUser} from '../../src/store/rows.js';
import {unsigned} from '../support/deposits.js';
import {locator, publicKey} from '../support/keys.js';
import {World} from '../support/world.js';

const nothing = new Uint8Array(0);

/** Two users with an appointment each, one of them deleted and not yet final. */
async function aStore(t: Parameters<typeof World.begin>[0]): Promise<MemoryStore> {
  const rows = new MemoryStore();
  const world = await World.begin(t, {openRows: async () => rows});
  for (const user of [2, 3]) {
    await world.register(user);
    await world.tower.gatekeeper.addUpdateAppointment(publicKey(user), unsigned(locator(user), {blobBytes: 5_000}));
  }
  await world.register(3);
  await world.mineTo(112);
  return rows;
}

test('a sound store has no problems, and is counted', async (t) => {
  t.deepEqual(await verify(await aStore(t)), {
    ...{users: 1, appointments: 1, appointmentsOfDeleted: 1, requests: 0},
    ...{problemCount: 0, problems: []},
  });
  t.deepEqual(await verify(new MemoryStore()), {
    ...{users: 0, appointments: 0, appointmentsOfDeleted: 0, requests: 0},
    ...{problemCount: 0, problems: []},
  });
});

const alive = layout.userKey(2);
type Damage = (rows: MemoryStore) => Promise<Change[]>;

/** The living user's row with some fields changed. */
const changed = async (rows: MemoryStore, change: object): Promise<Change> => [
  alive,
  encodeUser({...decodeUser((await rows.get(alive))!), ...change}),
];

/** The row that says how far sweeps and purges have come, with some of it changed. */
const progress = async (rows: MemoryStore, change: object): Promise<Change> => {
  const key = layout.localKey('progress');
  const noted = JSON.parse(Buffer.from((await rows.get(key))!).toString()) as object;
  return [key, Buffer.from(JSON.stringify({...noted, ...change}))];
};

const damages: [what: string, problem: RegExp, damage: Damage][] = [
  [
    'an appointment without its locator row',
    /has no locator row/,
    async () => [[layout.locatorKey(locator(3), 2), null]],
  ],
  [
    'a locator row without its appointment',
    /has no appointment/,
    async () => [[layout.locatorKey(locator(9), 2), nothing]],
  ],
  [
    'an appointment without its blob',
    /^appointment 0+3 of .* has no blob/,
    async () => [[layout.blobKey(2, locator(3)), null]],
  ],
  [
    'a blob without its appointment',
    /a blob stands without appointment 0+9 of subscription 2/,
    async () => [[layout.blobKey(2, locator(9)), nothing]],
  ],
  [
    'a blob of another size',
    /has another blob than the one that was deposited/,
    async () => [[layout.blobKey(2, locator(3)), Buffer.alloc(4_999, 0xb1)]],
  ],
  [
    'a blob of the same size with a bit that has flipped',
    /has another blob than the one that was deposited/,
    async (rows) => {
      const blob = Buffer.from((await rows.get(layout.blobKey(2, locator(3))))!);
      blob[4_321]! ^= 4;
      return [[layout.blobKey(2, locator(3)), blob]];
    },
  ],
  [
    'an appointment that names another user',
    /appointments of user 2 name another user/,
    async (rows) => {
      const place = layout.appointmentKey(2, locator(3));
      return [[place, encodeAppointment({...decodeAppointment((await rows.get(place))!), userId: 1})]];
    },
  ],
  [
    'an appointment row that is cut short',
    /an appointment row has 85 bytes/,
    async (rows) => {
      const place = layout.appointmentKey(2, locator(3));
      return [[place, (await rows.get(place))!.subarray(0, 85)]];
    },
  ],
  [
    'an appointment of a subscription that nobody has',
    /subscription 77, which nobody has/,
    async (rows) => [
      [layout.appointmentKey(77, locator(3)), (await rows.get(layout.appointmentKey(2, locator(3))))!],
      [layout.locatorKey(locator(3), 77), nothing],
      [layout.blobKey(77, locator(3)), (await rows.get(layout.blobKey(2, locator(3))))!],
    ],
  ],
  [
    'appointments of a deleted user without his undo row',
    /subscription 1, which nobody has/,
    async () => [[layout.undoKey(112, 0), null]],
  ],
  [
    'a device that joined when none is said to have',
    /joined at 100, later than/,
    async (rows) => [await progress(rows, {lastJoin: 99})],
  ],
  [
    'a user whose expiry is said to have been swept',
    /no block will look for user 2/,
    async (rows) => [await progress(rows, {sweptExpiry: 120})],
  ],
  [
    'an undo row below those that are said to stand',
    /no block will purge the undo row at 112/,
    async (rows) => [await progress(rows, {purgedUndo: 113})],
  ],
  ['a user without his due row', /has no due row at 120/, async () => [[layout.dueKey('e', 120, 2), null]]],
  [
    'a due row at another height',
    /due row of user 2 at 121 is nobody's/,
    async () => [[layout.dueKey('e', 121, 2), nothing]],
  ],
  ['a due row of no user', /due row of user 9 at 120 is nobody's/, async () => [[layout.dueKey('e', 120, 9), nothing]]],
  ['slots that do not add up', /slots granted/, async (rows) => [await changed(rows, {availableSlots: 3})]],
  [
    'appointments that are miscounted',
    /has 1 appointments, not 2/,
    async (rows) => [await changed(rows, {appointments: 2})],
  ],
  [
    'an id that could be given out again',
    /user id 9 could/,
    async (rows) => [[layout.userKey(9), (await rows.get(alive))!]],
  ],
  [
    'a subscription number that could be given out again',
    /subscription 3 could be given out again/,
    async (rows) => [await changed(rows, {subscription: 3})],
  ],
  [
    'a user who should be gone',
    /no block will look for user 2/,
    async (rows) => [
      await changed(rows, {expiry: 100}),
      [layout.dueKey('e', 100, 2), nothing],
      [layout.dueKey('e', 120, 2), null],
    ],
  ],
  ['a user without his device row', /or none/, async () => [[layout.deviceKey(publicKey(3)), null]]],
  [
    'a device row with another role',
    /has another device row/,
    async () => [[layout.deviceKey(publicKey(3)), encodeDevice({userId: 2, role: 'primary', authorizedAt: 100})]],
  ],
  [
    'a device of no user',
    /is not among those of user 2/,
    async () => [[layout.deviceKey(publicKey(8)), encodeDevice({userId: 2, role: null, authorizedAt: 100})]],
  ],
  [
    'a user more than is counted',
    /1 are counted|2 users stand/,
    async (rows) => [[layout.userKey(1), (await rows.get(alive))!]],
  ],
  [
    'an undo row above the tip',
    /stands at 113/,
    async (rows) => [[layout.undoKey(113, 0), (await rows.get(layout.undoKey(112, 0)))!]],
  ],
  [
    'an undo row that no block would purge',
    /no block will purge the undo row at 5/,
    async (rows) => [[layout.undoKey(5, 0), (await rows.get(layout.undoKey(112, 0)))!]],
  ],
  ['a header that is missing', /does not extend/, async () => [[layout.headerKey(60), null]]],
  [
    'a header above the tip',
    /not the tip/,
    async (rows) => [[layout.headerKey(113), (await rows.get(layout.headerKey(60)))!]],
  ],
  ['a user row that is cut short', /a user row has 3 bytes/, async () => [[alive, new Uint8Array(3)]]],
  [
    'an undo row that is cut short',
    /an undo row is cut short/,
    async () => [[layout.undoKey(112, 0), new Uint8Array(5)]],
  ],
  ['a header that is no header', /a header row has 0 bytes/, async () => [[layout.headerKey(60), nothing]]],
  ['a log with a gap', /the log goes from event 2 to 4/, async () => [[layout.logKey(3), null]]],
  ['a log without its end', /the log ends before event/, async () => [[layout.logKey(17), null]]],
];

for (const [what, problem, damage] of damages) {
  test(`found: ${what}`, async (t) => {
    const rows = await aStore(t);
    await rows.write(await damage(rows));
    const {problems, problemCount} = await verify(rows);
    t.true(
      problems.some((text) => problem.test(text)),
      problems.join('\n'),
    );
    t.is(problemCount, problems.length);
  });
}

test('of many problems the first hundred are told and all are counted', async (t) => {
  const rows = await aStore(t);
  await rows.write(Array.from({length: 250}, (_, n): Change => [layout.locatorKey(locator(1_000 + n), 5), nothing]));
  const {problems, problemCount} = await verify(rows);
  t.deepEqual([problems.length, problemCount], [100, 250]);
});
