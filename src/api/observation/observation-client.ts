import {AdminConnection} from '../admin/connection.js';
import type {Health} from './observed-tower.js';

/** Asks the tower of a data directory how it is. Without a tower that is OperationalError TOWER_NOT_RUNNING. */
export class ObservationClient {
  readonly #connection: AdminConnection;

  constructor(dataDir: string) {
    this.#connection = new AdminConnection(dataDir);
  }

  health(): Promise<Health> {
    return this.#connection.getWith([200, 503], '/health');
  }
}
