import {formatFixture} from '../../src/chain/fixture.js';
import {FixtureChain} from '../../src/chain/fixture-chain.js';
import {regtestGenesisBlock} from '../../src/chain/genesis.js';
import {SimulatedChain} from '../../src/chain/simulated-chain.js';
import {chainSourceSuite} from './chain-source-suite.js';

chainSourceSuite('simulated chain', async (story) => {
  const source = new SimulatedChain({seed: 0});
  const waiting = [...story];
  return {
    source,
    async arrive(blocks) {
      for (const raw of waiting.splice(0, blocks)) source.submit(raw);
    },
    end: () => source.close(),
  };
});

chainSourceSuite('fixture chain', async (story) => {
  const blocks = [regtestGenesisBlock().raw, ...story];
  const source = new FixtureChain(formatFixture({network: 'regtest', startHeight: 0, blocks}));
  return {
    source,
    async arrive(count) {
      source.arrive(count);
    },
    end: () => source.close(),
  };
});
