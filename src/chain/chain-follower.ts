import type {ChainHeader} from './header.js';
import type {Network} from './network.js';

/** Whoever follows the chain, as the block processor sees him. Every promise resolves once it is on disk. */
export interface ChainFollower {
  /** The last processed block; undefined before the first. */
  readonly tip: ChainHeader | undefined;
  readonly chain: {readonly network: Network; readonly genesis: string} | undefined;
  /** The lowest height that may stay when the blocks above it are disconnected. */
  readonly floor: number;
  /** The last headers on our chain, upward, the tip last. */
  storedHeaders(): Promise<ChainHeader[]>;
  /** Begins at the last of these headers. */
  begin(chain: {readonly network: Network; readonly genesis: string}, headers: readonly ChainHeader[]): Promise<void>;
  /** Consecutive blocks, the first of which extends the tip. */
  connect(headers: readonly ChainHeader[]): Promise<void>;
  /** Consecutive blocks from the tip down. */
  disconnect(headers: readonly ChainHeader[]): Promise<void>;
}
