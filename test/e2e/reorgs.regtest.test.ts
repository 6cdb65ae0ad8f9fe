import type {Row} from '../../src/store/key-value-store.js';
import {deviceKey, dueKey, toldKey, userKey} from '../../src/store/layout.js';
import {run} from '../cli/harness.js';
import {publicKey} from '../support/keys.js';
import {mine, regtestTest} from '../support/regtest.js';
import {tempDir} from '../support/temp-dir.js';
import {endsAtTheTip, otherScript, towerOn} from './support/on-bitcoind.js';
import {readStored} from './support/stored.js';

/** Registered at 110: expires at 115, is deleted at 117. */
const settings = ['--subscription-duration', '5', '--expiry-delta', '2'];

/** Every row of a user with one device. */
function rowsOf(dataDir: string, {userId, key, expiry}: {userId: number; key: string; expiry: number}): Promise<Row[]> {
  const keys = [userKey(userId), deviceKey(key), dueKey('e', expiry, userId), toldKey(key)];
  return readStored(dataDir, async (rows) => {
    const values = await rows.getMany(keys);
    return keys.flatMap((key, i) => (values[i] === undefined ? [] : [[key, values[i]] as const]));
  });
}

regtestTest(
  'a user deleted in a block that is reorganised away is back, byte for byte, and gone again on the new branch',
  async (t, start) => {
    const node = await start();
    await mine(node, 110);
    const dataDir = tempDir(t);
    const first = await towerOn(t, node, dataDir, {args: settings}).listening();
    await first.says(/state=synced/);
    const [kept, renewed] = [publicKey(1), publicKey(2)];
    const receipt = await first.admin.register(kept);
    await first.admin.register(renewed);
    const [below] = (await mine(node, 6)).slice(-1);
    await first.reaches(below!);
    const digestBelow = await first.admin.digest();
    t.is((await first.signal('SIGTERM')).status, 0);
    const user = {userId: receipt.userId, key: kept, expiry: receipt.subscriptionExpiry};
    const before = await rowsOf(dataDir, user);
    t.is(before.length, 4);

    const second = await towerOn(t, node, dataDir, {args: settings}).listening();
    await mine(node, 1);
    await second.says(/block_connected height=117 .*deleted_users=2 user_ids=1,2/);
    const digestAbove = await second.admin.digest();

    let seen: number;
    // Away and back, with no request in between: the straight chain's state.
    await node.rpc('invalidateblock', below);
    await second.says(/block_disconnected height=117 .*restored_users=2 user_ids=1,2/);
    await second.says(/block_disconnected height=116/);
    seen = second.log.length;
    await node.rpc('reconsiderblock', below);
    await second.says(/block_connected height=117/, seen);
    t.deepEqual(await second.admin.digest(), digestAbove);
    seen = second.log.length;
    await node.rpc('invalidateblock', digestAbove.hash);
    await second.says(/block_disconnected height=117/, seen);
    t.deepEqual(await second.admin.digest(), digestBelow);
    seen = second.log.length;
    await node.rpc('reconsiderblock', digestAbove.hash);
    await second.says(/block_connected height=117/, seen);

    // One of them registers anew before the block goes.
    const anew = await second.admin.register(renewed);
    t.like(anew, {userId: 3, subscriptionStart: 117});
    await node.rpc('invalidateblock', below);
    await second.reaches((await mine(node, 1, otherScript))[0]!);
    t.like(await second.admin.user(kept), {userId: 1, keys: [kept], state: 'expired', subscriptionExpiry: 115});
    t.like(await second.admin.user(renewed), {userId: 3, availableSlots: anew.availableSlots});
    await t.throwsAsync(second.admin.user('2'), {code: 'TOWER_USER_NOT_FOUND'});
    t.is((await second.signal('SIGTERM')).status, 0);
    t.deepEqual(await rowsOf(dataDir, user), before);

    const third = await towerOn(t, node, dataDir, {args: settings}).listening();
    await mine(node, 1);
    await third.says(/block_connected height=117 .*deleted_users=1 user_ids=1$/);
    t.like(await third.admin.user(renewed), {userId: 3, subscriptionExpiry: anew.subscriptionExpiry});
    const chain = await endsAtTheTip(t, third, node);
    t.deepEqual(chain.reorgs, [2, 1, 2]);
  },
);

regtestTest(
  'a reorg deeper than finality halts the tower until the node comes back or the operator accepts',
  async (t, start) => {
    const node = await start();
    const hashes = await mine(node, 120);
    const dataDir = tempDir(t);
    const first = await towerOn(t, node, dataDir).listening();
    await first.says(/state=synced/);
    const receipt = await first.admin.register(publicKey(1));
    const before = await first.admin.user(publicKey(1));
    await first.reaches((await mine(node, 10)).at(-1)!);

    await first.signal('SIGTERM');

    await node.rpc('invalidateblock', hashes[29]);
    const second = await towerOn(t, node, dataDir).listening();
    await second.says(/state=halted .*code=TOWER_REORG_TOO_DEEP/);
    t.like(await second.admin.status(), {state: 'halted', tip: {height: 130}, users: 1});
    await node.rpc('reconsiderblock', hashes[29]);
    await second.says(/state=synced/);
    await second.signal('SIGTERM');

    await node.rpc('invalidateblock', hashes[29]);
    const branch = await mine(node, 103, otherScript);
    const third = await towerOn(t, node, dataDir).listening();
    await third.says(/state=halted .*code=TOWER_REORG_TOO_DEEP/);
    await third.signal('SIGTERM');

    const flags = ['--data-dir', dataDir, '--chain', 'bitcoind', '--btc-rpc-url', node.rpcUrl];
    const recover = (...more: string[]) => run(t, ['recover', ...flags, '--btc-rpc-cookie', node.cookiePath, ...more]);
    const choices = await recover();
    t.is(choices.status, 0);
    t.regex(choices.stdout, /101 blocks[^]*wait[^]*accept/);
    const accepted = await recover('--accept', '--json');
    t.like(JSON.parse(accepted.stdout), {accepted: true, tip: {height: 132, hash: branch.at(-1)}});

    const fourth = await towerOn(t, node, dataDir).listening();
    await fourth.says(/state=synced/);
    const after = await fourth.admin.user(publicKey(1));
    t.deepEqual({...after, tipHeight: 0}, {...before, tipHeight: 0});
    t.like(await fourth.admin.register(publicKey(1)), {
      userId: receipt.userId,
      subscriptionExpiry: receipt.subscriptionExpiry + 4_320,
    });
    const chain = await endsAtTheTip(t, fourth, node);
    t.like(chain, {start: 120, tip: 133});
    // The tower may have seen the node on its way back, which is another, shallower reorg.
    t.is(chain.connected - chain.disconnected, 11);
  },
);
