import type {SimulatedChain} from '../../chain/index.js';
import {type FaultStep, isDiskFault, isNodeFault} from './fault.js';
import {type FaultyNode, type OpenNode, pollMs} from './faulty-node.js';
import {FaultyDisk} from './faulty-disk.js';
import {openSimulatedNode} from './simulated-node.js';
import {VirtualTime} from './virtual-time.js';

export interface TroubleParts {
  /** Opens what stands between the chain and the tower. @default the chain as it is, without an adapter */
  readonly openNode?: OpenNode | undefined;
}

/** How long a tower whose node is faulty is given between two steps. */
const lingerMs = 500;
/**
 * Times that a healthy node is polled until the tower must have reached its tip: the longest pause between two attempts
 * is as long as one.
 */
export const healingPolls = 10;

/** Everything that can go wrong in a world, and the time in which it does. */
export class Troubles {
  readonly time = new VirtualTime();
  readonly disk = new FaultyDisk(this.time);
  readonly node: FaultyNode;

  constructor(chain: SimulatedChain, {openNode = openSimulatedNode}: TroubleParts) {
    this.node = openNode(chain, this.time);
  }

  /** Whether the tower may be elsewhere than the chain, so that nobody waits for it. */
  get strays(): boolean {
    return this.node.isFaulty;
  }

  strike({fault, amount}: FaultStep): void {
    if (fault === 'heal') this.heal();
    else if (isNodeFault(fault)) this.node.strike(fault, amount);
    else if (isDiskFault(fault)) this.disk.strike(fault, amount);
  }

  heal(): void {
    this.node.heal();
    this.disk.heal();
  }

  drive<Result>(work: Promise<Result>): Promise<Result> {
    return this.time.drive(work);
  }

  linger(): Promise<void> {
    return this.time.pass(lingerMs);
  }

  /** Until the node is polled again. */
  poll(): Promise<void> {
    return this.time.pass(pollMs);
  }
}
