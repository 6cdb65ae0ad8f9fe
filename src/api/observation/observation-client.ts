import {AdminConnection} from '../admin/connection.js';
import type {Activity} from './activity.js';
import type {Health} from './observed-tower.js';

interface AskedActivity {
  readonly after: number | undefined;
  readonly waitMs: number;
  /** Gives it up. */
  readonly signal: AbortSignal;
}

/** Asks the tower of a data directory how it is. Without a tower that is OperationalError TOWER_NOT_RUNNING. */
export class ObservationClient {
  readonly #connection: AdminConnection;

  constructor(dataDir: string) {
    this.#connection = new AdminConnection(dataDir);
  }

  health(): Promise<Health> {
    return this.#connection.getWith([200, 503], '/health');
  }

  /** Answers at once, or once there has been another change than `after`, at the latest after `waitMs`. */
  activity({after, waitMs, signal}: AskedActivity): Promise<Activity> {
    const query = after === undefined ? '' : `?after=${after}&wait_ms=${waitMs}`;
    return this.#connection.getUntil(signal, `/activity${query}`);
  }
}
