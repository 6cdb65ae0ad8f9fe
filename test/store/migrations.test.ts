import test from 'ava';
import {OperationalError} from '../../src/errors/index.js';
import {
  type Change,
  decodeTold,
  encodeDevice,
  type KeyValueStore,
  layout,
  LevelStore,
  MemoryStore,
  type Row,
  Store,
  verify,
} from '../../src/store/index.js';
import {FaultyStore} from '../support/faulty-store.js';
import {fakeKey} from '../support/keys.js';
import {allRows, text} from '../support/rows.js';
import {storedRows} from '../support/stored-rows.js';
import {tempDir} from '../support/temp-dir.js';

const refused = (code: string) => ({instanceOf: OperationalError, code});
const {schemaVersion} = layout;
const versionOf = async (rows: KeyValueStore) => text(await rows.get(layout.localKey('schema')));

/** More told rows than are read at once; every other key has a device yet. */
const manyTold = (count: number): Change[] =>
  Array.from({length: count}, (_, n): Change[] => [
    [layout.toldKey(fakeKey(n)), Buffer.alloc(22, n)],
    ...(n % 2 === 0
      ? [[layout.deviceKey(fakeKey(n)), encodeDevice({userId: n + 1, role: null, authorizedAt: 1})] as const]
      : []),
  ]).flat();

const kinds: [string, (folder: string) => Promise<KeyValueStore>][] = [
  ['in memory', async () => new MemoryStore()],
  ['on disk', (folder) => LevelStore.open(folder)],
];

for (const [kind, open] of kinds) {
  test(`${kind}: every told row of schema 1 ends with the user whom its key belongs to, or with 0`, async (t) => {
    const rows = await open(tempDir(t));
    await rows.write([...storedRows('schema-1-without-appointments.txt'), ...manyTold(2_500)]);
    await Store.open(rows);
    t.is(await versionOf(rows), '3');
    for (let n = 0; n < 2_500; n++) {
      const row = (await rows.get(layout.toldKey(fakeKey(n))))!;
      if (decodeTold(row).userId !== (n % 2 === 0 ? n + 1 : 0) || row[0] !== n % 256) t.fail(`told row ${n}`);
    }
    await rows.close();
  });

  test(`${kind}: a told row of schema 1 that is cut short has the store refused unchanged`, async (t) => {
    const rows = await open(tempDir(t));
    await rows.write([
      ...storedRows('schema-1-without-appointments.txt'),
      ...manyTold(2_500),
      [layout.toldKey('ff'.repeat(33)), Buffer.alloc(21)],
    ]);
    const before = await allRows(rows);
    const error = await t.throwsAsync(Store.open(rows), refused('TOWER_STORE_CORRUPT'));
    t.is(error.message, 'a told row has 21 bytes');
    t.deepEqual(await allRows(rows), before);
    await rows.close();
  });
}

test('a store of schema 1 whose log lacks an event is refused unchanged', async (t) => {
  const rows = new MemoryStore();
  await rows.write(storedRows('schema-1-without-appointments.txt'));
  await rows.write([[layout.logKey(7), null]]);
  const before = await allRows(rows);
  await t.throwsAsync(Store.open(rows), refused('TOWER_STORE_CORRUPT'));
  t.deepEqual(await allRows(rows), before);
});

const asRows = (hex: Readonly<Record<string, string>>): Row[] =>
  Object.entries(hex).map(([key, value]) => [Buffer.from(key, 'hex').toString('latin1'), Buffer.from(value, 'hex')]);

/** What every write leaves, the first of which is the first step. */
async function statesOf(stored: readonly Row[]): Promise<Record<string, string>[]> {
  const rows = new MemoryStore();
  await rows.write(stored);
  const states = [await allRows(rows)];
  const faulty = new FaultyStore(rows);
  await Store.open(faulty);
  const {writes} = faulty;
  const again = new MemoryStore();
  await again.write(stored);
  for (const changes of writes) {
    await again.write(changes);
    states.push(await allRows(again));
  }
  return states;
}

for (const schema of [1, 2]) {
  for (const fate of ['fails before', 'fails after'] as const) {
    test(`a migration from schema ${schema} that ${fate} one of its steps is made leaves a whole store`, async (t) => {
      const stored = storedRows(`schema-${schema}-without-appointments.txt`);
      const states = await statesOf(stored);
      t.is(states.length, 1 + schemaVersion - schema, 'one write a version');
      for (let struck = 0; struck + 1 < states.length; struck++) {
        const rows = new FaultyStore(new MemoryStore());
        await rows.rows.write(asRows(states[struck]!));
        rows.next = fate;
        await t.throwsAsync(Store.open(rows), refused('TOWER_STORE_FAILED'));
        t.deepEqual(await allRows(rows), states[fate === 'fails before' ? struck : struck + 1]);
        await Store.open(rows);
        t.deepEqual(await allRows(rows), states.at(-1));
        t.deepEqual((await verify(rows)).problems, []);
      }
    });
  }

  test(`a store of schema ${schema} with appointments, which have no blobs, is refused unchanged`, async (t) => {
    const rows = new MemoryStore();
    await rows.write(storedRows(`schema-${schema}.txt`));
    const before = await allRows(rows);
    const error = await t.throwsAsync(Store.open(rows), refused('TOWER_STORE_OUTDATED'));
    t.regex(error.message, /appointments from before their blobs were kept/);
    t.deepEqual(await allRows(rows), before);
  });
}
