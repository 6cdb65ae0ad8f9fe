import type {Transaction} from '../store/transaction.js';
import type {AuthEvent} from './auth/events.js';
import type {GatekeeperEvent} from './events.js';

/** One thing to do to the store, whole or not at all. */
export interface StoreChange<Result, Event = GatekeeperEvent | AuthEvent> {
  /** Keys that will surely be read, so that they can be fetched ahead. */
  readonly reads?: readonly string[];
  /** Keys that will then be read, as far as the rows fetched before tell. They may be wrong: nothing depends on them. */
  moreReads?(fetched: (key: string) => Uint8Array | undefined): readonly string[];
  /** Bytes that it carries and the store will hold: what waits and what is written at once is limited by them, too. */
  readonly bytes?: number;
  /** Who caused it, for the log: `chain`, `operator`, `program`, `policy`, `webhook` or `user:<public key>`. */
  readonly actor: string;
  /** Throws a Rejection before its first change, or makes all of its changes. Events are published after the commit. */
  run(transaction: Transaction, publish: (event: Event) => void): Promise<Result>;
}

/** The single writer, as the gatekeeper sees it: one change at a time; resolves once the change is on disk. */
export interface Lock {
  submit<Result>(change: StoreChange<Result>): Promise<Result>;
}
