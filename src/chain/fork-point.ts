import type {ChainSource, SourceTip} from './chain-source.js';
import type {ChainHeader} from './header.js';
import type {ChainFollower} from './chain-follower.js';

/** Where our chain and the source's part. */
export interface ForkPoint {
  /** The highest stored block on both; undefined when they part below everything that is stored. */
  readonly block: ChainHeader | undefined;
  /** Our blocks above it, from the tip down. */
  readonly above: readonly ChainHeader[];
}

/**
 * Finds the fork point; `behind` when the source does not know our tip and has no more work than we have seen. Then it
 * has lost blocks or is still syncing, and there is nothing to act on.
 */
export async function findForkPoint(
  source: ChainSource,
  follower: Pick<ChainFollower, 'storedHeaders'>,
  tip: ChainHeader,
  sourceTip: SourceTip,
): Promise<ForkPoint | 'behind'> {
  const [standing] = await source.standing([tip.hash]);
  if (standing === 'active') return {block: tip, above: []};
  if (standing === 'unknown' && sourceTip.chainwork <= tip.chainwork) return 'behind';
  const stored = await follower.storedHeaders();
  const standings = await source.standing(stored.map(({hash}) => hash));
  const at = standings.lastIndexOf('active');
  return {block: stored[at], above: stored.slice(at + 1).reverse()};
}
