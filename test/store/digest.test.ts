import test from 'ava';
import {digestOf} from '../../src/store/digest.js';
import {type Change, LevelStore, layout, MemoryStore} from '../../src/store/index.js';
import {tempDir} from '../support/temp-dir.js';

const rows = (...pairs: [string, string][]): Change[] =>
  pairs.map(([key, value]) => [key, Buffer.from(value, 'latin1')]);

/*
 * Worked out by hand with printf and sha256sum:
 * 0000000e appointment! 0001  00000004 00000003
 * 0000000a meta!start         00000001 5
 * 00000009 user! 000000ff     00000002 ab
 */
const tiny = rows(['user!\0\0\0\xff', 'ab'], ['meta!start', '5'], ['appointment!\0\x01', '\0\0\0\x03']);
const digestOfTiny = '5b29a0257fc57393e65dfde55c4ef8d09d6ee2a9b3cfa7a657c3a75970ea7a3c';
const digestOfNothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

test('a tiny store has the digest that was worked out by hand, in memory and on disk', async (t) => {
  const memory = new MemoryStore();
  const disk = await LevelStore.open(tempDir(t));
  t.is(await digestOf(memory), digestOfNothing);
  t.is(await digestOf(disk), digestOfNothing);
  await memory.write(tiny);
  await disk.write(tiny);
  t.is(await digestOf(memory), digestOfTiny);
  t.is(await digestOf(disk), digestOfTiny);
  await disk.close();
});

test('rows of tables that are not state leave the digest as it is', async (t) => {
  const store = new MemoryStore();
  await store.write(tiny);
  for (const table of ['header', 'undo', 'log', 'local', 'forget', 'info', 'timeout'] as const) {
    await store.write(rows([`${table}!1`, 'x'], [`${table}!\xff\xff`, 'y']));
    t.is(await digestOf(store), digestOfTiny, table);
  }
});

test('a row more, a row less or another byte in any state table is another digest', async (t) => {
  t.deepEqual(
    [...layout.stateTables],
    ['answered', 'appointment', 'device', 'due', 'locator', 'meta', 'ready', 'request', 'requestOf', 'told', 'user'],
  );
  const seen = new Set([digestOfTiny]);
  for (const table of layout.stateTables) {
    for (const [key, value] of [
      [`${table}!z`, ''],
      [`${table}!z`, '\0'],
      [`${table}!\xff\xff`, ''],
    ] as [string, string][]) {
      const store = new MemoryStore();
      await store.write(tiny);
      await store.write(rows([key, value]));
      const digest = await digestOf(store);
      t.false(seen.has(digest), `${table} ${key}`);
      seen.add(digest);
    }
  }
  for (const [key] of tiny) {
    const store = new MemoryStore();
    await store.write(tiny);
    await store.write([[key, null]]);
    const digest = await digestOf(store);
    t.false(seen.has(digest));
    seen.add(digest);
  }
});

test('bytes cannot move between key and value, or between rows, unseen', async (t) => {
  const digests = new Set<string>();
  for (const pairs of [
    [['user!ab', 'c']],
    [['user!a', 'bc']],
    [['user!abc', '']],
    [
      ['user!a', ''],
      ['user!b', 'c'],
    ],
  ] as [string, string][][]) {
    const store = new MemoryStore();
    await store.write(rows(...pairs));
    digests.add(await digestOf(store));
  }
  t.is(digests.size, 4);
});

test('it tells how many rows it has read', async (t) => {
  const store = new MemoryStore();
  await store.write(Array.from({length: 2_500}, (_, i): Change => [layout.userKey(i), Buffer.from('u')]));
  const told: number[] = [];
  await digestOf(store, (rows) => told.push(rows));
  t.deepEqual(told, [1_000, 2_000, 2_500]);
});
