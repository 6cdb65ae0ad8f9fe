import {writeFile} from 'node:fs/promises';
import {connectBitcoind, cookieCredentials} from '../../../src/chain/bitcoind/index.js';
import {formatFixture} from '../../../src/chain/fixture.js';
import {LevelStore} from '../../../src/store/index.js';
import {live, played} from '../../support/lived-tape.js';
import {mine, regtestTest} from '../../support/regtest.js';
import {replayText, tapeOf} from '../../support/tapes.js';
import {tempDir} from '../../support/temp-dir.js';

/** Where to put the tape and its blocks, to renew the recorded one. */
const {RECORD_TAPE} = process.env;

regtestTest(
  'a tape of a tower on a real bitcoind with reorgs ends in its state without any node, on a simulated chain, and on a fake bitcoind',
  async (t, start) => {
    t.timeout(120_000);
    const node = await start();
    const {rpcUrl, zmqEndpoint} = node;
    const source = connectBitcoind({
      rpcUrl,
      credentials: cookieCredentials(node.cookiePath),
      zmqEndpoint,
      pollMs: 1_000,
    });
    const blocks: Buffer[] = [];
    let branches = 0;
    const keep = async (hashes: readonly string[]) => {
      for (const hash of hashes) blocks.push(Buffer.from(await node.rpc<string>('getblock', hash, 0), 'hex'));
    };
    // Each branch pays to a script of its own: bitcoind takes no block again that it was told is invalid.
    const script = () => `raw(6a01${branches.toString(16).padStart(2, '0')})`;
    await keep([await node.rpc<string>('getblockhash', 0)]);
    await keep(await mine(node, 30, script()));

    const path = tempDir(t);
    const digest = await live(await LevelStore.open(path), {
      source,
      mine: async (count) => keep(await mine(node, count, script())),
      async takeBack(count) {
        branches++;
        const height = await node.rpc<number>('getblockcount');
        await node.rpc('invalidateblock', await node.rpc('getblockhash', height - count + 1));
      },
    });
    const reopened = await LevelStore.open(path);
    const {text} = await tapeOf(reopened);
    await reopened.close();
    t.like(await replayText(text), {digest, divergence: null});
    t.like(await played(text, blocks, 'simulated chain'), {digest, divergence: null});
    t.like(await played(text, blocks, 'fake bitcoind'), {digest, divergence: null});
    if (RECORD_TAPE === undefined) return;
    const comments = ['the blocks of the tape beside it, in order of arrival'];
    await writeFile(`${RECORD_TAPE}.tape`, text);
    await writeFile(`${RECORD_TAPE}.hex`, formatFixture({network: 'regtest', startHeight: 0, comments, blocks}));
  },
);
