export {RegtestNode, type RegtestOptions, regtestConfPath} from './node.js';
export type {BitcoindProgram} from './bitcoind-program.js';
export {type FindOptions, findBitcoind} from './program.js';
