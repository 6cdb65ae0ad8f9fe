import type {Network} from '../../chain/network.js';
import type {SourceStateName} from '../../chain/source-state.js';
import type {UserStates} from '../../gatekeeper/user-states.js';

/** What a tower is doing just now, for somebody who watches. Bounded, and read without a look at any user. */
export interface Activity {
  /** Grows with everything that happens; what to ask for next. It begins anew with the process. */
  readonly change: number;
  readonly pid: number;
  readonly version: string;
  readonly network: Network;
  readonly chain: 'simulated' | 'bitcoind';
  /** ISO 8601, as all times here: when this was read, when the tower was opened, when the last block was processed. */
  readonly time: string;
  readonly startedAt: string;
  /** null before the first block since the start. */
  readonly lastBlockAt: string | null;
  readonly state: SourceStateName;
  readonly problem: {readonly code: string; readonly error: string; readonly hint: string} | null;
  readonly tip: {readonly height: number; readonly hash: string} | null;
  readonly sourceHeight: number | null;
  readonly users: number;
  /** null before the first header, and when too many have expired to count them. */
  readonly userStates: UserStates | null;
  /** Of all users, and the slots that they take. */
  readonly appointments: number;
  readonly takenSlots: number;
  readonly pendingRequests: number;
  /** Changes that wait for the single writer. */
  readonly queued: number;
  /** Requests that the public interface has answered a second, over the last five. */
  readonly requestsPerSecond: number;
  readonly sinceStart: Counts;
  /** The newest last. */
  readonly events: readonly ActivityEvent[];
}

/** What has come since the tower was opened. */
export interface Counts {
  readonly blocks: number;
  /** New users who registered, and users who renewed. */
  readonly registrations: number;
  readonly renewals: number;
  /** Appointments taken in, added or updated. */
  readonly deposits: number;
  /** Requests that the public interface has answered, and those of them that it refused or failed. */
  readonly requests: number;
  readonly requestsRefused: number;
}

export interface ActivityEvent {
  /** One more for each, so that two readings can be told apart. */
  readonly number: number;
  readonly time: string;
  readonly level: string;
  readonly event: string;
  /** How many of the kind have come in a row; the facts are those of the last. */
  readonly count: number;
  readonly facts: Readonly<Record<string, string | number | boolean | readonly (string | number)[]>>;
}

/** Events that are kept to be shown. */
export const keptEvents = 50;
/** How long somebody who watches may wait for a change; less than a client waits for an answer. */
export const maxWaitMs = 20_000;
