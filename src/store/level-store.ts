import {Level} from 'level';
import {OperationalError} from '../errors/index.js';
import type {Change, Changes, KeyValueStore, Range, Row, Snapshot} from './key-value-store.js';

/** Rows put into a batch between two turns of the event loop: about 10 ms of work. */
const rowsPerTurn = 4_000;

/**
 * LevelDB maps each table that it holds open, 2 MiB, into memory. With its own limit of 1,000 a store of a million
 * appointments takes 360 MiB; opening a table again costs less than can be measured beside a request.
 */
const maxOpenFiles = 64;

/** What an iterator is asked for at once, which is a trip to another thread: so many items, or so many bytes of them. */
const itemsAtOnce = 250;
const bytesAtOnce = 64 * 1024;

const binaryString = {
  name: 'binary-string',
  format: 'buffer' as const,
  encode: (key: string): Buffer => Buffer.from(key, 'latin1'),
  decode: (bytes: Buffer): string => bytes.toString('latin1'),
};
const encodings = {keyEncoding: binaryString, valueEncoding: 'buffer'} as const;

type Database = Level<string, Buffer>;
type Batch = ReturnType<Database['batch']>;
type DatabaseSnapshot = ReturnType<Database['snapshot']>;

const codeOf = (error: unknown): string =>
  (error as {cause?: {code?: string}}).cause?.code ?? (error as {code?: string}).code ?? '';

function storeFailed(what: string, cause: unknown): OperationalError {
  const code = codeOf(cause) === 'LEVEL_CORRUPTION' ? 'TOWER_STORE_CORRUPT' : 'TOWER_STORE_FAILED';
  return new OperationalError(code, `the store could not be ${what}`, {cause});
}

function put(batch: Batch, [key, value]: Change): void {
  if (value === null) batch.del(key);
  else batch.put(key, value as Buffer);
}

/**
 * What an iterator yields. The database makes room for as many as it is asked for, and keeps it until the iterator is
 * collected as garbage; its own `all()` asks for a thousand, however few are wanted.
 */
async function allOf<Item>(
  iterator: {nextv(size: number): Promise<Item[]>; close(): Promise<void>},
  limit: number,
): Promise<Item[]> {
  const found: Item[] = [];
  try {
    while (found.length < limit) {
      const some = await iterator.nextv(Math.min(limit - found.length, itemsAtOnce));
      if (some.length === 0) break;
      for (const item of some) found.push(item);
    }
  } finally {
    await iterator.close();
  }
  return found;
}

class LevelReader {
  readonly #db: Database;
  readonly #options: {snapshot?: DatabaseSnapshot};

  constructor(db: Database, snapshot?: DatabaseSnapshot) {
    this.#db = db;
    this.#options = snapshot ? {snapshot} : {};
  }

  /**
   * A single row is read on the caller's thread: that takes some microseconds, while to hand it to another thread takes
   * ten times as long. What may be large, or much, is read by the others.
   */
  async get(key: string): Promise<Uint8Array | undefined> {
    try {
      return this.#db.getSync<string, Buffer>(key, {...this.#options, ...encodings});
    } catch (error) {
      throw storeFailed('read', error);
    }
  }

  async getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    if (keys.length === 0) return [];
    try {
      return await this.#db.getMany<string, Buffer>([...keys], {...this.#options, ...encodings});
    } catch (error) {
      throw storeFailed('read', error);
    }
  }

  async range(range: Range): Promise<Row[]> {
    if (range.limit <= 0 || range.from >= range.to) return [];
    try {
      const options = {...this.#rangeOptions(range), ...encodings};
      return await allOf(this.#db.iterator<string, Buffer>(options), range.limit);
    } catch (error) {
      throw storeFailed('read', error);
    }
  }

  async keys(range: Range): Promise<string[]> {
    if (range.limit <= 0 || range.from >= range.to) return [];
    try {
      const options = {...this.#rangeOptions(range), keyEncoding: binaryString};
      return await allOf(this.#db.keys<string>(options), range.limit);
    } catch (error) {
      throw storeFailed('read', error);
    }
  }

  #rangeOptions({from, to, limit, reverse = false}: Range) {
    return {gte: from, lt: to, limit, reverse, highWaterMarkBytes: bytesAtOnce, ...this.#options};
  }
}

/** Rows on disk, in LevelDB. One process at a time. */
export class LevelStore extends LevelReader implements KeyValueStore {
  readonly #db: Database;

  private constructor(db: Database) {
    super(db);
    this.#db = db;
  }

  /**
   * Opens the database in a folder.
   * @param options `create`: make it if it is not there. `fresh`: make it, and refuse one that is there.
   * @throws OperationalError TOWER_STORE_LOCKED, TOWER_STORE_MISSING (with `create: false`), TOWER_FOLDER_NOT_EMPTY (with
   * `fresh`), TOWER_STORE_CORRUPT, TOWER_STORE_FAILED.
   */
  static async open(
    location: string,
    {create = true, fresh = false}: {create?: boolean; fresh?: boolean} = {},
  ): Promise<LevelStore> {
    const db: Database = new Level(location, {
      ...encodings,
      createIfMissing: create,
      errorIfExists: fresh,
      maxOpenFiles,
    });
    try {
      await db.open();
    } catch (error) {
      const code = codeOf(error);
      const cause = (error as {cause?: unknown}).cause ?? error;
      if (code === 'LEVEL_LOCKED') {
        throw new OperationalError('TOWER_STORE_LOCKED', `the store ${location} is in use`, {cause});
      }
      // The second is for a folder that is not there either.
      if (!create && /does not exist|LOCK: No such file/.test(String((cause as Error).message))) {
        throw new OperationalError('TOWER_STORE_MISSING', `there is no store at ${location}`, {cause});
      }
      if (fresh && /error_if_exists/.test(String((cause as Error).message))) {
        throw new OperationalError('TOWER_FOLDER_NOT_EMPTY', `there is a store at ${location} already`, {cause});
      }
      throw storeFailed('opened', cause);
    }
    return new LevelStore(db);
  }

  async write(changes: Changes): Promise<void> {
    let batch: Batch | undefined;
    try {
      batch = this.#db.batch();
      if (Symbol.asyncIterator in changes) {
        for await (const change of changes) put(batch, change);
      } else {
        let rows = 0;
        for (const change of changes) {
          put(batch, change);
          if (++rows % rowsPerTurn === 0) await new Promise((resolve) => setImmediate(resolve));
        }
      }
      await batch.write({sync: true});
    } catch (error) {
      await batch?.close().catch(() => undefined);
      // Whoever names the changes reads, and reading fails in its own words.
      throw error instanceof OperationalError ? error : storeFailed('written', error);
    }
  }

  snapshot(): Snapshot {
    const snapshot = this.#db.snapshot();
    return Object.assign(new LevelReader(this.#db, snapshot), {close: () => snapshot.close()});
  }

  async close(): Promise<void> {
    await this.#db.close();
  }
}
