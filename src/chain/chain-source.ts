import type {Block} from './block.js';
import type {ChainHeader, Header} from './header.js';
import type {Network} from './network.js';

/** What a source says of a block hash: on its best chain, known but off it, or never heard of. */
export type Standing = 'active' | 'stale' | 'unknown';

export interface SourceTip {
  readonly hash: string;
  readonly height: number;
  readonly chainwork: bigint;
  /** The source is in initial block download: it is catching up with the world. */
  readonly initialDownload: boolean;
}

/**
 * Where blocks come from. Data is always pulled; waking carries none (a wake-up may be lost, late or doubled).
 * Failures are OperationalErrors whose `retryable` says whether to ask again.
 */
export interface ChainSource {
  /** Who this source is. Throws TOWER_BITCOIND_* while it is not to be reached. */
  identity(): Promise<{network: Network; genesis: string}>;
  /** The source's own best block, now. */
  sourceTip(): Promise<SourceTip>;
  /** A header that the source knows, stale ones included. */
  header(hash: string): Promise<ChainHeader | undefined>;
  /** A whole block; undefined when it is unknown or pruned. */
  block(hash: string): Promise<Block | undefined>;
  /** One answer for each hash, in order; at most 101 hashes. */
  standing(hashes: readonly string[]): Promise<Standing[]>;
  /**
   * Headers of the source's best chain at heights from..to, both included, in order. It is cut short at the
   * tip, and where the source begins. The best chain may change under the call, so the reader checks that each links to the one before.
   */
  headers(from: number, to: number): Promise<Header[]>;
  /** Calls `wake` whenever there may be a new best block. Answers the function that ends it. */
  onWake(wake: () => void): () => void;
  close(): Promise<void>;
}
