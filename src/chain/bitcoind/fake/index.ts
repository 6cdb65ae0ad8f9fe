export {FakeNode, type FakeNodeOptions, type Following} from './fake-node.js';
export {type Fault, type FaultKind, faultKinds, Faults} from './faults.js';
export {type Topic} from './feed.js';
export {FakeNotifications, FakeRpc} from './in-process.js';
export {type FakeSource, type FakeSourceOptions, openFakeSource} from './open-fake-source.js';
