export {RegtestNode, type RegtestOptions, regtestConfPath} from './node.js';
export {type BitcoindProgram, type FindOptions, findBitcoind} from './program.js';
