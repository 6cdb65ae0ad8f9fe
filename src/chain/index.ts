export {Block, parseBlock} from './block.js';
export {BlockTree} from './block-tree.js';
export type {ChainSource, SourceTip, Standing} from './chain-source.js';
export {openScript, openWitnessScript} from './coinbase.js';
export {type Fixture, type FixtureLine, formatFixture, formatFixtureLine, parseFixture} from './fixture.js';
export {FixtureChain} from './fixture-chain.js';
export {regtestGenesisBlock} from './genesis.js';
export {
  type ChainHeader,
  extend,
  fromDisplayHex,
  type Header,
  headerBytes,
  parseHeader,
  serializeHeader,
  toDisplayHex,
} from './header.js';
export {genesisOf, type Network, regtestGenesis} from './network.js';
export {
  type ChainChoice,
  type ChainContents,
  type MiningOptions,
  SimulatedChain,
  type SimulatedChainOptions,
} from './simulated-chain.js';
export type {SourceState, SourceStateName} from './source-state.js';
export {type OpenOutput, spend} from './spend.js';
export {systemTimers, type Timers} from './timers.js';
export {parseTransaction, Transaction, type TransactionInput, type TransactionOutput} from './transaction.js';
export {verifyBlock} from './verify-block.js';
export {meetsTarget, targetOf, workOf} from './work.js';
