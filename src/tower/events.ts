import type {ChainHeader} from '../chain/header.js';
import type {Network} from '../chain/network.js';
import type {SourceState} from '../chain/source-state.js';
import type {AuthEvent} from '../gatekeeper/auth/events.js';
import type {GatekeeperEvent} from '../gatekeeper/events.js';
import type {GatekeeperSettings} from '../gatekeeper/settings.js';

/** Some requests: how many, and the ids of the first 100. */
export interface RequestCount {
  readonly count: number;
  readonly ids: readonly number[];
}

/** Headers that end in a new tip. */
export interface History {
  /** Their 80 bytes in hex, lowest first. */
  readonly headers: readonly string[];
  /** Of the tip, in hex. */
  readonly chainwork: string;
}

/** What has happened, in the past tense; published after the commit that made it true, and kept in the log. */
export type TowerEvent =
  | GatekeeperEvent
  | AuthEvent
  | {
      readonly type: 'started';
      readonly height: number;
      readonly hash: string;
      /** What a replay begins with; a log that an older version began lacks it. */
      readonly beginning?: History & {
        readonly network: Network;
        readonly genesis: string;
        readonly settings: GatekeeperSettings;
      };
    }
  | {
      readonly type: 'block_connected';
      readonly height: number;
      readonly hash: string;
      /** The 80 bytes of the header in hex. */
      readonly header: string;
      /** Users deleted in this block; `userIds` names the first 100 of them. */
      readonly deletedUsers: number;
      readonly userIds: readonly number[];
      /** Pending requests that timed out in this block. */
      readonly expiredRequests?: RequestCount;
    }
  | {
      readonly type: 'block_disconnected';
      readonly height: number;
      readonly hash: string;
      /** Users restored because the block that deleted them is gone; `userIds` names the first 100. */
      readonly restoredUsers: number;
      readonly userIds: readonly number[];
      /** Requests that are pending again because the block in which they timed out is gone. */
      readonly restoredRequests?: RequestCount;
    }
  | {readonly type: 'settings_changed'; readonly height: number; readonly settings: GatekeeperSettings}
  | {
      readonly type: 'chain_accepted';
      readonly height: number;
      readonly hash: string;
      /** Our blocks that are not on it; null when the source did not know our tip. */
      readonly depth: number | null;
      /** Lacking in a log of an older version. */
      readonly history?: History;
    }
  | StateChanged
  | FunctionSlow;

/** A registered function has held the program up for longer than its time limit. Published, not logged. */
export interface FunctionSlow {
  readonly type: 'function_slow';
  readonly height: number;
  readonly name: string;
  readonly requestId: number;
  readonly spentMs: number;
}

/** Where the tower stands with its source. Published, not logged: it decides nothing. */
export interface StateChanged {
  readonly type: 'state_changed';
  readonly state: SourceState;
  readonly tip: ChainHeader | undefined;
}
