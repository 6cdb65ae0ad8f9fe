import {OperationalError} from '../errors/index.js';
import type {KeyValueReader, KeyValueStore, Snapshot} from './key-value-store.js';
import {logKey, logNumberOf, schemaVersion, tableRange} from './layout.js';
import {type Meta, type Progress, readMeta} from './meta.js';
import {pageRows} from './pages.js';
import {migrate, schemaOf} from './schema.js';
import {Transaction} from './transaction.js';

/** LevelDB begins another write-ahead log at 4 MiB. */
const writeAheadLogBytes = 4 * 1024 * 1024;

/** Rows and meta of one tower. Reads see what is committed; one transaction at a time changes it. */
export class Store {
  readonly #rows: KeyValueStore;
  #meta: Meta | undefined;

  private constructor(rows: KeyValueStore, meta: Meta | undefined) {
    this.#rows = rows;
    this.#meta = meta;
  }

  /**
   * Reads the meta rows and the last events, and migrates an older store. Nothing else is read, however many users
   * there are.
   * @throws OperationalError TOWER_STORE_TOO_NEW, TOWER_STORE_OUTDATED; TOWER_STORE_CORRUPT when the rows are not ours, or some were lost.
   */
  static async open(rows: KeyValueStore): Promise<Store> {
    const version = await schemaOf(rows);
    // Before a migration, too: a damaged store is refused as it is. The meta rows of every version can be read so.
    let meta = await readIntact(rows);
    if (version < schemaVersion) {
      await migrate(rows, version);
      meta = await readIntact(rows);
    }
    return new Store(rows, meta);
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

async function readIntact(rows: KeyValueReader): Promise<Meta | undefined> {
  try {
    const meta = await readMeta(rows);
    if (meta) await requireRecentEvents(rows, meta.progress);
    return meta;
  } catch (cause) {
    if (cause instanceof OperationalError) throw cause;
    throw new OperationalError('TOWER_STORE_CORRUPT', 'the meta rows of the store cannot be read', {cause});
  }
}

/**
 * LevelDB leaves damaged parts of its write-ahead log out without a word, and goes on with what stands behind them. A
 * batch that is lost so leaves a gap among the last events, for each has a row in ours. How many of them the
 * write-ahead log can hold depends on what they changed besides: those that changed nothing fill it by their own rows.
 */
async function requireRecentEvents(rows: KeyValueReader, {firstLog, nextLog}: Progress): Promise<void> {
  let expected = nextLog;
  let {to} = tableRange('log');
  for (let bytes = 0; expected > firstLog && bytes < writeAheadLogBytes; to = logKey(expected)) {
    const page = await rows.range({from: logKey(firstLog), to, limit: pageRows, reverse: true});
    if (page.length === 0) throw lostEvents(expected - 1, nextLog);
    for (const [key, value] of page) {
      if (logNumberOf(key) !== expected - 1) throw lostEvents(expected - 1, nextLog);
      expected--;
      bytes += key.length + value.length;
    }
  }
}

const lostEvents = (event: number, nextEvent: number): OperationalError =>
  new OperationalError(
    'TOWER_STORE_CORRUPT',
    'events are missing from the log of the store: one of its files was damaged',
    {facts: {event, nextEvent}},
  );
