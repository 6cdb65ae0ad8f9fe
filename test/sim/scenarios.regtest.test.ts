import {readdirSync} from 'node:fs';
import {
  chooseBlocks,
  connectBitcoind,
  cookieCredentials,
  HttpRpc,
  submitBlocks,
} from '../../src/chain/bitcoind/index.js';
import type {Mirror} from '../../src/sim/world/chain-driver.js';
import {readScenario} from '../../src/sim/scenario/scenario-file.js';
import type {Scenario} from '../../src/sim/scenario/scenario.js';
import {type Outcome, type SimulationParts, simulate} from '../../src/sim/player.js';
import {MemoryStore} from '../../src/store/index.js';
import {regtestTest} from '../support/regtest.js';

const folder = 'fixtures/scenarios';

function play(scenario: Scenario, parts: Partial<SimulationParts>): Promise<Outcome> {
  const rows = new MemoryStore();
  return simulate(scenario, {openRows: async () => rows, ...parts});
}

regtestTest('every scenario ends in the same state on a real bitcoind that is given its blocks', async (t, start) => {
  const node = await start();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.yaml'))) {
    // One node plays them all: its chain is taken back each time, and another seed makes blocks that it never saw.
    if ((await node.rpc<number>('getblockcount')) > 0) {
      await node.rpc('invalidateblock', await node.rpc('getblockhash', 1));
    }
    const {rpcUrl, zmqEndpoint} = node;
    const credentials = cookieCredentials(node.cookiePath);
    const source = connectBitcoind({rpcUrl, credentials, zmqEndpoint});
    const rpc = new HttpRpc({url: rpcUrl, credentials});
    const mirror: Mirror = {
      source,
      submit: (rawBlocks) => submitBlocks(rpc, rawBlocks),
      choose: (choices) => chooseBlocks(rpc, choices),
    };
    try {
      const scenario = await readScenario(`${folder}/${file}`);
      const {verdict, unmetLines} = await play(scenario, {seed: file, mirror});
      const alone = await play(scenario, {seed: file});
      t.deepEqual(unmetLines, [], file);
      t.deepEqual({...verdict, chain: 'simulated'}, alone.verdict, file);
    } finally {
      rpc.close();
      await source.close();
    }
  }
});
