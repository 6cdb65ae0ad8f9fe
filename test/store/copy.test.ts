import test from 'ava';
import {contentsOf, copyRows} from '../../src/store/copy.js';
import {digestOf, type KeyValueReader, layout, LevelStore, MemoryStore, type Row} from '../../src/store/index.js';
import {appoint} from '../support/appointments.js';
import {allRows} from '../support/rows.js';
import {tempDir} from '../support/temp-dir.js';
import {World} from '../support/world.js';

/** A store with rows of every table that a life brings. */
async function lived(t: Parameters<typeof World.begin>[0]): Promise<World> {
  const world = await World.begin(t);
  for (const user of [2, 3, 4]) await world.register(user);
  await appoint(world, 1, 100);
  await appoint(world, 2, 5);
  await world.mineTo(112);
  await world.register(2);
  return world;
}

test('a copy is the same row by row, on disk as in memory, and counts the same', async (t) => {
  const {rows, tower} = await lived(t);
  const copy = await LevelStore.open(tempDir(t), {fresh: true});
  t.teardown(() => copy.close());
  const told: number[] = [];
  const contents = await copyRows(rows, copy, (progress) => told.push(progress.rows));
  t.deepEqual(await allRows(copy), await allRows(rows));
  t.deepEqual(await contentsOf(copy), contents);
  t.deepEqual(await contentsOf(rows), contents);
  t.is(contents.digest, await digestOf(copy));
  t.is(contents.digest, await tower.digest());
  t.is(contents.rows, Object.keys(await allRows(rows)).length);
  t.is(told.at(-1), contents.rows);
});

test('one bit, one row more and one row less are other contents', async (t) => {
  const {rows} = await lived(t);
  const before = await contentsOf(rows);
  const [[key, value]] = (await rows.range({...layout.tableRange('blob'), limit: 1})) as [Row];
  for (const change of [
    [key, Buffer.from(value).fill(1, 0, 1)],
    [key, null],
    [`${key}\0`, value],
  ] as const) {
    const copy = new MemoryStore();
    await copyRows(rows, copy);
    await copy.write([change]);
    const after = await contentsOf(copy);
    t.not(after.hash, before.hash);
    t.is(after.digest, before.digest, 'which the digest alone would not tell');
  }
});

test('whoever throws while he is told ends a copy', async (t) => {
  const {rows} = await lived(t);
  const enough = new Error('enough');
  await t.throwsAsync(
    copyRows(rows, new MemoryStore(), () => {
      throw enough;
    }),
    {is: enough},
  );
});

test('large rows are read a few at a time', async (t) => {
  const rows = new MemoryStore();
  const blob = Buffer.alloc(1024 * 1024);
  await rows.write(Array.from({length: 100}, (_, n) => [layout.blobKey(1, n.toString(16).padStart(32, '0')), blob]));
  await rows.write(Array.from({length: 100}, (_, n) => [layout.undoKey(1, n), blob]));
  let most = 0;
  const reader: KeyValueReader = {
    get: (key) => rows.get(key),
    getMany: (keys) => rows.getMany(keys),
    keys: (range) => rows.keys(range),
    async range(range) {
      const page = await rows.range(range);
      most = Math.max(most, page.length);
      return page;
    },
  };
  let largest = 0;
  const target = {
    async write(changes: Iterable<Row>) {
      largest = Math.max(largest, [...changes].length);
    },
  };
  t.is((await copyRows(reader, target as never)).rows, 200);
  t.is(most, 32);
  t.true(largest <= 64, `${largest} MiB in one batch`);
});

test('a store that is there already is not taken for a fresh one', async (t) => {
  const folder = tempDir(t);
  await (await LevelStore.open(folder)).close();
  await t.throwsAsync(LevelStore.open(folder, {fresh: true}), {code: 'TOWER_FOLDER_NOT_EMPTY'});
});
