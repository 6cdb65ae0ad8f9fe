import {readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {formatFixtureLine, parseFixture} from '../../src/chain/fixture.js';
import {SimulatedChain} from '../../src/chain/simulated-chain.js';
import type {KeyValueReader} from '../../src/store/key-value-store.js';
import {userIdOf} from '../../src/store/layout.js';
import {readMeta} from '../../src/store/meta.js';
import {decodeTold, decodeUser, type ToldRow, type UserRow} from '../../src/store/rows.js';
import {verify} from '../../src/store/verify.js';
import {publicKey} from '../support/keys.js';
import {SeededRandom} from '../support/random.js';
import {tempDir} from '../support/temp-dir.js';
import {chainOfLog} from './support/chain-of-log.js';
import {Load} from './support/load.js';
import {isSigned, keyObject} from './support/receipts.js';
import {type LoggedEvent, loggedEvents, readStored, tableOf} from './support/stored.js';
import {TowerProcess} from './support/tower-process.js';

const {KILLS, KILL_SEED, CI = ''} = process.env;
/** A kill costs half a second, nearly all of it for loading the program: 200 take two minutes, so they are for CI. */
const kills = Number(KILLS ?? (CI === '' ? 40 : 200));
const firstStarts = Math.ceil(kills / 20);
const seed = Number(KILL_SEED ?? Math.floor(Math.random() * 2 ** 32));

/** So few that most are registered again and again, and so short that users are deleted all the time. */
const people = 2_000;
const durationBlocks = 12;
const graceBlocks = 3;
const settings = ['--subscription-duration', String(durationBlocks), '--expiry-delta', String(graceBlocks)];

/** A tower under load is killed after so many receipts at most, and so much later at most. */
const mostReceipts = 30;
const latestMs = 15;
const deepestReorg = 6;

test.serial(`every receipt survives ${kills} kills at random moments (KILL_SEED=${seed})`, async (t) => {
  t.timeout(600_000);
  const random = new SeededRandom(seed);
  const dataDir = tempDir(t);
  const load = new Load(
    Array.from({length: people}, (_, n) => publicKey(n + 1)),
    random,
  );
  const moments = {starting: 0, loaded: 0, reorganising: 0};
  let startMs = 300;

  const first = await new TowerProcess(t, dataDir, settings).listening();
  const {towerId} = await first.admin.status();
  await first.says(/state=synced/);
  await first.kill();

  for (let killed = 0; killed < kills; killed++) {
    const moment = random.next() < 0.3 ? 'starting' : random.next() < 0.7 ? 'loaded' : 'reorganising';
    moments[moment]++;
    if (moment === 'reorganising') await forkChainFile(dataDir, random);
    const spawnedMs = performance.now();
    const tower = new TowerProcess(t, dataDir, settings);
    if (moment === 'starting') {
      await delay(random.next() * startMs);
      await tower.kill();
    } else {
      await tower.listening();
      startMs = performance.now() - spawnedMs;
      const loaded = load.run(tower.admin);
      await load.answered(random.whole(0, mostReceipts), loaded);
      await delay(random.next() * latestMs);
      await tower.kill();
      await loaded;
    }
    await readStored(dataDir, (rows) => holdsAllThatWasPromised(t, rows, load));
  }

  const last = await new TowerProcess(t, dataDir, settings).listening();
  const {height} = await last.admin.mine(1);
  t.like(await last.admin.verify(), {height, problemCount: 0});
  t.is((await last.admin.status()).towerId, towerId);
  t.is((await last.signal('SIGTERM')).status, 0);

  const towerKey = keyObject(towerId);
  t.deepEqual(
    load.receipts.filter((receipt) => !isSigned(receipt, towerKey)),
    [],
  );
  const events = await readStored(dataDir, loggedEvents);
  const told = new Set(events.map((event) => ('availableSlots' in event ? promiseOf(event) : '')));
  t.deepEqual(
    load.receipts.filter((receipt) => !told.has(promiseOf(receipt))),
    [],
  );
  const chain = chainOfLog(events);
  t.is(chain.tip, height);
  const simulated = chainIn(await wholeLines(dataDir));
  for (const [at, hash] of chain.hashes) t.is(simulated.at(at)?.hash, hash);
  t.true(load.receipts.length > 0 && chain.connected > 0 && events.some((event) => deletes(event)));
  t.log(
    `${load.receipts.length} receipts; killed ${Object.entries(moments)
      .map(([name, times]) => `${times} times ${name}`)
      .join(', ')};`,
    `${chain.connected} blocks connected, ${chain.reorgs.length} reorgs up to ${Math.max(0, ...chain.reorgs)} deep`,
  );
});

test.serial(
  `${firstStarts} towers that are killed in their first start begin as if nothing had been (KILL_SEED=${seed})`,
  async (t) => {
    t.timeout(600_000);
    const random = new SeededRandom(seed);
    const startMs = await timeOf(async () => {
      const tower = new TowerProcess(t, tempDir(t), settings);
      await tower.says(/state=synced/);
      await tower.kill();
    });
    const digests = new Set<string>();
    for (let started = 0; started < firstStarts; started++) {
      const dataDir = tempDir(t);
      const killed = new TowerProcess(t, dataDir, settings);
      // The first half of a start only loads the program.
      await delay(startMs * (0.5 + random.next() / 2));
      await killed.kill();
      const tower = new TowerProcess(t, dataDir, settings);
      await tower.says(/state=synced height=120/);
      digests.add((await tower.admin.digest()).digest);
      await tower.kill();
    }
    t.is(digests.size, 1);
  },
);

async function timeOf(run: () => Promise<void>): Promise<number> {
  const beganMs = performance.now();
  await run();
  return performance.now() - beganMs;
}

/** Verify finds nothing, and whoever has a receipt has at least what it says, unless a block has deleted him. */
async function holdsAllThatWasPromised(t: ExecutionContext, rows: KeyValueReader, load: Load): Promise<void> {
  t.deepEqual((await verify(rows)).problems, []);
  const tip = (await readMeta(rows))!.tip.height;
  const users = new Map<string, UserRow & {readonly id: number}>();
  for (const [key, raw] of await tableOf(rows, 'user')) {
    const user = {id: userIdOf(key), ...decodeUser(raw)};
    for (const device of user.devices) users.set(device.key, user);
  }
  const toldRows = new Map<string, ToldRow>();
  for (const [key, raw] of await tableOf(rows, 'told')) toldRows.set(publicKeyOfTold(key), decodeTold(raw));

  for (const [key, receipt] of load.latest) {
    const {availableSlots, subscriptionExpiry} = receipt;
    const told = toldRows.get(key);
    const user = users.get(key);
    const gone = tip >= subscriptionExpiry + graceBlocks;
    const kept =
      told !== undefined &&
      told.highestSlots >= availableSlots &&
      told.highestExpiry >= subscriptionExpiry &&
      (user === undefined
        ? gone
        : user.availableSlots >= availableSlots &&
          user.expiry >= subscriptionExpiry &&
          user.expiry + graceBlocks > tip);
    if (!kept)
      t.fail(
        `at tip ${tip}: receipt ${JSON.stringify(receipt)}, told ${JSON.stringify(told)}, user ${JSON.stringify(user)}`,
      );
  }
}

const publicKeyOfTold = (key: string): string => Buffer.from(key.slice('told!'.length), 'latin1').toString('hex');

/** What a receipt and the event of its registration have in common. */
function promiseOf(of: {userId: number; key: string; availableSlots?: number; subscriptionExpiry?: number}): string {
  return [of.userId, of.key, of.availableSlots, of.subscriptionExpiry].join();
}

const deletes = (event: LoggedEvent): boolean => event.type === 'block_connected' && event.deletedUsers > 0;

const chainFileOf = (dataDir: string): string => join(dataDir, 'simulated-chain.hex');

/** The blocks in the file, without the half line that a killed tower may have left. */
async function wholeLines(dataDir: string): Promise<string> {
  const text = await readFile(chainFileOf(dataDir), 'utf8');
  return text.slice(0, text.lastIndexOf('\n') + 1);
}

function chainIn(text: string, onBlock: (raw: Uint8Array) => void = () => {}): SimulatedChain {
  const blocks = parseFixture(text).blocks.map(({raw}) => raw);
  return new SimulatedChain({seed: 'fork', blocks, onBlock});
}

/** While no tower runs, a longer branch appears that leaves the chain a few blocks below its tip. */
async function forkChainFile(dataDir: string, random: SeededRandom): Promise<void> {
  const text = await wholeLines(dataDir);
  const lines: string[] = [];
  const depth = random.whole(1, deepestReorg);
  chainIn(text, (raw) => lines.push(formatFixtureLine(raw))).reorg({depth, blocks: depth + random.whole(1, 2)});
  await writeFile(chainFileOf(dataDir), text + lines.join(''));
}
