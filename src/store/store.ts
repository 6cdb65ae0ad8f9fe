import {OperationalError} from '../errors/index.js';
import type {KeyValueReader, KeyValueStore, Snapshot} from './key-value-store.js';

import {type Meta, readMeta} from './meta.js';
import {migrate} from './schema.js';
import {Transaction} from './transaction.js';

/** Rows and meta of one tower. Reads see what is committed; one transaction at a time changes it. */
export class Store {
  readonly #rows: KeyValueStore;
  #meta: Meta | undefined;

  private constructor(rows: KeyValueStore, meta: Meta | undefined) {
    this.#rows = rows;
    this.#meta = meta;
  }

  /**
   * Reads the meta rows and migrates older ones. Nothing else is read, however many users there are.
   * @throws OperationalError TOWER_STORE_TOO_NEW; TOWER_STORE_CORRUPT when the rows are not ours.
   */
  static async open(rows: KeyValueStore): Promise<Store> {
    await migrate(rows);
    try {
      return new Store(rows, await readMeta(rows));
    } catch (cause) {
      if (cause instanceof OperationalError) throw cause;
      throw new OperationalError('TOWER_STORE_CORRUPT', 'the meta rows of the store cannot be read', {cause});
    }
  }

  /** Committed rows. */
  get rows(): KeyValueReader {
    return this.#rows;
  }

  /** Committed meta rows; undefined before the store has begun. */
  get meta(): Meta | undefined {
    return this.#meta;
  }

  begin(): Transaction {
    return new Transaction(this.#rows, this.#meta);
  }

  /** Makes a transaction true, on disk. All of it or nothing. */
  async commit(transaction: Transaction): Promise<void> {
    await this.#rows.write(transaction.changes());
    if (transaction.begun) this.#meta = transaction.meta;
  }

  snapshot(): Snapshot {
    return this.#rows.snapshot();
  }

  async close(): Promise<void> {
    await this.#rows.close();
  }
}
