import {existsSync, readdirSync, statSync} from 'node:fs';
import {readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {AdminClient} from '../../src/api/admin/client.js';
import {plain} from '../../src/cli/paint.js';
import {verify} from '../../src/cli/verify.js';
import {layout, LevelStore} from '../../src/store/index.js';
import {encodeTold} from '../../src/store/rows.js';
import {aBackup} from '../support/a-backup.js';
import {fakeKey, publicKey} from '../support/keys.js';
import {until} from '../support/until.js';
import {ask, run, runHere, type Running, start, temporaryDirectory} from './harness.js';

async function aTower(t: ExecutionContext, dataDir: string): Promise<Running> {
  const tower = start(t, ['run', '--data-dir', dataDir]);
  await tower.said('stderr', /event=state_changed state=synced/);
  return tower;
}

/** A tower that has stopped, with rows enough that copying them takes its time. */
async function aLargeTower(t: ExecutionContext, count = 60_000): Promise<string> {
  const dataDir = join(await temporaryDirectory(t), 'tower');
  const tower = await aTower(t, dataDir);
  for (const user of [2, 3]) await ask(t, dataDir, 'register', publicKey(user));
  tower.child.kill('SIGTERM');
  await tower.ended;
  const store = await LevelStore.open(join(dataDir, 'store'));
  const told = encodeTold({userId: 9, subscription: 9, lastSlots: 1, lastExpiry: 1, highestSlots: 1, highestExpiry: 1});
  // What keys of users long gone were told is held against nothing else.
  await store.write(Array.from({length: count}, (_, n) => [layout.toldKey(fakeKey(n)), told]));
  await store.close();
  return dataDir;
}

const sizeOf = (folder: string): number => {
  try {
    return readdirSync(folder).reduce((sum, name) => sum + (statSync(join(folder, name)).size ?? 0), 0);
  } catch {
    // It is not there yet, or changes right now.
    return 0;
  }
};

/** Kills a process once the condition holds, unless it has ended before; answers whether it was killed. */
async function killWhen({child, ended}: Running, condition: () => boolean): Promise<boolean> {
  await until(() => condition() || child.exitCode !== null);
  const killed = child.exitCode === null && child.kill('SIGKILL');
  await ended;
  return killed && child.exitCode === null;
}

/** No tower starts there: it ends without a word on stdout, and says why. */
async function refusesToRun(t: ExecutionContext, dataDir: string, message: RegExp): Promise<void> {
  const tower = start(t, ['run', '--data-dir', dataDir]);
  await t.throwsAsync(tower.said('stdout', /./), {message});
  t.is((await tower.ended).status, 1);
}

test('a backup under load is of one moment, and restored it is that tower with all that was acknowledged before', async (t) => {
  const dataDir = await aLargeTower(t);
  const tower = await aTower(t, dataDir);
  const admin = new AdminClient(dataDir);
  const acknowledged: number[] = [];
  let isBackedUp = false;
  const load = (async () => {
    for (let n = 10; !isBackedUp; n++) {
      const {userId} = await admin.register(publicKey(n));
      acknowledged.push(userId);
      if (n % 10 === 0) await admin.mine(1);
    }
  })();
  await until(() => acknowledged.length >= 5);
  const before = acknowledged.length;
  const folder = join(await temporaryDirectory(t), 'backup');
  const {status, stdout, stderr} = await run(t, ['backup', folder, '--data-dir', dataDir, '--json']);
  isBackedUp = true;
  await load;
  t.is(status, 0, stderr);
  t.true(acknowledged.length > before + 5, 'requests were served meanwhile');
  const said = JSON.parse(stdout) as {digest: string; rows: number; tip: {height: number}};
  t.true(said.rows > 60_000);
  t.like(await ask(t, dataDir, 'verify'), {problem_count: 0});
  tower.child.kill('SIGKILL');
  await tower.ended;

  const there = join(await temporaryDirectory(t), 'tower');
  const restored = await runHere(['restore', folder, '--data-dir', there, '--json']);
  t.is(restored.status, 0, restored.stderr);
  t.regex(restored.stderr, /^warning: what the tower has promised since the backup \(block \d+, .*Z\) is NOT in it: /);
  t.like(JSON.parse(restored.stdout), {digest: said.digest, tip: said.tip});
  t.like(await ask(t, there, 'digest'), {digest: said.digest, height: said.tip.height});
  t.like(await ask(t, there, 'verify'), {problem_count: 0});
  t.like(await ask(t, folder, 'digest'), {digest: said.digest}, 'a backup can be asked, too');
  const again = await aTower(t, there);
  const {users} = await new AdminClient(there).users({after: 0, limit: 1000});
  const ids = new Set(users.map(({userId}) => userId));
  t.deepEqual(
    acknowledged.slice(0, before).filter((id) => !ids.has(id)),
    [],
  );
  again.child.kill('SIGTERM');
  t.is((await again.ended).status, 0);
});

test('a backup that is killed says that it is not whole, and the tower goes on', async (t) => {
  const dataDir = await aLargeTower(t);
  const tower = await aTower(t, dataDir);
  const scratch = await temporaryDirectory(t);
  const moments: ((folder: string) => boolean)[] = [
    (folder) => existsSync(join(folder, 'backup.json')),
    (folder) => sizeOf(join(folder, 'store')) > 500_000,
    (folder) => existsSync(join(folder, 'tower.key')),
  ];
  for (const [n, moment] of moments.entries()) {
    const folder = join(scratch, String(n));
    const backup = start(t, ['backup', folder, '--data-dir', dataDir]);
    t.true(await killWhen(backup, () => moment(folder)), `killed at moment ${n}`);
    const there = join(scratch, `restored ${n}`);
    const {status, stderr} = await runHere(['restore', folder, '--data-dir', there]);
    t.is(status, 1);
    t.regex(stderr, /was cut off before it was whole\n.*\[TOWER_INVALID_BACKUP\]\n$/s);
    t.false(existsSync(there));
    await refusesToRun(t, folder, /TOWER_IS_BACKUP/);
    t.like(await ask(t, dataDir, 'register', publicKey(10 + n)), {tip_height: 120});
  }
  const whole = await ask(t, dataDir, 'backup', join(scratch, 'whole'));
  t.like(await ask(t, dataDir, 'digest'), {digest: whole['digest']});
  tower.child.kill('SIGTERM');
  t.is((await tower.ended).status, 0);
});

test('a tower that is killed while it is backed up loses nothing, and the backup fails and leaves nothing', async (t) => {
  const dataDir = await aLargeTower(t);
  const tower = await aTower(t, dataDir);
  const digest = await ask(t, dataDir, 'digest');
  const folder = join(await temporaryDirectory(t), 'backup');
  const backup = start(t, ['backup', folder, '--data-dir', dataDir]);
  t.true(await killWhen(tower, () => sizeOf(join(folder, 'store')) > 500_000));
  const {status, stderr} = await backup.ended;
  t.is(status, 1);
  t.regex(stderr, /\[TOWER_ADMIN_FAILED\]\n$/);
  t.false(existsSync(folder));
  t.deepEqual(await ask(t, dataDir, 'digest'), digest);
  t.like(await ask(t, dataDir, 'backup', folder), {digest: digest['digest']}, 'the store is backed up without a tower');
});

test('a tower that is told to stop while it is backed up stops', async (t) => {
  const dataDir = await aLargeTower(t);
  const tower = await aTower(t, dataDir);
  const folder = join(await temporaryDirectory(t), 'backup');
  const backup = start(t, ['backup', folder, '--data-dir', dataDir]);
  await until(() => sizeOf(join(folder, 'store')) > 500_000);
  tower.child.kill('SIGTERM');
  t.is((await tower.ended).status, 0);
  const {status} = await backup.ended;
  t.is(existsSync(folder), status === 0, 'it was done in time, or has left nothing');
  t.like(await ask(t, dataDir, 'verify'), {problem_count: 0});
});

test('two backups of one tower at a time are refused', async (t) => {
  const dataDir = await aLargeTower(t);
  await aTower(t, dataDir);
  const scratch = await temporaryDirectory(t);
  const first = start(t, ['backup', join(scratch, '1'), '--data-dir', dataDir]);
  await until(() => sizeOf(join(scratch, '1', 'store')) > 500_000);
  const second = await runHere(['backup', join(scratch, '2'), '--data-dir', dataDir]);
  t.is(second.status, 1);
  t.regex(second.stderr, /\[TOWER_BACKUP_RUNNING\]/);
  t.false(existsSync(join(scratch, '2')));
  t.is((await first.ended).status, 0);
});

test('a restore that is killed leaves nothing that is taken for a tower, and can be made again', async (t) => {
  const dataDir = await aLargeTower(t);
  const scratch = await temporaryDirectory(t);
  const folder = join(scratch, 'backup');
  const {digest} = await ask(t, dataDir, 'backup', folder);
  const there = join(scratch, 'tower');
  const restoring = join(there, 'restoring');
  const moments: (() => boolean)[] = [
    () => existsSync(restoring),
    () => sizeOf(join(restoring, 'store')) > 500_000,
    () => existsSync(join(restoring, 'tower.key')),
    () => existsSync(join(there, 'tower.key')),
    () => existsSync(join(there, 'store')),
  ];
  const killed = new Set<number>();
  for (const [n, moment] of moments.entries()) {
    // Some moments are so short that a restore is often over before it can be killed: three of them will do.
    for (let attempt = 0; attempt < (killed.size < 3 ? 5 : 1) && !killed.has(n); attempt++) {
      const restore = start(t, ['restore', folder, '--data-dir', there]);
      const wasKilled = await killWhen(restore, moment);
      if (existsSync(restoring)) {
        t.true(wasKilled);
        killed.add(n);
        await refusesToRun(t, there, /TOWER_RESTORE_INCOMPLETE/);
      } else await rm(there, {recursive: true});
    }
  }
  t.true(killed.size >= 3, `killed at ${[...killed].join(', ')}`);
  t.is((await runHere(['restore', folder, '--data-dir', there])).status, 0);
  t.like(await ask(t, there, 'digest'), {digest});
  t.deepEqual(await readdir(there), ['simulated-chain.hex', 'store', 'tower.key']);
});

test('a backup of another network than the one that was asked for is not restored', async (t) => {
  const dataDir = await aLargeTower(t, 0);
  const scratch = await temporaryDirectory(t);
  const folder = join(scratch, 'backup');
  await ask(t, dataDir, 'backup', folder);
  const there = join(scratch, 'tower');
  for (const flags of [
    ['--chain', 'bitcoind'],
    ['--chain', 'bitcoind', '--btc-network', 'signet'],
  ]) {
    const {status, stderr} = await runHere(['restore', folder, '--data-dir', there, ...flags]);
    t.is(status, 1);
    t.regex(stderr, /the backup is of a tower on a simulated chain, the settings are of .*\[TOWER_WRONG_NETWORK\]\n$/s);
    t.false(existsSync(there));
  }
  t.is((await runHere(['restore', folder, '--data-dir', there, '--chain', 'simulated'])).status, 0);
  const running = await aTower(t, there);
  const refused = await runHere(['restore', folder, '--data-dir', there]);
  t.regex(refused.stderr, /a tower is running on .*\[TOWER_ALREADY_RUNNING\]/s);
  running.child.kill('SIGTERM');
  t.is((await running.ended).status, 0);
});

test('backup and restore say what they miss', async (t) => {
  const scratch = await temporaryDirectory(t);
  const file = join(scratch, 'file');
  await writeFile(file, '');
  const calls: [number, RegExp, ...string[]][] = [
    [2, /missing required argument 'folder'/, 'backup'],
    [2, /missing required argument 'folder'/, 'restore'],
    [1, /\[TOWER_STORE_MISSING\]/, 'backup', join(scratch, 'b'), '--data-dir', join(scratch, 'none')],
    [1, /\[TOWER_FOLDER_NOT_EMPTY\]/, 'backup', scratch, '--data-dir', join(scratch, 'none')],
    [1, /\[TOWER_FILE_FAILED\]/, 'backup', file, '--data-dir', join(scratch, 'none')],
    [1, /\[TOWER_INVALID_BACKUP\]/, 'restore', join(scratch, 'none'), '--data-dir', join(scratch, 'there')],
    [1, /\[TOWER_INVALID_BACKUP\]/, 'restore', scratch, '--data-dir', join(scratch, 'there')],
    [1, /\[TOWER_(INVALID_BACKUP|FILE_FAILED)\]/, 'restore', file, '--data-dir', join(scratch, 'there')],
  ];
  for (const [status, pattern, ...args] of calls) {
    const ended = await runHere(args);
    t.is(ended.status, status, `${args.join(' ')}: ${ended.stderr}`);
    t.regex(ended.stderr, pattern);
  }
  t.deepEqual(await readdir(scratch), ['file']);
});

test('a restore tells of what an older backup does not let it check, and nobody counts what deleted users have left', async (t) => {
  const {folder} = await aBackup(t);
  const path = join(folder, 'backup.json');
  const {sums, ...older} = JSON.parse(await readFile(path, 'utf8')) as {sums: unknown[]};
  t.is(sums.length, 1);
  await writeFile(path, JSON.stringify(older));
  const {status, stdout, stderr} = await runHere(['restore', folder, '--data-dir', join(folder, '..', 'tower')]);
  t.is(status, 0, stderr);
  t.regex(
    stderr,
    /^warning: the backup is of an older version: nothing in it says what simulated-chain.hex should hold/,
  );
  t.regex(stdout, /holds {6}1 user, 5 appointments; everything agrees\n$/);
  const verified = {height: 166, users: 12, appointments: 340, appointmentsOfDeleted: 48, requests: 0};
  t.is(
    verify.render({...verified, problemCount: 0, problems: []}, plain),
    '12 users, 340 appointments (and 48 of deleted users), 0 requests at tip 166: everything agrees',
  );
});
