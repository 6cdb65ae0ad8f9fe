import {createHash} from 'node:crypto';
import {existsSync, readdirSync} from 'node:fs';
import {chmod, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {makeBackup} from '../../src/daemon/backup/backup.js';
import {openTower} from '../../src/daemon/open-tower.js';
import {generateSecretKey} from '../../src/crypto/signing-key.js';
import {layout, LevelStore, verify} from '../../src/store/index.js';
import {loadSettings} from '../../src/tower/settings.js';
import {aBackup, aStoppedTower, now, restore} from '../support/a-backup.js';
import {aDaemon} from '../support/daemon.js';
import {publicKey} from '../support/keys.js';
import {allRows} from '../support/rows.js';
import {storedRows} from '../support/stored-rows.js';
import {tempDir} from '../support/temp-dir.js';

async function rowsIn(dataDir: string) {
  const store = await LevelStore.open(join(dataDir, 'store'), {create: false});
  try {
    return await allRows(store);
  } finally {
    await store.close();
  }
}

const start = async (dataDir: string) => {
  const {values} = await loadSettings({
    flags: {'--data-dir': dataDir},
    environment: {},
    home: '/',
    workingDirectory: '/',
  });
  return openTower(values, {warn: () => undefined});
};

test('what is restored is the tower of the backup, row by row, and goes on where it was', async (t) => {
  const {dataDir, folder, ...said} = await aBackup(t);
  const restored = join(tempDir(t), 'there', 'tower');
  const answer = await restore(folder, restored);
  t.like(answer, {users: 1, appointments: 5, digest: said.digest});
  t.deepEqual(await rowsIn(restored), await rowsIn(dataDir));
  for (const name of ['tower.key', 'simulated-chain.hex']) {
    t.deepEqual(await readFile(join(restored, name)), await readFile(join(dataDir, name)));
    t.is((await stat(join(restored, name))).mode & 0o777, 0o600);
  }
  t.is((await stat(join(restored, 'store'))).mode & 0o777, 0o700);
  t.deepEqual(await readdir(restored), ['simulated-chain.hex', 'store', 'tower.key']);
  const daemon = await aDaemon(t, {'--subscription-duration': '10', '--expiry-delta': '2'}, {dataDir: restored});
  t.is(daemon.tower.id, said.towerId);
  t.is((await daemon.tower.digestAtTip()).digest, said.digest);
  t.deepEqual((await daemon.tower.verify()).problems, []);
  t.is((await daemon.mine(1)).height, said.tip.height + 1);
});

test('a backup says what it is of, and what is in it is for its owner alone', async (t) => {
  const {folder, ...said} = await aBackup(t);
  t.like(said, {
    ...{
      madeAt: now.toISOString(),
      network: 'regtest',
      chain: 'simulated',
      tip: {height: 132},
      schema: layout.schemaVersion,
    },
    ...{files: ['simulated-chain.hex']},
  });
  t.deepEqual(await readdir(folder), ['backup.json', 'simulated-chain.hex', 'store', 'tower.key']);
  for (const name of ['backup.json', 'tower.key']) t.is((await stat(join(folder, name))).mode & 0o777, 0o600);
  for (const path of [folder, join(folder, 'store')]) t.is((await stat(path)).mode & 0o777, 0o700);
  const manifest = JSON.parse(await readFile(join(folder, 'backup.json'), 'utf8')) as Record<string, unknown>;
  t.like(manifest, {format: 1, complete: true, tower_id: said.towerId, digest: said.digest});
});

test('the settings of the data directory come along, and give way to those that are there', async (t) => {
  const dataDir = await aStoppedTower(t);
  await writeFile(join(dataDir, 'bartizan.toml'), 'expiry_delta = 3\n');
  const folder = join(tempDir(t), 'backup');
  t.deepEqual((await makeBackup({dataDir, folder, now, tell: () => undefined})).files, [
    'simulated-chain.hex',
    'bartizan.toml',
  ]);
  const [fresh, prepared] = [join(tempDir(t), 'a'), tempDir(t)];
  await writeFile(join(prepared, 'bartizan.toml'), 'expiry_delta = 4\n');
  for (const [place, text] of [
    [fresh, 'expiry_delta = 3\n'],
    [prepared, 'expiry_delta = 4\n'],
  ] as const) {
    await restore(folder, place);
    t.is(await readFile(join(place, 'bartizan.toml'), 'utf8'), text);
    t.false(existsSync(join(place, 'restoring')));
  }
});

test('a folder that holds anything is refused for a backup, and stays as it is', async (t) => {
  const dataDir = await aStoppedTower(t);
  const folder = tempDir(t);
  await writeFile(join(folder, 'mine'), 'mine');
  const options = {dataDir, now, tell: () => undefined};
  await t.throwsAsync(makeBackup({...options, folder}), {code: 'TOWER_FOLDER_NOT_EMPTY'});
  await t.throwsAsync(makeBackup({...options, folder: dataDir}), {code: 'TOWER_FOLDER_NOT_EMPTY'});
  await t.throwsAsync(makeBackup({...options, folder: join(folder, 'mine')}), {code: 'TOWER_FILE_FAILED'});
  await t.throwsAsync(makeBackup({...options, folder: join(folder, 'mine', 'in')}), {code: 'TOWER_FILE_FAILED'});
  await t.throwsAsync(makeBackup({...options, folder: '/proc/tower'}), {code: 'TOWER_FILE_FAILED'});
  t.deepEqual(await readdir(folder), ['mine']);
});

test('a backup that fails leaves the folder as it was', async (t) => {
  const dataDir = await aStoppedTower(t);
  const [made, empty] = [join(tempDir(t), 'in', 'it'), tempDir(t)];
  for (const phase of ['copying', 'checking']) {
    for (const folder of [made, empty]) {
      const tell = (progress: {phase: string}) => {
        if (progress.phase === phase) throw new Error('enough');
      };
      await t.throwsAsync(makeBackup({dataDir, folder, now, tell}), {message: 'enough'});
    }
    t.false(existsSync(made));
    t.deepEqual(await readdir(empty), []);
  }
});

test('a tower without its key, without a block or without a store has no backup', async (t) => {
  const dataDir = await aStoppedTower(t);
  const options = {folder: join(tempDir(t), 'backup'), now, tell: () => undefined};
  await chmod(join(dataDir, 'tower.key'), 0o644);
  await t.throwsAsync(makeBackup({...options, dataDir}), {code: 'TOWER_INVALID_KEY'});
  await rm(join(dataDir, 'tower.key'));
  await t.throwsAsync(makeBackup({...options, dataDir}), {code: 'TOWER_INVALID_KEY'});
  await t.throwsAsync(makeBackup({...options, dataDir: tempDir(t)}), {code: 'TOWER_STORE_MISSING'});
  const empty = tempDir(t);
  await (await LevelStore.open(join(empty, 'store'))).close();
  await t.throwsAsync(makeBackup({...options, dataDir: empty}), {code: 'TOWER_NO_TIP'});
  t.false(existsSync(options.folder));
});

test('a key file that is not the one that the running tower uses is no backup of it', async (t) => {
  const daemon = await aDaemon(t);
  const dataDir = join(daemon.adminSocket, '..');
  await writeFile(join(dataDir, 'tower.key'), `${Buffer.from(generateSecretKey()).toString('hex')}\n`);
  const folder = join(tempDir(t), 'backup');
  await t.throwsAsync(makeBackup({dataDir, folder, now, tell: () => undefined}), {code: 'TOWER_INVALID_KEY'});
  t.false(existsSync(folder));
});

/** What may be wrong with a backup, and how it is told. */
const spoilt: [string, (folder: string) => Promise<unknown>, RegExp, string?][] = [
  ['is not there', (folder) => rm(folder, {recursive: true}), /there is no backup in/],
  ['has no manifest', (folder) => rm(join(folder, 'backup.json')), /there is no backup in/],
  ['was cut off', (folder) => change(folder, {complete: false}), /was cut off before it was whole/],
  ['is of a newer version', (folder) => change(folder, {format: 2}), /newer Bartizan/, 'TOWER_STORE_TOO_NEW'],
  ['has a newer store', (folder) => change(folder, {schema: 99}), /schema 99/, 'TOWER_STORE_TOO_NEW'],
  ['has a manifest without a tip', (folder) => change(folder, {tip: undefined}), /cannot be understood: tip/],
  ['has a manifest with another file', (folder) => change(folder, {files: ['../x']}), /cannot be understood: files/],
  ['has a manifest that is no JSON', (folder) => writeFile(join(folder, 'backup.json'), '{"format": 1,'), /not what/],
  ['has a manifest that is a list', (folder) => writeFile(join(folder, 'backup.json'), '[]'), /not what/],
  ['has an empty manifest', (folder) => writeFile(join(folder, 'backup.json'), ''), /not what/],
  ['has a manifest without end', (folder) => writeFile(join(folder, 'backup.json'), ' '.repeat(70_000)), /not what/],
  ['has another digest', (folder) => change(folder, {digest: '00'.repeat(32)}), /the digest of the backup is/],
  ['has other contents', (folder) => change(folder, {hash: '00'.repeat(32)}), /are not the \d+ that were copied/],
  ['has other rows', (folder) => change(folder, {rows: 7}), /are not the 7 that were copied/],
  ['is of another network', (folder) => change(folder, {network: 'signet'}), /not of the tower/],
  ['is of another chain', (folder) => change(folder, {genesis: '00'.repeat(32)}), /not of the tower/],
  ['is of another tip', (folder) => change(folder, {tip: {height: 132, hash: '00'.repeat(32)}}), /not of the tower/],
  ['has another key', (folder) => change(folder, {tower_id: publicKey(9)}), /another key/],
  ['has no key', (folder) => rm(join(folder, 'tower.key')), /no key/],
  [
    'has a key for all to read',
    (folder) => chmod(join(folder, 'tower.key'), 0o644),
    /can be read by others/,
    'TOWER_INVALID_KEY',
  ],
  [
    'has a chain that was cut',
    (folder) => cutChain(folder),
    /simulated-chain.hex in the backup .* 4000 bytes, not \d+$/,
  ],
  ['has a block changed', (folder) => changeChain(folder), /simulated-chain.hex in the backup .* holds other bytes$/],
  ['has a manifest that leaves a sum out', (folder) => change(folder, {sums: []}), /cannot be understood: sums/],
  ['has no chain', (folder) => rm(join(folder, 'simulated-chain.hex')), /has no simulated-chain.hex/],
  ['has no store', (folder) => rm(join(folder, 'store'), {recursive: true}), /has no store/],
  ['has an empty store', (folder) => emptied(join(folder, 'store')), /damaged/],
  ['has a row changed', (folder) => changeRow(folder), /are not the \d+ that were copied/],
  ['has a row more', (folder) => addRow(folder), /are not the \d+ that were copied/],
  ['has lost a file of its store', (folder) => lose(folder, /\.ldb$/), /damaged/],
  ['has a cut file in its store', (folder) => cut(folder, /\.ldb$/), /damaged/],
];

for (const [what, spoil, message, code = 'TOWER_INVALID_BACKUP'] of spoilt) {
  test(`a backup that ${what} is refused, and leaves nothing`, async (t) => {
    const {folder} = await aBackup(t);
    await spoil(folder);
    const [made, empty] = [join(tempDir(t), 'tower'), tempDir(t)];
    for (const dataDir of [made, empty]) await t.throwsAsync(restore(folder, dataDir), {code, message});
    t.false(existsSync(made));
    t.deepEqual(await readdir(empty), []);
  });
}

test('settings that were changed in a backup are refused, too', async (t) => {
  const dataDir = await aStoppedTower(t);
  await writeFile(join(dataDir, 'bartizan.toml'), 'expiry_delta = 3\n');
  const folder = join(tempDir(t), 'backup');
  const {sums} = await makeBackup({dataDir, folder, now, tell: () => undefined});
  t.deepEqual(sums?.at(-1), {
    name: 'bartizan.toml',
    bytes: 17,
    sha256: createHash('sha256').update('expiry_delta = 3\n').digest('hex'),
  });
  await writeFile(join(folder, 'bartizan.toml'), 'garbage\n');
  const there = join(tempDir(t), 'tower');
  await t.throwsAsync(restore(folder, there), {code: 'TOWER_INVALID_BACKUP', message: /bartizan.toml in the backup/});
  t.false(existsSync(there));
});

test('a backup that was made before sums were noted is restored as it is', async (t) => {
  const {folder} = await aBackup(t);
  await change(folder, {sums: undefined});
  t.like(await restore(folder, join(tempDir(t), 'tower')), {users: 1, appointments: 5});
});

test('no backup is made inside of a data directory or of another backup', async (t) => {
  const {dataDir, folder} = await aBackup(t);
  const before = await readdir(folder);
  const link = join(tempDir(t), 'link');
  await symlink(dataDir, link);
  const other = join(tempDir(t), 'other');
  await restore(folder, other);
  const options = {dataDir, now, tell: () => undefined};
  for (const [inside, message] of [
    [join(dataDir, 'store', 'x'), /lies in a data directory, /],
    [join(dataDir, 'backups', 'x'), /lies in a data directory, /],
    [join(link, 'x'), /lies in a data directory, /],
    [join(other, 'x', 'y'), /lies in a data directory, /],
    [join(folder, 'sub'), /lies in a backup, /],
    [join(folder, 'store', 'x'), /lies in a backup, /],
  ] as const) {
    await t.throwsAsync(makeBackup({...options, folder: inside}), {code: 'TOWER_USAGE', message});
    t.false(existsSync(inside));
  }
  t.deepEqual(await readdir(folder), before);
});

test('a backup whose rows do not agree with each other is refused', async (t) => {
  const dataDir = await aStoppedTower(t);
  const store = await LevelStore.open(join(dataDir, 'store'));
  await store.write([[layout.dueKey('e', 200, 77), new Uint8Array(0)]]);
  await store.close();
  const folder = join(tempDir(t), 'backup');
  await makeBackup({dataDir, folder, now, tell: () => undefined});
  const there = join(tempDir(t), 'tower');
  await t.throwsAsync(restore(folder, there), {code: 'TOWER_INVALID_BACKUP', message: /due row of user 77/});
  t.false(existsSync(there));
});

test('a data directory that holds something of a tower is refused, and stays as it is', async (t) => {
  const {folder, dataDir} = await aBackup(t);
  const before = await rowsIn(dataDir);
  const refused = {code: 'TOWER_FOLDER_NOT_EMPTY'};
  await t.throwsAsync(restore(folder, dataDir), refused);
  await t.throwsAsync(restore(folder, folder), refused);
  for (const name of ['store', 'simulated-chain.hex']) {
    await rm(join(dataDir, name), {recursive: true});
    if (name === 'store') t.truthy(before);
    await t.throwsAsync(restore(folder, dataDir), refused);
  }
  t.deepEqual(readdirSync(dataDir), ['tower.key']);
  await rm(join(dataDir, 'tower.key'));
  await mkdir(join(dataDir, 'store'));
  await restore(folder, dataDir);
  t.deepEqual(await rowsIn(dataDir), before, 'an empty folder is nothing of a tower');
});

test('no tower starts in a backup, nor beside a restore that was cut off, which the next restore clears away', async (t) => {
  const {folder} = await aBackup(t);
  await t.throwsAsync(start(folder), {code: 'TOWER_IS_BACKUP'});
  const dataDir = tempDir(t);
  await restore(folder, dataDir);
  await mkdir(join(dataDir, 'restoring'));
  await writeFile(join(dataDir, 'restoring', 'process'), '999999999');
  await rename(join(dataDir, 'store'), join(dataDir, 'restoring', 'store'));
  await t.throwsAsync(start(dataDir), {code: 'TOWER_RESTORE_INCOMPLETE'});
  const options = {dataDir, folder: join(tempDir(t), 'b'), now, tell: () => undefined};
  await t.throwsAsync(makeBackup(options), {code: 'TOWER_RESTORE_INCOMPLETE'});
  t.deepEqual(await readdir(dataDir), ['restoring', 'simulated-chain.hex', 'tower.key']);
  await restore(folder, dataDir);
  const {tower, closeRest} = await start(dataDir);
  await tower.close();
  await closeRest();
});

test('a restore under way is not disturbed by another', async (t) => {
  const {folder} = await aBackup(t);
  const dataDir = tempDir(t);
  await mkdir(join(dataDir, 'restoring'));
  await writeFile(join(dataDir, 'restoring', 'process'), String(process.ppid));
  await t.throwsAsync(restore(folder, dataDir), {
    code: 'TOWER_RESTORE_INCOMPLETE',
    message: new RegExp(`process ${process.ppid} is restoring`),
  });
  t.deepEqual(await readdir(dataDir), ['restoring']);
});

test('the store of an older version is backed up as it is, and migrated when it is restored', async (t) => {
  const dataDir = tempDir(t);
  const store = await LevelStore.open(join(dataDir, 'store'));
  await store.write(storedRows('schema-2-without-appointments.txt'));
  const rows = await allRows(store);
  await store.close();
  await writeFile(join(dataDir, 'tower.key'), `${Buffer.from(generateSecretKey()).toString('hex')}\n`, {mode: 0o600});
  const folder = join(tempDir(t), 'backup');
  const said = await makeBackup({dataDir, folder, now, tell: () => undefined});
  t.is(said.schema, 2);
  t.deepEqual(await rowsIn(dataDir), rows, 'a backup before an update changes nothing');
  const there = join(tempDir(t), 'tower');
  const {digest} = await restore(folder, there);
  t.deepEqual(await rowsIn(folder), rows);
  const restored = await LevelStore.open(join(there, 'store'), {create: false});
  t.teardown(() => restored.close());
  t.is((await verify(restored)).problemCount, 0);
  t.not(digest, said.digest);
});

async function change(folder: string, what: object): Promise<void> {
  const path = join(folder, 'backup.json');
  const said = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, JSON.stringify({...said, ...what}));
}

async function cutChain(folder: string): Promise<void> {
  const path = join(folder, 'simulated-chain.hex');
  await writeFile(path, (await readFile(path)).subarray(0, 4_000));
}

async function changeChain(folder: string): Promise<void> {
  const path = join(folder, 'simulated-chain.hex');
  await writeFile(
    path,
    (await readFile(path, 'utf8')).replace(/.\n$/, (end) => (end === '0\n' ? '1\n' : '0\n')),
  );
}

async function changeRow(folder: string): Promise<void> {
  const store = await LevelStore.open(join(folder, 'store'));
  const [[key, value] = ['', Buffer.alloc(0)]] = await store.range({...layout.tableRange('blob'), limit: 1});
  await store.write([[key, Buffer.from(value).fill(0xff, 0, 1)]]);
  await store.close();
}

async function addRow(folder: string): Promise<void> {
  const store = await LevelStore.open(join(folder, 'store'));
  await store.write([['zzz', Buffer.from('more')]]);
  await store.close();
}

async function emptied(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await rm(join(folder, name));
}

async function lose(folder: string, pattern: RegExp): Promise<void> {
  const names = (await readdir(join(folder, 'store'))).filter((name) => pattern.test(name));
  for (const name of names) await rm(join(folder, 'store', name));
}

async function cut(folder: string, pattern: RegExp): Promise<void> {
  const names = (await readdir(join(folder, 'store'))).filter((name) => pattern.test(name));
  for (const name of names) {
    const path = join(folder, 'store', name);
    await writeFile(path, (await readFile(path)).subarray(0, 100));
  }
}
