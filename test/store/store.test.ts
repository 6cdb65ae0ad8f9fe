import test from 'ava';
import {genesisOf} from '../../src/chain/network.js';
import {OperationalError} from '../../src/errors/index.js';
import {type KeyValueStore, layout, LevelStore, MemoryStore, Store} from '../../src/store/index.js';
import {allRows} from '../support/rows.js';
import {storedRows} from '../support/stored-rows.js';
import {tempDir} from '../support/temp-dir.js';

const refused = (code: string) => ({instanceOf: OperationalError, code});
const schemaKey = layout.localKey('schema');

test('an empty database becomes a store of this schema that has not begun', async (t) => {
  const rows = new MemoryStore();
  const store = await Store.open(rows);
  t.is(store.meta, undefined);
  t.is(Buffer.from((await rows.get(schemaKey))!).toString(), String(layout.schemaVersion));
  t.is((await Store.open(rows)).meta, undefined, 'and opens again');
});

const kinds: [string, (folder: string) => Promise<KeyValueStore>][] = [
  ['in memory', async () => new MemoryStore()],
  ['on disk', (folder) => LevelStore.open(folder)],
];

for (const [kind, open] of kinds) {
  test(`${kind}: a store of a newer schema is refused, and every row of it stays as it was`, async (t) => {
    const folder = tempDir(t);
    const rows = await open(folder);
    await rows.write([
      [schemaKey, Buffer.from(String(layout.schemaVersion + 1))],
      ['meta!tip', Buffer.from('of another form')],
      ['zebra!\xff', Buffer.from('of a table to come')],
    ]);
    const before = await allRows(rows);
    const error = await t.throwsAsync(Store.open(rows), refused('TOWER_STORE_TOO_NEW'));
    t.like(error, {facts: {version: layout.schemaVersion + 1, known: layout.schemaVersion}});
    t.deepEqual(await allRows(rows), before);
    await rows.close();
  });

  for (const key of ['some key', '\0', '\xff\xff']) {
    test(`${kind}: another program's database with the key ${JSON.stringify(key)} is refused and left alone`, async (t) => {
      const rows = await open(tempDir(t));
      await rows.write([[key, Buffer.from('theirs')]]);
      const before = await allRows(rows);
      await t.throwsAsync(Store.open(rows), refused('TOWER_STORE_CORRUPT'));
      t.deepEqual(await allRows(rows), before);
      await rows.close();
    });
  }
}

test('a schema version that is no number, or that no Bartizan has written, is refused unchanged', async (t) => {
  for (const version of ['', '0', '-1', '1.0', ' 1', '1x', '99999999999']) {
    const rows = new MemoryStore();
    await rows.write([[schemaKey, Buffer.from(version)]]);
    const before = await allRows(rows);
    await t.throwsAsync(Store.open(rows), refused('TOWER_STORE_CORRUPT'), version);
    t.deepEqual(await allRows(rows), before);
  }
});

test('a store whose meta rows are incomplete or unreadable is refused unchanged', async (t) => {
  const good: [string, string][] = [
    [layout.metaKey('chain'), JSON.stringify({network: 'regtest', genesis: genesisOf.regtest})],
    [layout.metaKey('tip'), JSON.stringify({height: 1, hash: 'ff'.repeat(32)})],
    [layout.metaKey('start'), '1'],
    [layout.metaKey('counters'), '{}'],
    [layout.metaKey('settings'), '{}'],
    [layout.localKey('progress'), '{}'],
    [layout.headerKey(1), 'not a header'],
  ];
  const spoilt = [
    good.filter(([key]) => key !== layout.metaKey('tip')),
    good.filter(([key]) => key !== layout.headerKey(1)),
    good,
    good.map(([key]): [string, string] => [key, '{']),
  ];
  for (const version of ['1', String(layout.schemaVersion)]) {
    for (const pairs of spoilt) {
      const rows = new MemoryStore();
      await rows.write([
        [schemaKey, Buffer.from(version)],
        ...pairs.map(([key, value]) => [key, Buffer.from(value)] as const),
      ]);
      const before = await allRows(rows);
      await t.throwsAsync(Store.open(rows), refused('TOWER_STORE_CORRUPT'));
      t.deepEqual(await allRows(rows), before);
    }
  }
});

/** A store with so many more events, each of so many bytes. */
async function withEvents(count: number, bytes: number): Promise<{rows: MemoryStore; nextLog: number}> {
  const rows = new MemoryStore();
  await rows.write(storedRows('schema-1-without-appointments.txt'));
  const store = await Store.open(rows);
  const transaction = store.begin();
  for (let i = 0; i < count; i++) transaction.log('x'.repeat(bytes));
  await store.commit(transaction);
  return {rows, nextLog: store.meta!.progress.nextLog};
}

test('as many events are looked at as fit into a write-ahead log, be they small or large', async (t) => {
  for (const [bytes, seen, unseen] of [
    [70, 40_000, 60_000],
    [1_000, 4_000, 5_200],
  ] as const) {
    for (const [back, isSeen] of [
      [1, true],
      [seen, true],
      [unseen, false],
    ] as const) {
      const {rows, nextLog} = await withEvents(unseen + 1_000, bytes);
      await rows.write([[layout.logKey(nextLog - back), null]]);
      const what = `${bytes} bytes, ${back} events ago`;
      if (isSeen) await t.throwsAsync(Store.open(rows), refused('TOWER_STORE_CORRUPT'), what);
      else await t.notThrowsAsync(Store.open(rows), what);
    }
  }
});

test('an event behind the last one is a sign of damage, too', async (t) => {
  const {rows, nextLog} = await withEvents(10, 10);
  await rows.write([[layout.logKey(nextLog), Buffer.from('"x"')]]);
  await t.throwsAsync(Store.open(rows), refused('TOWER_STORE_CORRUPT'));
});
