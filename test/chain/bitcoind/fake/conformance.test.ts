import {openFakeSource} from '../../../../src/chain/bitcoind/fake/index.js';
import {SimulatedChain} from '../../../../src/chain/simulated-chain.js';
import {ManualTimers} from '../../../support/manual-timers.js';
import {chainSourceSuite} from '../../chain-source-suite.js';

chainSourceSuite('BitcoindChain over a fake node', async (story) => {
  const chain = new SimulatedChain({seed: 0});
  const {source} = openFakeSource({chain, timers: new ManualTimers()});
  const waiting = [...story];
  return {
    source,
    async arrive(blocks) {
      for (const raw of waiting.splice(0, blocks)) chain.submit(raw);
    },
    end: () => source.close(),
  };
});
