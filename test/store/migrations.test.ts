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
  Store,
  verify,
} from '../../src/store/index.js';
import {FaultyStore} from '../support/faulty-store.js';
import {fakeKey} from '../support/keys.js';
import {allRows, text} from '../support/rows.js';
import {storedRows} from '../support/stored-rows.js';
import {tempDir} from '../support/temp-dir.js';

const refused = (code: string) => ({instanceOf: OperationalError, code});
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
    await rows.write([...storedRows('schema-1.txt'), ...manyTold(2_500)]);
    await Store.open(rows);
    t.is(await versionOf(rows), '2');
    for (let n = 0; n < 2_500; n++) {
      const row = (await rows.get(layout.toldKey(fakeKey(n))))!;
      if (decodeTold(row).userId !== (n % 2 === 0 ? n + 1 : 0) || row[0] !== n % 256) t.fail(`told row ${n}`);
    }
    await rows.close();
  });

  test(`${kind}: a told row of schema 1 that is cut short has the store refused unchanged`, async (t) => {
    const rows = await open(tempDir(t));
    await rows.write([
      ...storedRows('schema-1.txt'),
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
  await rows.write(storedRows('schema-1.txt'));
  await rows.write([[layout.logKey(7), null]]);
  const before = await allRows(rows);
  await t.throwsAsync(Store.open(rows), refused('TOWER_STORE_CORRUPT'));
  t.deepEqual(await allRows(rows), before);
});

for (const fate of ['fails before', 'fails after'] as const) {
  test(`a migration whose write ${fate} it is made leaves a whole store of ${fate === 'fails before' ? 'schema 1' : 'schema 2'}`, async (t) => {
    const good = new MemoryStore();
    await good.write(storedRows('schema-1.txt'));
    const before = await allRows(good);
    await Store.open(good);
    const after = await allRows(good);

    const rows = new FaultyStore(new MemoryStore());
    await rows.rows.write(storedRows('schema-1.txt'));
    rows.next = fate;
    await t.throwsAsync(Store.open(rows), refused('TOWER_STORE_FAILED'));
    t.is(rows.writes.length, 1, 'one write is all there is');
    t.deepEqual(await allRows(rows), fate === 'fails before' ? before : after);
    await Store.open(rows);
    t.deepEqual(await allRows(rows), after);
    t.deepEqual((await verify(rows)).problems, []);
  });
}
