/**
 * An ordered map from keys to bytes: all that the store needs of a database. Keys are binary strings (each character is
 * one byte, 0-255), so their order as strings is their order as bytes.
 */
export interface KeyValueReader {
  get(key: string): Promise<Uint8Array | undefined>;
  /** One answer for each key, in order. */
  getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]>;
  /** Rows with `from <= key < to`, in order, at most `limit`. */
  range(range: Range): Promise<Row[]>;
  /** The keys of such rows, without reading their values. */
  keys(range: Range): Promise<string[]>;
}

export interface KeyValueStore extends KeyValueReader {
  /**
   * Makes all changes together or none of them, and resolves once they are on disk (fsync included). A null value
   * deletes; a key occurs once. One write at a time. Changes that are read as they are written name `AsyncIterable`:
   * they may read this store, and see it as it was before; when they throw, none is made.
   */
  write(changes: Changes): Promise<void>;
  /** The rows as they stand now, whatever is written meanwhile. */
  snapshot(): Snapshot;
  close(): Promise<void>;
}

export interface Snapshot extends KeyValueReader {
  close(): Promise<void>;
}

export interface Range {
  readonly from: string;
  readonly to: string;
  readonly limit: number;
  /** From the highest key down. */
  readonly reverse?: boolean;
}

export type Row = readonly [key: string, value: Uint8Array];
export type Changes = Iterable<Change> | AsyncIterable<Change>;
export type Change = readonly [key: string, value: Uint8Array | null];
