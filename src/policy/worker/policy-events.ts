import type {OperationalError} from '../../errors/index.js';
import type {FunctionName} from './names.js';

/** What the log of the tower is told of a policy file and its process. */
export type PolicyEvent =
  /** It decides from now on. */
  | {readonly type: 'loaded'; readonly file: string; readonly functions: readonly FunctionName[]; readonly pid: number}
  /** The file has changed, and what it holds now cannot be loaded; what was loaded before stays. TOWER_INVALID_POLICY. */
  | {readonly type: 'not_loaded'; readonly error: OperationalError}
  /** The file exports a function that is never asked, under a name close to one that would be. */
  | {readonly type: 'export_unused'; readonly name: string; readonly didYouMean: FunctionName}
  /** Its process has hung or ended, and is started again after so many milliseconds. TOWER_POLICY_FAILED. */
  | {readonly type: 'ended'; readonly error: OperationalError; readonly restartMs: number}
  /** A line that the policy has written, without control characters. */
  | {readonly type: 'output'; readonly stream: 'stdout' | 'stderr'; readonly line: string}
  /** So many lines were dropped, because it writes too much. */
  | {readonly type: 'output_dropped'; readonly stream: 'stdout' | 'stderr'; readonly lines: number};
