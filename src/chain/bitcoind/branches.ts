/** A branch that a node knows beside its active chain. */
export interface Branch {
  /** Hashes from the block above the fork point to its end. */
  readonly hashes: readonly string[];
  /** Height of the fork point. */
  readonly forkHeight: number;
  /** Whether the node has once had it as its active chain; else it has only ever lain beside. */
  readonly wasActive: boolean;
}

/**
 * An order of arrival in which a reader that follows most work, first seen, ends as the node did and saw the same
 * reorgs: a branch that was once active comes before what replaced it, and one that never was comes after the blocks
 * of the active chain at its heights. A node does not keep the order itself.
 *
 * @param active hashes of the active chain from `startHeight` up
 * @returns hashes, each once, each after its parent
 */
export function arrivalOrder(active: readonly string[], startHeight: number, branches: readonly Branch[]): string[] {
  const order = new Set<string>();
  // The shorter of two branches from one block was active first.
  const sorted = [...branches].sort((a, b) => a.hashes.length - b.hashes.length);
  active.forEach((hash, index) => {
    const height = startHeight + index;
    order.add(hash);
    for (const {hashes, forkHeight, wasActive} of sorted) {
      if (wasActive && forkHeight === height) for (const stale of hashes) order.add(stale);
      const beside = wasActive ? undefined : hashes[height - forkHeight - 1];
      if (beside !== undefined) order.add(beside);
    }
  });
  return [...order];
}
