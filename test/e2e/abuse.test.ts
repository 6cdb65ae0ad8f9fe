import {appendFile, readFile, truncate} from 'node:fs/promises';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {formatFixtureLine, parseFixture} from '../../src/chain/fixture.js';
import {SimulatedChain} from '../../src/chain/simulated-chain.js';
import type {Row} from '../../src/store/key-value-store.js';
import {localKey} from '../../src/store/layout.js';
import {LevelStore} from '../../src/store/level-store.js';
import {run} from '../cli/harness.js';
import {publicKey} from '../support/keys.js';
import {tempDir} from '../support/temp-dir.js';
import {chainOfLog} from './support/chain-of-log.js';
import {loggedEvents, readStored} from './support/stored.js';
import {TowerProcess} from './support/tower-process.js';

const chainFileOf = (dataDir: string): string => join(dataDir, 'simulated-chain.hex');

/** A data directory with a user, left in order. */
async function aUsedDirectory(t: ExecutionContext): Promise<string> {
  const dataDir = tempDir(t);
  const tower = await new TowerProcess(t, dataDir).listening();
  await tower.says(/state=synced/);
  await tower.admin.register(publicKey(1));
  await tower.admin.mine(2);
  t.is((await tower.signal('SIGTERM')).status, 0);
  return dataDir;
}

const allRows = (dataDir: string): Promise<Row[]> =>
  readStored(dataDir, (rows) => rows.range({from: '\0', to: '\xff', limit: Number.POSITIVE_INFINITY}));

test('of two towers that start at once on one data directory, one runs and the other is refused', async (t) => {
  const dataDir = tempDir(t);
  const towers = [new TowerProcess(t, dataDir), new TowerProcess(t, dataDir)] as const;
  const refused = await Promise.race(towers.map(({ended}) => ended));
  t.is(refused.status, 1);
  t.regex(refused.log.join('\n'), /\[TOWER_(ALREADY_RUNNING|STORE_LOCKED)\]/);
  const winner = await Promise.any(towers.map((tower) => tower.says(/state=synced/).then(() => tower)));
  t.is((await winner.admin.mine(1)).height, 121);
  t.like(await winner.admin.verify(), {problemCount: 0});
});

test('a store that another program has open is refused, and is as before', async (t) => {
  const dataDir = await aUsedDirectory(t);
  const before = await allRows(dataDir);
  const {status, stderr} = await readStored(dataDir, () => run(t, ['run', '--data-dir', dataDir]));
  t.is(status, 1);
  t.regex(stderr, /^error: the store .* is in use\n[^]*\[TOWER_STORE_LOCKED\]\n$/);
  t.deepEqual(await allRows(dataDir), before);
});

test('a store of a newer schema is refused by every command, and is as before', async (t) => {
  const dataDir = await aUsedDirectory(t);
  const rows = await LevelStore.open(join(dataDir, 'store'), {create: false});
  await rows.write([[localKey('schema'), Buffer.from('999')]]);
  await rows.close();
  const before = await allRows(dataDir);
  for (const command of ['run', 'digest', 'verify', 'recover']) {
    const {status, stdout, stderr} = await run(t, [command, '--data-dir', dataDir]);
    t.is(status, 1, command);
    t.is(stdout, '', command);
    t.regex(stderr, /^error: the store has schema 999, this Bartizan knows \d+\nhint: .*\[TOWER_STORE_TOO_NEW\]\n$/);
  }
  t.deepEqual(await allRows(dataDir), before);
});

test('blocks that the simulated chain has lost are waited for, and the same seed mines the same ones again', async (t) => {
  const dataDir = await aUsedDirectory(t);
  const lines = (await readFile(chainFileOf(dataDir), 'utf8')).trimEnd().split('\n');
  const kept = lines.slice(0, -2).join('\n').length + 1;
  // The last of them is torn, as a power cut may leave it.
  await truncate(chainFileOf(dataDir), kept + 41);
  const tower = await new TowerProcess(t, dataDir).listening();
  await tower.says(/state=stalled .*code=TOWER_NODE_BEHIND/);
  t.like(await tower.admin.status(), {tip: {height: 122}, sourceHeight: 120, users: 1});
  void tower.admin.mine(3).catch(() => undefined);
  await tower.says(/event=block_connected height=123/);
  await tower.signal('SIGTERM');
  t.like(chainOfLog(await readStored(dataDir, loggedEvents)), {tip: 123, connected: 3, disconnected: 0});
  t.is(await readFile(chainFileOf(dataDir), 'utf8').then((text) => text.startsWith(lines.join('\n'))), true);
});

test('a tower that is told to stop in the middle of catching up leaves a clean store and goes on from there', async (t) => {
  const dataDir = await aUsedDirectory(t);
  const blocks = parseFixture(await readFile(chainFileOf(dataDir), 'utf8')).blocks.map(({raw}) => raw);
  const mined: string[] = [];
  const chain = new SimulatedChain({seed: 'more', blocks, onBlock: (raw) => mined.push(formatFixtureLine(raw))});
  chain.mine(5_000);
  await appendFile(chainFileOf(dataDir), mined.join(''));

  const stopped = new TowerProcess(t, dataDir);
  await stopped.says(/event=block_connected/);
  t.is((await stopped.signal('SIGTERM')).status, 0);
  const {status, stdout} = await run(t, ['verify', '--data-dir', dataDir, '--json']);
  t.is(status, 0);
  const {height} = JSON.parse(stdout) as {height: number};
  t.true(height > 122 && height < 5_122, `it stopped at ${height}`);

  const tower = new TowerProcess(t, dataDir);
  await tower.says(/event=block_connected height=5122 /);
  await tower.says(/state=synced/);
  await tower.signal('SIGTERM');
  t.like(chainOfLog(await readStored(dataDir, loggedEvents)), {
    start: 120,
    tip: 5_122,
    connected: 5_002,
    disconnected: 0,
  });
});

/** Files of this process may not grow beyond so many bytes: to it, the disk is full. */
const limited = (bytes: number): {before: string} => ({before: `trap '' XFSZ; ulimit -f ${bytes / 512}`});

test('on a full disk a block is not mined, and is when there is space again', async (t) => {
  const dataDir = await aUsedDirectory(t);
  const {length} = await readFile(chainFileOf(dataDir));
  // Space for three blocks and a half.
  const tower = await new TowerProcess(t, dataDir, [], limited(Math.ceil((length + 1_500) / 512) * 512)).listening();
  const error = await t.throwsAsync(tower.admin.mine(100), {code: 'TOWER_FILE_FAILED'});
  t.regex(error.message, /simulated-chain\.hex cannot be read or written/);
  const text = await readFile(chainFileOf(dataDir), 'utf8');
  t.true(text.endsWith('\n') && text.length > length);
  t.like(await tower.admin.verify(), {problemCount: 0});
  await tower.signal('SIGTERM');
  const after = await new TowerProcess(t, dataDir).listening();
  await after.admin.mine(1);
  t.is(
    (await after.admin.status()).tip!.height,
    parseFixture(await readFile(chainFileOf(dataDir), 'utf8')).blocks.length - 1,
  );
});

test('on a full disk the tower halts, ends with status 1, and every receipt that it gave is in the store', async (t) => {
  const dataDir = tempDir(t);
  const tower = await new TowerProcess(t, dataDir, [], limited(128 * 1024)).listening();
  await tower.says(/state=synced/);
  const receipts = new Map<string, number>();
  const failure = await t.throwsAsync(async () => {
    for (let n = 1; ; n++) receipts.set(publicKey(n), (await tower.admin.register(publicKey(n))).subscriptionExpiry);
  });
  t.true(['TOWER_HALTED', 'TOWER_ADMIN_FAILED'].includes((failure as unknown as {code: string}).code), String(failure));
  const {status, log} = await tower.ended;
  t.is(status, 1);
  t.regex(log.join('\n'), /\[TOWER_STORE_FAILED\]/);

  const after = await new TowerProcess(t, dataDir).listening();
  t.like(await after.admin.verify(), {problemCount: 0});
  t.true(receipts.size > 0);
  for (const [key, subscriptionExpiry] of receipts) t.like(await after.admin.user(key), {subscriptionExpiry});
});
