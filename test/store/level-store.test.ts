import {existsSync, readdirSync, readFileSync, truncateSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {OperationalError} from '../../src/errors/index.js';
import {type Change, LevelStore} from '../../src/store/index.js';
import {text} from '../support/rows.js';
import {tempDir} from '../support/temp-dir.js';

const refused = (code: string) => ({instanceOf: OperationalError, code});
const some = (rows: number): Change[] =>
  Array.from({length: rows}, (_, i) => [`k${String(i).padStart(6, '0')}`, Buffer.alloc(100, String(i))]);

test('rows are there when the store is opened again', async (t) => {
  const folder = tempDir(t);
  const store = await LevelStore.open(folder);
  await store.write([['k\xff\0', Buffer.from('v')]]);
  await store.close();
  const again = await LevelStore.open(folder, {create: false});
  t.is(text(await again.get('k\xff\0')), 'v');
  await again.close();
});

test('a store that is open is locked for whoever else wants it, and free once it is closed', async (t) => {
  const folder = tempDir(t);
  const store = await LevelStore.open(folder);
  const error = await t.throwsAsync(LevelStore.open(folder), refused('TOWER_STORE_LOCKED'));
  t.true(error.message.includes(folder));
  await store.close();
  await (await LevelStore.open(folder)).close();
});

test('a store that is not there is missing, and asking for it makes none', async (t) => {
  const folder = join(tempDir(t), 'store');
  await t.throwsAsync(LevelStore.open(folder, {create: false}), refused('TOWER_STORE_MISSING'));
  t.false(existsSync(join(folder, 'CURRENT')));
  await t.throwsAsync(LevelStore.open(folder, {create: false}), refused('TOWER_STORE_MISSING'), 'nor the second time');
});

test('a folder that cannot be one is a failure, not a missing store', async (t) => {
  const file = join(tempDir(t), 'file');
  writeFileSync(file, 'not a folder');
  await t.throwsAsync(LevelStore.open(file), refused('TOWER_STORE_FAILED'));
  await t.throwsAsync(LevelStore.open(file, {create: false}), refused('TOWER_STORE_FAILED'));
  t.is(readFileSync(file, 'utf8'), 'not a folder');
});

async function filled(folder: string): Promise<void> {
  const store = await LevelStore.open(folder);
  for (let i = 0; i < 3; i++) await store.write(some(5_000));
  await store.close();
}

const damage = {
  'a manifest that was cut': (folder: string) => {
    const manifest = readdirSync(folder).find((name) => name.startsWith('MANIFEST'))!;
    truncateSync(join(folder, manifest), 10);
  },
  'a CURRENT file of other content': (folder: string) => writeFileSync(join(folder, 'CURRENT'), 'nonsense'),
  'a manifest that is gone': (folder: string) => writeFileSync(join(folder, 'CURRENT'), 'MANIFEST-009999\n'),
};

for (const [what, spoil] of Object.entries(damage)) {
  test(`${what} is reported as a damaged or failed store, never opened as an empty one`, async (t) => {
    const folder = tempDir(t);
    await filled(folder);
    spoil(folder);
    const error = await t.throwsAsync(LevelStore.open(folder), {instanceOf: OperationalError});
    t.regex(error.code, /^TOWER_STORE_(CORRUPT|FAILED)$/);
  });
}

test('a damaged table is reported when it is read', async (t) => {
  const folder = tempDir(t);
  await filled(folder);
  // Opening moves the rows from the log to a table.
  await (await LevelStore.open(folder)).close();
  const tables = readdirSync(folder).filter((name) => name.endsWith('.ldb'));
  t.true(tables.length > 0);
  for (const table of tables) {
    const bytes = readFileSync(join(folder, table));
    bytes.fill(0x5a, 0, bytes.length - 200);
    writeFileSync(join(folder, table), bytes);
  }
  const store = await LevelStore.open(folder);
  await t.throwsAsync(store.range({from: 'k', to: 'l', limit: 9_999}), refused('TOWER_STORE_CORRUPT'));
  await t.throwsAsync(store.get('k000000'), refused('TOWER_STORE_CORRUPT'));
  await t.throwsAsync(store.getMany(['k000000']), refused('TOWER_STORE_CORRUPT'));
  await store.close();
});

test('a closed store refuses to read and write, with a code', async (t) => {
  const store = await LevelStore.open(tempDir(t));
  await store.close();
  await t.throwsAsync(store.get('a'), refused('TOWER_STORE_FAILED'));
  await t.throwsAsync(store.range({from: 'a', to: 'b', limit: 1}), refused('TOWER_STORE_FAILED'));
  await t.throwsAsync(store.write([['a', Buffer.from('1')]]), refused('TOWER_STORE_FAILED'));
});
