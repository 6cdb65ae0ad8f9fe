import type {Timers} from '../../chain/index.js';
import {OperationalError} from '../../errors/index.js';
import {type Changes, guardedStore, type KeyValueStore} from '../../store/index.js';
import type {Kill, RowGuard} from '../world/kill-switch.js';
import type {DiskFaultKind} from './fault.js';

/** How long a write takes on a slow disk: longer than it takes a block or a request to come. */
const slowMs = 50;

/** A disk whose next writes fail or take their time. A tower ends at a write that fails, and is started again. */
export class FaultyDisk implements RowGuard {
  readonly #timers: Timers;
  readonly #left: Record<DiskFaultKind, number> = {disk_fails: 0, disk_slow: 0};
  #fired: Kill | undefined;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  strike(kind: DiskFaultKind, writes: number): void {
    this.#left[kind] += writes;
  }

  heal(): void {
    this.#left.disk_fails = this.#left.disk_slow = 0;
  }

  takeFired(): Kill | undefined {
    const fired = this.#fired;
    this.#fired = undefined;
    return fired;
  }

  guard(rows: KeyValueStore): KeyValueStore {
    return guardedStore(rows, (...writing) => this.#write(...writing));
  }

  async #write(rows: KeyValueStore, changes: Changes): Promise<void> {
    if (this.#strikes('disk_slow')) await new Promise<void>((resolve) => this.#timers.after(slowMs, resolve));
    if (!this.#strikes('disk_fails')) return rows.write(changes);
    this.#fired = 'kill_before_commit';
    throw new OperationalError('TOWER_STORE_FAILED', 'the scenario lets the disk fail');
  }

  #strikes(kind: DiskFaultKind): boolean {
    if (this.#left[kind] === 0) return false;
    this.#left[kind]--;
    return true;
  }
}
