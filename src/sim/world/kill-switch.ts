import {OperationalError} from '../../errors/index.js';
import {type Changes, guardedStore, type KeyValueStore} from '../../store/index.js';
import type {RestartKind} from '../scenario/scenario.js';

export type Kill = Exclude<RestartKind, 'clean'>;

/** Stands between a tower and its rows, and may end the tower at a batch; to it, that looks like a disk that fails. */
export interface RowGuard {
  guard(rows: KeyValueStore): KeyValueStore;
  /** How it has ended the tower, if it has since the last call: the tower is then started again. */
  takeFired?(): Kill | undefined;
}

/**
 * Stands between a tower and its rows and, once armed, ends the tower at its next batch: right before, or right after,
 * that is on disk. To the tower either looks like a disk that fails.
 */
export class KillSwitch implements RowGuard {
  #armed: Kill | undefined;
  #fired: Kill | undefined;

  arm(kill: Kill): void {
    this.#armed = kill;
  }

  /** Answers whether it was armed. */
  disarm(): boolean {
    const wasArmed = this.#armed !== undefined;
    this.#armed = undefined;
    return wasArmed;
  }

  /** How the tower was killed, if it was since the last call. */
  takeFired(): Kill | undefined {
    const fired = this.#fired;
    this.#fired = undefined;
    return fired;
  }

  guard(rows: KeyValueStore): KeyValueStore {
    return guardedStore(rows, (...writing) => this.#write(...writing));
  }

  async #write(rows: KeyValueStore, changes: Changes): Promise<void> {
    const kill = this.#armed;
    this.#armed = undefined;
    if (kill !== 'kill_before_commit') await rows.write(changes);
    if (kill === undefined) return;
    this.#fired = kill;
    throw new OperationalError('TOWER_STORE_FAILED', 'the scenario has killed the tower');
  }
}
