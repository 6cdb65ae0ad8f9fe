import type {SourceTip} from '../chain/chain-source.js';
import {findForkPoint} from '../chain/fork-point.js';
import type {ChainHeader} from '../chain/header.js';
import {checkIdentity, historyOf, type PullParts} from '../chain/pull.js';
import {OperationalError} from '../errors/index.js';
import {acceptChain} from './chain-events.js';
import type {StoreFollower} from './follower.js';
import type {Writer} from './writer.js';

/** How our chain stands to the node's. */
export interface Situation {
  /**
   * `synced`: same tip. `following`: the tower gets there by itself. `behind`: the node does not know our tip and has
   * less work. `too_deep`: the node is on a branch that leaves ours deeper than can be undone.
   */
  readonly kind: 'synced' | 'following' | 'behind' | 'too_deep';
  readonly tip: ChainHeader;
  readonly sourceTip: SourceTip;
  /** Our blocks that are not on the node's chain; undefined while the node is behind. */
  readonly depth: number | undefined;
  /** The deepest reorg that can be undone from our tip. */
  readonly undoableDepth: number;
}

interface RecoveryParts extends PullParts {
  readonly follower: StoreFollower;
}

/** @throws OperationalError TOWER_WRONG_NETWORK, TOWER_WRONG_GENESIS; whatever the source throws */
export async function inspect(parts: RecoveryParts): Promise<Situation> {
  const {source, follower} = parts;
  const {tip} = follower;
  if (!tip) throw new OperationalError('TOWER_STORE_MISSING', 'the store has not seen a block yet');
  await checkIdentity(parts);
  const sourceTip = await source.sourceTip();
  const undoableDepth = Math.max(0, tip.height - Math.max(follower.floor, 0));
  const situation = (kind: Situation['kind'], depth?: number): Situation => ({
    kind,
    tip,
    sourceTip,
    depth,
    undoableDepth,
  });
  if (sourceTip.hash === tip.hash) return situation('synced', 0);
  const fork = await findForkPoint(source, follower, tip, sourceTip);
  if (fork === 'behind') return situation('behind');
  const depth = fork.above.length;
  const tooDeep = !fork.block || (depth > 0 && fork.block.height < follower.floor);
  return situation(tooDeep ? 'too_deep' : 'following', depth);
}

/**
 * Takes the node's tip as ours, whatever lies between: nobody is deleted or restored by it, and what was deleted
 * stays so. Answers the new tip.
 */
export async function acceptSourceChain(parts: RecoveryParts, writer: Writer): Promise<ChainHeader> {
  const {source} = parts;
  const {depth} = await inspect(parts);
  const history = await historyOf(source, await source.sourceTip());
  const tip = history?.[history.length - 1];
  if (!history || !tip) {
    throw new OperationalError('TOWER_BITCOIND_RPC', 'the best chain changed while it was read', {retryable: true});
  }
  await writer.submit({
    actor: 'operator',
    run: (transaction, publish) => acceptChain(transaction, publish, history, depth ?? null),
  });
  return tip;
}
