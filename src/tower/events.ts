import type {SourceState} from '../chain/source-state.js';
import type {GatekeeperSettings} from '../gatekeeper/settings.js';

/** What has happened, in the past tense; published after the commit that made it true. Ids are user ids, keys hex. */
export type TowerEvent =
  | {readonly type: 'started'; readonly height: number; readonly hash: string}
  | {
      readonly type: 'block_connected';
      readonly height: number;
      readonly hash: string;
      /** Users deleted in this block; `userIds` names the first 100 of them. */
      readonly deletedUsers: number;
      readonly userIds: readonly number[];
    }
  | {
      readonly type: 'block_disconnected';
      readonly height: number;
      readonly hash: string;
      /** Users restored because the block that deleted them is gone; `userIds` names the first 100. */
      readonly restoredUsers: number;
      readonly userIds: readonly number[];
    }
  | {
      readonly type: 'user_registered' | 'subscription_renewed';
      readonly height: number;
      readonly key: string;
      readonly userId: number;
      readonly availableSlots: number;
      readonly subscriptionStart: number;
      readonly subscriptionExpiry: number;
    }
  | {
      readonly type: 'appointment_added' | 'appointment_updated';
      readonly height: number;
      readonly key: string;
      readonly userId: number;
      readonly locator: string;
      readonly slots: number;
      readonly availableSlots: number;
    }
  | {
      readonly type: 'appointments_deleted';
      readonly height: number;
      readonly count: number;
      readonly refunded: boolean;
    }
  | {readonly type: 'settings_changed'; readonly height: number; readonly settings: GatekeeperSettings}
  | {readonly type: 'chain_accepted'; readonly height: number; readonly hash: string}
  | {readonly type: 'state_changed'; readonly state: SourceState};
