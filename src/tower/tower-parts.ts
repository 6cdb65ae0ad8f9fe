import type {ChainSource} from '../chain/chain-source.js';
import type {Network} from '../chain/network.js';
import type {Timers} from '../chain/timers.js';
import type {Signatures} from '../crypto/signatures.js';
import type {SigningKey} from '../crypto/signing-key.js';
import type {Policy} from '../gatekeeper/auth/policy.js';
import type {GatekeeperSettings} from '../gatekeeper/settings.js';
import type {KeyValueStore} from '../store/key-value-store.js';
import type {TowerEvent} from './events.js';

export interface TowerParts {
  /** Where the rows are kept; the tower closes it. */
  readonly rows: KeyValueStore;
  /** Where blocks come from; the tower closes it. */
  readonly source: ChainSource;
  readonly network: Network;
  /** Signs the tower's promises. */
  readonly key: Pick<SigningKey, 'sign' | 'publicKey'>;
  /** Does the work on the curve for requests, with the same key. @default this thread */
  readonly signatures?: Signatures;
  /** @default the settings of rust-teos */
  readonly settings?: GatekeeperSettings;
  /** Blocks for which the log of events is kept. @default 26280, half a year */
  readonly logBlocks?: number;
  /** Depth of the deepest reorg that is undone; a deeper one halts the tower. @default 100, which is the most */
  readonly finality?: number;
  /** Who decides authorization requests; of several that can, the first. @default nobody but functions and operators */
  readonly policies?: readonly Policy[];
  /** @default the system's */
  readonly timers?: Timers;
  /** Told of every event from the first on, which opening the tower may already cause. */
  readonly listeners?: readonly ((event: TowerEvent) => void)[];
}
