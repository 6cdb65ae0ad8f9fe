import type {ChainSource, SimulatedChain, Timers} from '../../chain/index.js';
import type {NodeFaultKind} from './fault.js';

/** A node between the simulated chain and the tower, which can be made to fail. */
export interface FaultyNode {
  /** What the tower reads. */
  readonly source: ChainSource;
  /** Whether it may keep the chain's tip from the tower, or tell of it late. */
  readonly isFaulty: boolean;
  /** @param amount how often, how many or how long: see `faultKinds` */
  strike(kind: NodeFaultKind, amount: number): void;
  /** Ends every fault; what it has lost, it gets back. */
  heal(): void;
}

export type OpenNode = (chain: SimulatedChain, timers: Timers) => FaultyNode;

/** How often a node is asked although nothing was announced. */
export const pollMs = 30_000;
