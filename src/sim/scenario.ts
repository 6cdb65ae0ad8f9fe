import type {ErrorCode} from '../errors/index.js';
import type {GatekeeperSettings} from '../gatekeeper/settings.js';

/** A story with expectations, checked: what `readScenario` answers. */
export interface Scenario {
  readonly name: string;
  readonly about?: string;
  /** The settings that the tower starts with. */
  readonly tower: GatekeeperSettings;
  /** The seed as the file has it. */
  readonly chain: {readonly startHeight: number; readonly seed: string | number};
  readonly steps: readonly Step[];
}

/** What a user sends to the tower. */
export type UserRequest =
  | {readonly type: 'register'; readonly user: string}
  | {readonly type: 'renew'; readonly user: string}
  | {
      readonly type: 'appointment';
      readonly user: string;
      readonly name: string;
      readonly blobBytes: number;
    };

/**
 * How the tower goes down. `kill_before_commit` and `kill_after_commit` arm its next commit: the batch is lost just
 * before, or the process dies just after, it is on disk.
 */
export type RestartKind = 'clean' | 'kill_before_commit' | 'kill_after_commit';

export type UserState = 'active' | 'expired' | 'unknown';

/** One thing that must hold. Of a user, only the fields that are there are compared. */
export type Expectation =
  | {
      readonly type: 'user';
      readonly user: string;
      readonly state?: UserState;
      readonly slots?: number;
      readonly start?: number;
      readonly expiry?: number;
      readonly appointments?: number;
    }
  | {readonly type: 'tip'; readonly height: number}
  | {readonly type: 'users'; readonly count: number};

export type Action =
  | UserRequest
  | {readonly type: 'mine'; readonly blocks: number}
  | {readonly type: 'mine_to'; readonly height: number}
  | {readonly type: 'reorg'; readonly depth: number; readonly blocks: number}
  | {readonly type: 'restart'; readonly kind: RestartKind}
  | {readonly type: 'set'; readonly settings: Partial<GatekeeperSettings>}
  | {readonly type: 'expect'; readonly expectations: readonly Expectation[]}
  | {
      readonly type: 'refuse';
      readonly request: UserRequest;
      readonly code: ErrorCode;
    }
  | {readonly type: 'note'};

/** An action with the line of its file (from 1) and what the author says to it. */
export type Step = Action & {readonly line: number; readonly note?: string};

// Limits: a scenario is a story that somebody reads and a machine finishes; each of these is far beyond one.
export const maxScenarioBytes = 1024 * 1024;
export const maxSteps = 100_000;
/** Of one file, all its steps together. The simulated chain mines them in a few minutes. */
export const maxMinedBlocks = 1_000_000;
