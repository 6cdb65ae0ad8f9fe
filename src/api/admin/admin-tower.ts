import type {Network} from '../../chain/network.js';
import type {SourceStateName} from '../../chain/source-state.js';
import type {RequestKind} from '../../store/layout.js';
import type {DecisionSettings} from '../../store/meta.js';
import type {Verification} from '../../store/verify.js';
import type {UserReference} from '../../gatekeeper/user-reference.js';
import type {UserStates} from '../../gatekeeper/user-states.js';
import type {Log} from '../../tower/log.js';
import type {AdminAuthorization} from './admin-authorization.js';
import type {AdminOperator} from './admin-operator.js';
import type {UserSummary} from './user-summary.js';

/** What the admin interface needs of a tower. Every method may throw a BartizanError, which reaches the caller whole. */
export interface AdminTower {
  readonly auth: AdminAuthorization;
  readonly operator: AdminOperator;
  readonly log: Log;
  status(): Promise<TowerStatus>;
  /** Registers or renews `key`, a compressed public key in hex. */
  register(key: string): Promise<Registration>;
  /** Users by ascending id. */
  users(page: PageRequest): Promise<UserPage>;
  /** @throws Rejection TOWER_USER_NOT_FOUND */
  user(who: UserReference): Promise<UserDetails>;
  /** Mines on a simulated chain and resolves when the tower has connected the blocks. */
  mine(blocks: number): Promise<Mined>;
  digest(): Promise<StateDigest>;
  verify(): Promise<VerifiedStore>;
  /** Begins to stop; the answer goes out before the tower has stopped. */
  stop(): void;
}

export interface TowerStatus {
  readonly version: string;
  readonly pid: number;
  /** Public key that receipts are signed with, hex. */
  readonly towerId: string;
  readonly network: Network;
  readonly chain: 'simulated' | 'bitcoind';
  readonly state: SourceStateName;
  /** Why it waits, is stalled or halted. */
  readonly problem: {readonly code: string; readonly error: string; readonly hint: string} | null;
  /** null until the first header. */
  readonly tip: {readonly height: number; readonly hash: string} | null;
  /** URL of the public API; null where it is not served. */
  readonly api: string | null;
  /** The source's own tip height; null until it has told. */
  readonly sourceHeight: number | null;
  readonly users: number;
  /** How many of them are in each state; null before the first header, and when too many have expired to count them. */
  readonly userStates: UserStates | null;
  /** Of all users, and the slots that they take. */
  readonly appointments: number;
  readonly takenSlots: number;
  /** Level of authorization. */
  readonly auth: DecisionSettings['auth'];
  /** Whether requests are decided and devices served: the seed's `db_is_ready`. */
  readonly ready: boolean;
  readonly pendingRequests: number;
  /** Those of them that nobody has signed. */
  readonly unprovenRequests: number;
  /** Who decides besides the operator. */
  readonly policies: readonly PolicyStatus[];
  /** What computes signatures: the native library, or noble where that does not load. */
  readonly signatures: 'libsecp256k1' | 'noble';
}

export interface PolicyStatus {
  readonly name: string;
  /** Kinds of which it is asked for a fast answer now. */
  readonly callback: readonly RequestKind[];
  /** Kinds of which it is asked for a later decision now. */
  readonly check: readonly RequestKind[];
  /** What is wrong with it, in words, whether or not it can be asked. */
  readonly trouble: string | null;
}

export interface Registration {
  readonly userId: number;
  readonly key: string;
  readonly availableSlots: number;
  readonly subscriptionStart: number;
  readonly subscriptionExpiry: number;
  readonly tipHeight: number;
  /** The receipt's signature by the tower, zbase32. */
  readonly signature: string;
}

export interface PageRequest {
  /** Only ids above this; 0 from the start. */
  readonly after: number;
  /** 1 to `maxPageUsers`. */
  readonly limit: number;
}

export interface UserPage {
  readonly tipHeight: number;
  readonly total: number;
  readonly users: readonly UserSummary[];
  /** What to ask for as `after` next; null at the end. */
  readonly next: number | null;
}

export interface UserDetails extends UserSummary {
  readonly tipHeight: number;
  /** Height at which the user is deleted unless he renews. */
  readonly deletionHeight: number;
  /** Slots by locator; at most `maxListedAppointments`, `appointments` counts all. */
  readonly slotsByLocator: Readonly<Record<string, number>>;
}

export interface Mined {
  readonly blocks: number;
  readonly height: number;
  readonly hash: string;
}

export interface StateDigest {
  readonly height: number;
  readonly hash: string;
  /** SHA-256 over the state rows, hex. */
  readonly digest: string;
}

export interface VerifiedStore extends Verification {
  readonly height: number;
}

/** A page is built in memory and sent in one answer. */
export const maxPageUsers = 1000;
/** One user may have thousands of appointments; more than this belongs into a file, not on a screen. */
export const maxListedAppointments = 1000;
/** About ten weeks of blocks; more at once would keep the caller waiting for too long without a word. */
export const maxMinedBlocks = 10_000;
