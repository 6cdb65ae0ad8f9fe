import type {Statistics} from '../sim/foresee/tally.js';

/** Numbers of a run, in the order and the words in which they are shown. */
export const statisticNames: readonly (readonly [Exclude<keyof Statistics, 'height' | 'latency'>, string])[] = [
  ['registered', 'new users'],
  ['renewed', 'renewals'],
  ['deleted', 'deleted by blocks'],
  ['restored', 'back with reorgs'],
  ['deletedByOperator', 'deleted by the operator'],
  ['users', 'users at the end'],
  ['mostUsers', 'most users'],
  ['deposits', 'deposits'],
  ['appointments', 'appointments at the end'],
  ['takenSlots', 'slots taken at the end'],
  ['mostTakenSlots', 'most slots taken'],
  ['reorgs', 'reorgs'],
  ['deepestReorg', 'deepest reorg'],
  ['requests', 'requests'],
  ['approved', '  approved'],
  ['denied', '  denied'],
  ['failed', '  failed'],
  ['expired', '  expired'],
  ['mostPending', '  most pending'],
];
