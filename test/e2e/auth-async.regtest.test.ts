import {mine, regtestTest} from '../support/regtest.js';
import {killSeed, liveThroughKills} from './support/auth-async.js';

const {KILLS, CI = ''} = process.env;
const kills = Number(KILLS ?? (CI === '' ? 8 : 40));
const deepestReorg = 3;

regtestTest(
  `the example decides every request once, over ${kills} kills on a real bitcoind (KILL_SEED=${killSeed})`,
  async (t, start) => {
    t.timeout(600_000);
    const node = await start();
    await mine(node, 20);
    let branches = 0;
    /** Each branch pays to a script of its own: bitcoind takes no block again that it was told is invalid. */
    const branch = async (depth: number) => {
      const height = await node.rpc<number>('getblockcount');
      await node.rpc('invalidateblock', await node.rpc('getblockhash', height - depth + 1));
      return mine(node, depth + 1, `raw(6a01${(++branches).toString(16).padStart(2, '0')})`);
    };
    const settings = {
      chain: 'bitcoind',
      btc_rpc_url: node.rpcUrl,
      btc_rpc_cookie: node.cookiePath,
      btc_feed_port: new URL(node.zmqEndpoint).port,
      polling_delta: '1',
    };
    await liveThroughKills(t, {
      kills,
      uri: String(new URLSearchParams(settings)),
      meanwhile: (random) =>
        random.next() < 0.5 ? mine(node, random.whole(1, 3)) : branch(random.whole(1, deepestReorg)),
    });
  },
);
