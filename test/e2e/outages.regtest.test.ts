import {cp, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {publicKey} from '../support/keys.js';
import {mine, regtestTest} from '../support/regtest.js';
import {SeededRandom} from '../support/random.js';
import {tempDir} from '../support/temp-dir.js';
import {eventually} from './support/eventually.js';
import {endsAtTheTip, otherScript, reorganise, towerOn} from './support/on-bitcoind.js';

const seed = Number(process.env['KILL_SEED'] ?? Math.floor(Math.random() * 2 ** 32));

regtestTest(
  `a tower that is killed while blocks arrive misses none and doubles none (KILL_SEED=${seed})`,
  async (t, start) => {
    const random = new SeededRandom(seed);
    const node = await start();
    await mine(node, 110);
    const dataDir = tempDir(t);
    for (let round = 0; round < 8; round++) {
      const tower = towerOn(t, node, dataDir);
      await tower.says(/state=synced/);
      const blocks = random.whole(1, 20);
      let killed: Promise<unknown> | undefined;
      const heard = tower.says(/event=block_connected/).then(() => (killed = tower.kill()));
      for (let mined = 0; mined < blocks || killed === undefined; mined++) await mine(node, 1);
      await heard;
      await killed;
    }
    const chain = await endsAtTheTip(t, towerOn(t, node, dataDir), node);
    t.is(chain.disconnected, 0);
    t.is(chain.start, 110);
  },
);

regtestTest(
  'a thousand blocks at once are connected one by one, whether the tower watches or comes later',
  async (t, start) => {
    const node = await start();
    const dataDir = tempDir(t);
    const first = towerOn(t, node, dataDir);
    await first.says(/state=synced/);
    await first.reaches((await mine(node, 1_000)).at(-1)!);
    await first.kill();
    await mine(node, 1_000);
    const chain = await endsAtTheTip(t, towerOn(t, node, dataDir), node);
    t.like(chain, {start: 0, tip: 2_001, connected: 2_001, disconnected: 0});
  },
);

regtestTest('a reorg of six blocks while the tower is down is undone and followed', async (t, start) => {
  const node = await start();
  await mine(node, 110);
  const dataDir = tempDir(t);
  const first = towerOn(t, node, dataDir);
  await first.says(/state=synced/);
  await first.reaches((await mine(node, 10)).at(-1)!);
  await first.kill();
  await reorganise(node, 6);
  const chain = await endsAtTheTip(t, towerOn(t, node, dataDir), node);
  t.deepEqual(chain.reorgs, [6]);
  t.is(chain.tip, 122);
});

regtestTest('invalidated blocks are left and, once reconsidered, joined again', async (t, start) => {
  const node = await start();
  const hashes = await mine(node, 110);
  const tower = towerOn(t, node, tempDir(t));
  await tower.says(/state=synced/);
  await node.rpc('invalidateblock', hashes[107]);
  await tower.says(/event=block_disconnected height=108/);
  const left = tower.log.length;
  await node.rpc('reconsiderblock', hashes[107]);
  await tower.reaches(hashes[109]!, left);
  await reorganise(node, 2);
  const chain = await endsAtTheTip(t, tower, node);
  t.deepEqual(chain.reorgs, [3, 2]);
});

regtestTest(
  'a bitcoind that crashes and starts anew, with another cookie, is waited for and followed on',
  async (t, start) => {
    const node = await start();
    await mine(node, 110);
    const tower = towerOn(t, node, tempDir(t));
    await tower.says(/state=synced/);
    for (let restarts = 0; restarts < 2; restarts++) {
      const before = tower.log.length;
      // It writes its blocks to disk when asked for this; else a crash would lose them.
      await node.rpc('gettxoutsetinfo');
      if (restarts === 0) await node.kill();
      else await node.stop({keep: true});
      await tower.says(/state=waiting_for_node/, before);
      t.is((await tower.admin.status()).state, 'waiting_for_node');
      await node.restart();
      await tower.reaches((await mine(node, 1))[0]!, before);
    }
    await endsAtTheTip(t, tower, node);
  },
);

regtestTest(
  'a bitcoind that lost its last blocks is waited for, and followed on its new branch once that has more work',
  async (t, start) => {
    const node = await start({dataDir: tempDir(t)});
    await mine(node, 110);
    const copy = join(tempDir(t), 'regtest');
    const chainFolder = join(node.dataDir, 'regtest');
    await node.stop({keep: true});
    await cp(chainFolder, copy, {recursive: true});
    await node.restart();

    const args = ['--subscription-duration', '5', '--expiry-delta', '2'];
    const tower = await towerOn(t, node, tempDir(t), {args}).listening();
    await tower.says(/state=synced/);
    const early = await tower.admin.register(publicKey(1));
    await tower.reaches((await mine(node, 5)).at(-1)!);
    const late = await tower.admin.register(publicKey(2));
    await tower.reaches((await mine(node, 5)).at(-1)!);
    t.is((await tower.admin.status()).users, 1, 'the early one was deleted at 117');

    await node.stop({keep: true});
    await rm(chainFolder, {recursive: true});
    await cp(copy, chainFolder, {recursive: true});
    await node.restart();
    await tower.says(/state=stalled .*code=TOWER_NODE_BEHIND/);
    for (const [blocks, sourceHeight] of [
      [9, 119],
      [1, 120],
    ] as const) {
      await mine(node, blocks, otherScript);
      await eventually(async () => (await tower.admin.status()).sourceHeight === sourceHeight);
      t.like(await tower.admin.status(), {state: 'stalled', tip: {height: 120}, users: 1});
      t.like(await tower.admin.user(publicKey(2)), {userId: late.userId, subscriptionExpiry: late.subscriptionExpiry});
    }

    await tower.reaches((await mine(node, 1, otherScript))[0]!);
    t.true(tower.log.some((line) => /block_disconnected height=117 .*restored_users=1/.test(line)));
    t.true(tower.log.some((line) => /block_connected height=117 .*deleted_users=1/.test(line)));
    await t.throwsAsync(tower.admin.user(String(early.userId)), {code: 'TOWER_USER_NOT_FOUND'});
    const chain = await endsAtTheTip(t, tower, node);
    t.deepEqual(chain.reorgs, [10]);
  },
);
