/** A bitcoind that can be started: `command ...args OPTIONS`. */
export interface BitcoindProgram {
  readonly command: string;
  readonly args: readonly string[];
  /** Where it comes from, for people: a path, `PATH`, or the folder of the cache. */
  readonly origin: string;
}
