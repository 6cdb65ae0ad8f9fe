import type {Question} from '../../gatekeeper/auth/policy.js';
import type {Carried} from './carried.js';

/** What the tower tells the process of a policy. */
export type ToChild =
  | {readonly type: 'load'; readonly url: string; readonly source: string}
  | {readonly type: 'ask'; readonly id: number; readonly question: Question}
  | {readonly type: 'ping'};

/** What the process of a policy tells the tower. */
export type FromChild =
  /** The names that the module exports, each with its `typeof`. */
  | {readonly type: 'loaded'; readonly exports: readonly (readonly [name: string, type: string])[]}
  | {readonly type: 'broken'; readonly message: string}
  /** The function is about to be called. */
  | {readonly type: 'begun'; readonly id: number}
  /** The function has returned, and its promise is waited for. */
  | {readonly type: 'awaiting'; readonly id: number}
  | {readonly type: 'answered'; readonly id: number; readonly value: Carried}
  | {readonly type: 'threw'; readonly id: number; readonly message: string}
  /** Something has thrown where nobody waited for it. The process ends next. */
  | {readonly type: 'uncaught'; readonly message: string}
  | {readonly type: 'pong'};

/** File descriptor on which the watchdog says why it ends the process. */
export const watchdogFd = 4;

/** What the watchdog says. */
export const overLimit = 'over the memory limit';
