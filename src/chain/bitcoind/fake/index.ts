export {FakeBitcoind, type FakeBitcoindOptions} from './fake-bitcoind.js';
export {FakeNode, type FakeNodeOptions, type Following} from './fake-node.js';
export {type Fault, type FaultKind, faultKinds, Faults} from './faults.js';
export {type Topic} from './feed.js';
export {FakeNotifications, FakeRpc} from './in-process.js';
export {type Command, commands} from './commands.js';
export type {RpcUser} from './rpc-server.js';
export {
  connectFakeNode,
  type FakeConnection,
  type FakeSource,
  type FakeSourceOptions,
  openFakeSource,
} from './open-fake-source.js';
export {playScript, readScript, type ScriptStep} from './script.js';
export type {Problem as ScriptProblem} from './values.js';
