import {connectBitcoind, cookieCredentials} from '../../../src/chain/bitcoind/index.js';
import {RegtestNode} from '../../../src/chain/bitcoind/regtest/index.js';
import {haveBitcoind, regtestTest} from '../../support/regtest.js';
import {chainSourceSuite, type OpenSubject} from '../chain-source-suite.js';

// The suite opens its subjects all at once; nodes start and stop one after the other, which is faster than together.
let turn: Promise<unknown> = Promise.resolve();

const open: OpenSubject = async (story) => {
  const before = turn;
  let pass = (): void => {};
  turn = new Promise<void>((resolve) => {
    pass = resolve;
  });
  await before;
  const node = await RegtestNode.start().catch((error: unknown) => {
    pass();
    throw error;
  });
  const source = connectBitcoind({
    rpcUrl: node.rpcUrl,
    credentials: cookieCredentials(node.cookiePath),
    zmqEndpoint: node.zmqEndpoint,
    pollMs: 100,
  });
  let arrived = 0;
  return {
    source,
    async arrive(blocks) {
      for (const raw of story.slice(arrived, (arrived += blocks))) {
        await node.rpc('submitblock', Buffer.from(raw).toString('hex'));
      }
    },
    async end() {
      await source.close();
      await node.stop();
      pass();
    },
  };
};

if (haveBitcoind) chainSourceSuite('BitcoindChain', open);
else regtestTest('BitcoindChain keeps what every ChainSource promises', async () => {});
