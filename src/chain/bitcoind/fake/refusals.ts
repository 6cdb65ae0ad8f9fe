import {OperationalError} from '../../../errors/index.js';

// What a fake node cannot be told to do, as it is.

const refusal = (message: string, hint: string): OperationalError =>
  new OperationalError('TOWER_USAGE', message, {hint});

export const notRunning = (): OperationalError => refusal('the node is not running', 'Start it first.');

export const tooDeep = (depth: number, tipHeight: number): OperationalError =>
  refusal(`the tip, at height ${tipHeight}, is no ${depth} above genesis`, 'Mine first, or ask for a smaller depth.');

export const unknownBlock = (hash: string): OperationalError =>
  refusal(
    `the node does not know the block ${hash}`,
    '`getchaintips` lists the ends of its branches; told to follow blocks, it learns of all there are.',
  );

export const unknownHeight = (height: number, tipHeight: number): OperationalError =>
  refusal(
    `the active chain of the node has no block at height ${height}`,
    `Its tip is at height ${tipHeight}: name a height up to there, or a hash.`,
  );
