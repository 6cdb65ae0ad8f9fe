import {OperationalError} from '../../../errors/index.js';
import {errorNumbers} from './rpc-error.js';

// What a fake node cannot be told to do, as it is.

/** Over the RPC it has the number that bitcoind gives in the same place. */
const refusal = (message: string, hint: string, rpcCode: number = errorNumbers.misc): OperationalError =>
  new OperationalError('TOWER_USAGE', message, {hint, facts: {rpcCode}});

export const notRunning = (): OperationalError => refusal('the node is not running', 'Start it first.');

export const tooDeep = (depth: number, tipHeight: number): OperationalError =>
  refusal(`the tip, at height ${tipHeight}, is no ${depth} above genesis`, 'Mine first, or ask for a smaller depth.');

export const unknownBlock = (hash: string): OperationalError =>
  refusal(
    `Block not found: ${hash}`,
    '`getchaintips` lists the ends of its branches; told to follow blocks, it learns of all there are.',
    errorNumbers.notFound,
  );

export const unknownHeight = (height: number, tipHeight: number): OperationalError =>
  refusal(
    `the active chain of the node has no block at height ${height}`,
    `Its tip is at height ${tipHeight}: name a height up to there, or a hash.`,
  );

export const genesisIsValid = (): OperationalError =>
  refusal('genesis is valid whatever is said of it', 'Name a block above it.');

export const beyondTip = (height: number, tipHeight: number): OperationalError =>
  refusal(
    `Blockchain is shorter than the attempted prune height: ${height}`,
    `Its tip is at height ${tipHeight}: name a height up to there.`,
    errorNumbers.invalidParameter,
  );
