import type {KeyValueStore} from '../../store/key-value-store.js';
import {digestOf} from '../../store/digest.js';
import {Store} from '../../store/store.js';
import type {Transaction} from '../../store/transaction.js';
import type {LogEntry} from '../../tower/log.js';
import {applyInput, type Input} from './input.js';

/** Rows, and inputs, after which what has changed is committed. */
const batchRows = 20_000;
const batchInputs = 200;

/** A tower's decisions without its surroundings: inputs come one at a time, and each is done when the next one comes. */
export class Machine {
  readonly #rows: KeyValueStore;
  readonly #store: Store;
  #transaction: Transaction;
  #inputs = 0;

  private constructor(rows: KeyValueStore, store: Store) {
    this.#rows = rows;
    this.#store = store;
    this.#transaction = store.begin();
  }

  /** On rows that are empty, or those of a checkpoint. */
  static async open(rows: KeyValueStore): Promise<Machine> {
    return new Machine(rows, await Store.open(rows));
  }

  /** The rows as they stand now. To be read, not to be written. */
  get now(): Transaction {
    return this.#transaction;
  }

  /**
   * Decides about an input, and answers what became of it.
   * @throws Rejection, when nothing has changed; other errors leave a machine that is of no use any more
   */
  async apply(input: Input, actor: string): Promise<LogEntry[]> {
    const events: LogEntry[] = [];
    await applyInput(this.#transaction, (event) => void events.push({actor, ...event} as LogEntry), input);
    if (++this.#inputs >= batchInputs || this.#transaction.size >= batchRows) await this.#commit();
    return events;
  }

  /** SHA-256 over the state. */
  async digest(): Promise<string> {
    await this.#commit();
    return digestOf(this.#rows);
  }

  async #commit(): Promise<void> {
    if (this.#transaction.changed) await this.#store.commit(this.#transaction);
    this.#transaction = this.#store.begin();
    this.#inputs = 0;
  }
}
