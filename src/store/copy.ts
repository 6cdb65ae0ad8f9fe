import {createHash, type Hash} from 'node:crypto';
import {framed} from './digest.js';
import type {KeyValueReader, KeyValueStore, Row} from './key-value-store.js';
import {stateTables, type Table, tableRange} from './layout.js';
import {pageRows, pagesOf} from './pages.js';
import {tableOf} from './tables.js';

/** Rows of a blob or of an undo record are large: so many at once stay within some ten MiB. */
const largeRowsAtOnce = 32;
/** Tables of such rows, in order of key. */
const largeTables: readonly Table[] = ['blob', 'undo'];
/** Bytes and rows after which what is copied goes to the disk. */
const batchBytes = 4 * 1024 * 1024;
const batchRows = 10_000;

/** What a store holds: two with the same contents are the same, row by row. */
export interface Contents {
  readonly rows: number;
  /** Of keys and values. */
  readonly bytes: number;
  /** SHA-256 over all rows, framed as in the digest. */
  readonly hash: string;
  /** The digest: SHA-256 over the rows of state. */
  readonly digest: string;
}

/** Told after each page; whoever throws ends the reading. */
type Tell = (progress: {readonly rows: number; readonly bytes: number}) => void;

/** What stands in a store, read row by row. */
export async function contentsOf(rows: KeyValueReader, tell: Tell = () => undefined): Promise<Contents> {
  const count = new Count();
  for await (const page of everyPage(rows)) tell(count.add(page));
  return count.contents;
}

/**
 * Copies every row into an empty store, on disk once it is done. Who fails leaves some of them there.
 * @returns what was copied
 */
export async function copyRows(
  from: KeyValueReader,
  to: Pick<KeyValueStore, 'write'>,
  tell: Tell = () => undefined,
): Promise<Contents> {
  const count = new Count();
  let batch: Row[] = [];
  let written = 0;
  for await (const page of everyPage(from)) {
    const progress = count.add(page);
    batch.push(...page);
    if (batch.length >= batchRows || progress.bytes - written >= batchBytes) {
      await to.write(batch);
      batch = [];
      written = progress.bytes;
    }
    tell(progress);
  }
  await to.write(batch);
  return count.contents;
}

/** All rows in order of key, whatever their table is. */
async function* everyPage(rows: KeyValueReader): AsyncGenerator<Row[]> {
  let from = '\0';
  for (const table of largeTables) {
    const range = tableRange(table);
    yield* pagesOf(rows, {from, to: range.from}, pageRows);
    yield* pagesOf(rows, range, largeRowsAtOnce);
    from = range.to;
  }
  yield* pagesOf(rows, {from, to: '\xff'.repeat(64)}, pageRows);
}

const isState: ReadonlySet<string> = new Set(stateTables.map((table) => `${table}!`));

/** Counts rows that come in order of key. */
class Count {
  #rows = 0;
  #bytes = 0;
  readonly #all: Hash = createHash('sha256');
  readonly #state: Hash = createHash('sha256');

  add(page: readonly Row[]): {rows: number; bytes: number} {
    const all: Uint8Array[] = [];
    const state: Uint8Array[] = [];
    for (const [key, value] of page) {
      const row = [framed(Buffer.from(key, 'latin1')), framed(value)];
      all.push(...row);
      if (isState.has(tableOf(key))) state.push(...row);
      this.#bytes += key.length + value.length;
    }
    this.#rows += page.length;
    this.#all.update(Buffer.concat(all));
    this.#state.update(Buffer.concat(state));
    return {rows: this.#rows, bytes: this.#bytes};
  }

  get contents(): Contents {
    const [hash, digest] = [this.#all, this.#state].map((of) => of.copy().digest('hex'));
    return {rows: this.#rows, bytes: this.#bytes, hash: hash!, digest: digest!};
  }
}
