import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import {OperationalError} from '../../src/errors/index.js';
import {
  decodeAppointment,
  decodeDevice,
  decodeHeader,
  decodeSubscription,
  decodeTold,
  decodeUndo,
  decodeUser,
  encodeAppointment,
  encodeDevice,
  encodeHeader,
  encodeSubscription,
  encodeTold,
  encodeUndo,
  encodeUser,
  layout,
} from '../../src/store/index.js';
import {regtestGenesisBlock} from '../../src/chain/genesis.js';

const u32 = fc.oneof(fc.nat({max: 0xffff_ffff}), fc.constantFrom(0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff));
const u48Max = 2 ** 48 - 1;
// A range of one subscription ends at the next number, so the last one is left out.
const u48 = fc.oneof(fc.nat({max: u48Max - 1}), fc.constantFrom(0, 0xffff_ffff, 0x1_0000_0000, u48Max - 1));
const hexOf = (bytes: number) =>
  fc.uint8Array({minLength: bytes, maxLength: bytes}).map((raw) => Buffer.from(raw).toString('hex'));
const publicKey = hexOf(33);
const locator = hexOf(16);
const kind = fc.constantFrom('user_signup' as const, 'user_login' as const, 'new_node' as const);
const stage = fc.constantFrom('callback' as const, 'check' as const);
const lane = fc.tuple(fc.boolean(), stage, kind);
const dueKind = fc.constantFrom('t' as const, 'c' as const);
const role = fc.constantFrom(null, 'primary' as const, 'secondary' as const);
const plain = {noNullPrototype: true} as const;
const device = fc.record({key: publicKey, role, authorizedAt: u32}, plain);
const user = fc.record(
  {
    subscription: u48,
    availableSlots: u32,
    grantedSlots: u48,
    start: u32,
    expiry: u32,
    appointments: u32,
    devices: fc.array(device, {maxLength: 4}),
  },
  plain,
);

const appointment = fc.record(
  {
    userId: u32,
    slots: u32,
    startBlock: u32,
    toSelfDelay: u32,
    blobBytes: u32,
    blobHash: fc.uint8Array({minLength: 32, maxLength: 32}).map((bytes) => Buffer.from(bytes).toString('hex')),
    device: publicKey,
    signature: fc.stringMatching(/^[\x21-\x7e]{1,130}$/),
  },
  plain,
);

const compare = <T>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

/** Compares lists of numbers and texts element by element. */
const compareAll = (a: readonly (number | string)[], b: readonly (number | string)[]): number =>
  a.map((value, i) => compare(value, b[i]!)).find((order) => order !== 0) ?? 0;

test('keys of every table are ordered as their numbers are', (t) => {
  const tables: [fc.Arbitrary<(number | string)[]>, (...parts: never[]) => string][] = [
    [fc.tuple(u32), layout.userKey],
    [fc.tuple(u32, u32), (height: number, id: number) => layout.dueKey('e', height, id)],
    [fc.tuple(u48, locator), layout.appointmentKey],
    [fc.tuple(u48, locator), layout.blobKey],
    [fc.tuple(locator, u48), layout.locatorKey],
    [fc.tuple(u32, publicKey), layout.forgetKey],
    [fc.tuple(u32), layout.headerKey],
    [fc.tuple(u32, u32), layout.undoKey],
    [fc.tuple(u48), layout.logKey],
    [fc.tuple(publicKey), layout.deviceKey],
    [fc.tuple(publicKey), layout.toldKey],
    [fc.tuple(u48), layout.requestKey],
    [fc.tuple(u48), layout.infoKey],
    [fc.tuple(u48), layout.answeredKey],
    [fc.tuple(u32, u48), (height: number, id: number) => layout.readyKey('check', 'user_login', height, id)],
    [fc.tuple(dueKind, u32, u48), layout.requestDueKey],
    [fc.tuple(u32, u32), layout.timeoutKey],
  ];
  for (const [parts, keyOf] of tables) {
    const key = keyOf as (...parts: (number | string)[]) => string;
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        assert.equal(compare(key(...a), key(...b)), compareAll(a, b));
        assert.equal(key(...a).length, key(...b).length);
      }),
    );
  }
  t.pass();
});

test('what a key says can be read back from it', (t) => {
  fc.assert(
    fc.property(u32, u32, u48, locator, publicKey, (a, b, subscription, locator, key) => {
      assert.equal(layout.userIdOf(layout.userKey(a)), a);
      assert.equal(layout.publicKeyOfDevice(layout.deviceKey(key)), key);
      assert.deepEqual(layout.dueOf(layout.dueKey('e', a, b)), {kind: 'e', height: a, id: b});
      assert.deepEqual(layout.appointmentOf(layout.appointmentKey(subscription, locator)), {subscription, locator});
      assert.deepEqual(layout.placeOfBlob(layout.blobKey(subscription, locator)), {subscription, locator});
      assert.deepEqual(layout.locatorOf(layout.locatorKey(locator, subscription)), {locator, subscription});
      assert.deepEqual(layout.forgetOf(layout.forgetKey(a, key)), {height: a, publicKey: key});
      assert.equal(layout.headerHeightOf(layout.headerKey(a)), a);
      assert.equal(layout.undoHeightOf(layout.undoKey(a, b)), a);
      assert.equal(layout.logNumberOf(layout.logKey(subscription)), subscription);
    }),
  );
  t.pass();
});

test('what the key of a request says can be read back from it, and kinds and stages are told apart', (t) => {
  fc.assert(
    fc.property(u48, u32, u32, lane, lane, (id, height, n, [proven, ...one], [otherProven, ...other]) => {
      assert.equal(layout.requestIdOf(layout.requestKey(id)), id);
      assert.equal(layout.idOfInfo(layout.infoKey(id)), id);
      assert.equal(layout.idOfAnswered(layout.answeredKey(id)), id);
      assert.deepEqual(layout.readyOf(layout.readyKey(...one, height, id, proven)), {height, id});
      assert.deepEqual(layout.requestDueOf(layout.requestDueKey('t', height, id)), {height, id});
      assert.deepEqual(layout.requestDueOf(layout.requestDueKey('c', height, id)), {height, id});
      assert.equal(layout.timeoutHeightOf(layout.timeoutKey(height, n)), height);
      assert.equal(
        layout.readyKey(...one, height, id, proven) === layout.readyKey(...other, height, id, otherProven),
        proven === otherProven && one[0] === other[0] && one[1] === other[1],
      );
    }),
  );
  fc.assert(
    fc.property(fc.tuple(publicKey, kind), fc.tuple(publicKey, kind), (one, other) => {
      assert.equal(
        layout.requestOfKey(...one) === layout.requestOfKey(...other),
        one[0] === other[0] && one[1] === other[1],
      );
    }),
    {
      examples: [
        [
          ['02'.repeat(33), 'user_signup'],
          ['02'.repeat(33), 'user_login'],
        ],
      ],
    },
  );
  t.pass();
});

test('a range of requests holds those of its kind and stage at its heights, both ends included, and nobody else’s', (t) => {
  fc.assert(
    fc.property(u32, u32, u32, u48, lane, lane, (a, b, at, id, [proven, ...one], [otherProven, ...other]) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      const within = from <= at && at <= to;
      const holds = (range: {from: string; to: string}, key: string) => range.from <= key && key < range.to;
      const isSame = proven === otherProven && one[0] === other[0] && one[1] === other[1];
      const range = layout.readyRange(...one, from, to, proven);
      assert.equal(holds(range, layout.readyKey(...other, at, id, otherProven)), within && isSame);
      for (const kind of ['t', 'c'] as const) {
        const range = layout.requestDueRange(kind, from, to);
        assert.equal(holds(range, layout.requestDueKey(kind, at, id)), within);
        assert.equal(holds(range, layout.requestDueKey(kind === 't' ? 'c' : 't', at, id)), false);
        assert.equal(holds(range, layout.dueKey('e', at, id % 2 ** 32)), false, 'nor what users are due');
        assert.equal(holds(layout.dueRange('e', from, to), layout.requestDueKey(kind, at, id)), false);
      }
      assert.equal(holds(layout.timeoutRange(from, to), layout.timeoutKey(at, id % 2 ** 32)), within);
    }),
    {
      examples: [
        [5, 9, 9, u48Max, [true, 'check', 'new_node'], [true, 'check', 'new_node']],
        [0, 0xffff_ffff, 0xffff_ffff, u48Max, [false, 'check', 'new_node'], [false, 'check', 'new_node']],
      ],
    },
  );
  t.pass();
});

test('a key belongs to the range of its table and of no other', (t) => {
  const key = 'ff'.repeat(33);
  const samples: Record<layout.Table, string[]> = {
    meta: [layout.metaKey('chain'), layout.metaKey('tip')],
    local: [layout.localKey('schema'), layout.localKey('progress')],
    user: [layout.userKey(0), layout.userKey(0xffff_ffff)],
    device: [layout.deviceKey('00'.repeat(33)), layout.deviceKey(key)],
    due: [layout.dueKey('e', 0, 0), layout.dueKey('e', 0xffff_ffff, 0xffff_ffff), layout.requestDueKey('t', 1, u48Max)],
    appointment: [layout.appointmentKey(0, '00'.repeat(16)), layout.appointmentKey(u48Max, 'ff'.repeat(16))],
    blob: [layout.blobKey(0, '00'.repeat(16)), layout.blobKey(u48Max, 'ff'.repeat(16))],
    locator: [layout.locatorKey('00'.repeat(16), 0), layout.locatorKey('ff'.repeat(16), u48Max)],
    told: [layout.toldKey('00'.repeat(33)), layout.toldKey(key)],
    forget: [layout.forgetKey(0, '00'.repeat(33)), layout.forgetKey(0xffff_ffff, key)],
    header: [layout.headerKey(0), layout.headerKey(0xffff_ffff)],
    undo: [layout.undoKey(0, 0), layout.undoKey(0xffff_ffff, 0xffff_ffff)],
    request: [layout.requestKey(0), layout.requestKey(u48Max)],
    info: [layout.infoKey(0), layout.infoKey(u48Max)],
    requestOf: [layout.requestOfKey('00'.repeat(33), 'new_node'), layout.requestOfKey(key, 'user_signup')],
    ready: [layout.readyKey('callback', 'user_login', 0, 0), layout.readyKey('check', 'user_signup', 1, u48Max)],
    answered: [layout.answeredKey(0), layout.answeredKey(u48Max)],
    timeout: [layout.timeoutKey(0, 0), layout.timeoutKey(0xffff_ffff, 0xffff_ffff)],
    log: [layout.logKey(0), layout.logKey(u48Max)],
  };
  const tables = Object.keys(samples) as layout.Table[];
  for (const table of tables) {
    const {from, to} = layout.tableRange(table);
    for (const other of tables) {
      for (const sample of samples[other]) t.is(from <= sample && sample < to, other === table, `${other} in ${table}`);
    }
  }
  t.deepEqual([...layout.stateTables].sort(), [...layout.stateTables], 'the digest goes through tables in key order');
});

test('a range of heights holds exactly the keys at these heights, both ends included', (t) => {
  const height = fc.nat({max: 0xffff_fffe});
  fc.assert(
    fc.property(height, height, height, u32, publicKey, (a, b, at, n, key) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      const within = from <= at && at <= to;
      for (const [range, sample] of [
        [layout.dueRange('e', from, to), layout.dueKey('e', at, n)],
        [layout.undoRange(from, to), layout.undoKey(at, n)],
        [layout.forgetRange(from, to), layout.forgetKey(at, `02${key.slice(2)}`)],
      ] as const) {
        assert.equal(range.from <= sample && sample < range.to, within);
      }
    }),
    {examples: [[5, 9, 9, 0xffff_ffff, 'ff'.repeat(33)]]},
  );
  t.pass();
});

test('the range of a subscription holds its appointments and nobody else’s', (t) => {
  fc.assert(
    fc.property(u48, u48, locator, (subscription, other, locator) => {
      const {from, to} = layout.appointmentRange(subscription);
      for (const sample of [other, subscription]) {
        const key = layout.appointmentKey(sample, locator);
        assert.equal(from <= key && key < to, sample === subscription);
      }
    }),
    {examples: [[0xffff_ffff, 0x1_0000_0000, 'ff'.repeat(16)]]},
  );
  t.pass();
});

test('every row can be read back as it was written', (t) => {
  fc.assert(
    fc.property(user, (user) => {
      assert.deepEqual(decodeUser(encodeUser(user)), user);
    }),
  );
  fc.assert(
    fc.property(u32, role, u32, (userId, role, authorizedAt) => {
      assert.deepEqual(decodeDevice(encodeDevice({userId, role, authorizedAt})), {userId, role, authorizedAt});
    }),
  );
  fc.assert(
    fc.property(
      u48,
      u32,
      u32,
      u32,
      u32,
      u32,
      (subscription, userId, lastSlots, lastExpiry, highestSlots, highestExpiry) => {
        const told = {userId, subscription, lastSlots, lastExpiry, highestSlots, highestExpiry};
        assert.deepEqual(decodeTold(encodeTold(told)), told);
        assert.equal(decodeSubscription(encodeSubscription(subscription)), subscription);
      },
    ),
  );
  fc.assert(
    fc.property(appointment, (appointment) => {
      assert.deepEqual(decodeAppointment(encodeAppointment(appointment)), appointment);
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(u32, user), {maxLength: 5}), (users) => {
      const rows = users.map(([id, user]) => ({id, user: encodeUser(user)}));
      assert.deepEqual(
        decodeUndo(encodeUndo(rows)).map(({id, user}) => [id, decodeUser(user)]),
        users,
      );
    }),
  );
  const {header} = regtestGenesisBlock();
  fc.assert(
    fc.property(u32, fc.bigInt({min: 0n, max: 2n ** 256n - 1n}), (height, chainwork) => {
      assert.deepEqual(decodeHeader(height, encodeHeader({...header, height, chainwork})), {
        ...header,
        height,
        chainwork,
      });
    }),
  );
  t.pass();
});

test('rows are read from the middle of a larger buffer, too', (t) => {
  const row = encodeUser({
    subscription: 7,
    availableSlots: 1,
    grantedSlots: 1,
    start: 2,
    expiry: 3,
    appointments: 0,
    devices: [{key: '02'.repeat(33), role: 'primary', authorizedAt: 2}],
  });
  const larger = new Uint8Array(row.length + 10);
  larger.set(row, 5);
  t.deepEqual(decodeUser(larger.subarray(5, 5 + row.length)), decodeUser(row));
});

test('a row that is too short, too long or of an unknown role is damage, not a value', (t) => {
  const bad = {instanceOf: OperationalError, code: 'TOWER_STORE_CORRUPT'};
  t.throws(() => decodeUser(new Uint8Array(29)), bad);
  t.throws(() => decodeDevice(new Uint8Array(8)), bad);
  t.throws(() => decodeDevice(Uint8Array.of(0, 0, 0, 1, 3, 0, 0, 0, 1)), bad);
  t.throws(() => decodeTold(new Uint8Array(23)), bad);
  t.throws(() => decodeAppointment(new Uint8Array(85)), bad);
  t.throws(() => decodeHeader(1, new Uint8Array(111)), bad);
  const undo = encodeUndo([{id: 1, user: new Uint8Array(28)}]);
  t.throws(() => decodeUndo(undo.subarray(0, undo.length - 1)), bad);
});
