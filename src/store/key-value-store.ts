/**
 * An ordered map from keys to bytes, the only thing that the store needs of a database. Keys are binary strings (each
 * character is one byte, 0-255), so their order as strings is their order as bytes.
 */
export interface KeyValueStore {
  get(key: string): Promise<Uint8Array | undefined>;
  /** One answer for each key, in order. */
  getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]>;
  /** Rows with `from <= key < to`, in order, at most `limit`. */
  range(range: Range): Promise<Row[]>;
  batch(): WriteBatch;
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

/** Changes that reach the disk together or not at all. */
export interface WriteBatch {
  put(key: string, value: Uint8Array): void;
  del(key: string): void;
  /** Resolves once everything is on disk (fsync included). A batch is written once. */
  write(): Promise<void>;
  /** Gives the batch up, unwritten. */
  discard(): Promise<void>;
}
