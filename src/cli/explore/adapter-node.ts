import type {FakeNode} from '../../chain/bitcoind/fake/index.js';
import {openFakeSource} from '../../chain/bitcoind/fake/index.js';
import type {ChainSource, SimulatedChain, Timers} from '../../chain/index.js';
import {unreachable} from '../../errors/index.js';
import type {NodeFaultKind} from '../../sim/faults/fault.js';
import {type FaultyNode, type OpenNode, pollMs} from '../../sim/faults/faulty-node.js';

/** What bitcoind answers while it starts. */
const warmingUp = -28;

/** The production adapter over a made-up bitcoind, both in this process: as a node of the simulator. */
export const openAdapterNode: OpenNode = (chain, timers) => new AdapterNode(chain, timers);

class AdapterNode implements FaultyNode {
  readonly source: ChainSource;
  readonly #node: FakeNode;

  constructor(chain: SimulatedChain, timers: Timers) {
    const {source, node} = openFakeSource({chain, timers, pollMs, topics: ['hashblock']});
    this.source = source;
    this.#node = node;
  }

  get isFaulty(): boolean {
    const {faults, following, initialDownload} = this.#node;
    return faults.active.length > 0 || following !== 'blocks' || initialDownload;
  }

  strike(kind: NodeFaultKind, amount: number): void {
    const {faults} = this.#node;
    switch (kind) {
      case 'lose_notifications':
        return faults.set({kind: 'lose', next: amount});
      case 'delay_notifications':
        return faults.set({kind: 'delay', ms: amount, next: 1});
      case 'double_notifications':
        return faults.set({kind: 'double', next: amount});
      case 'reorder_notifications':
        return faults.set({kind: 'reorder', next: Math.max(2, amount)});
      case 'silence':
        return faults.set({kind: 'silence'});
      case 'rpc_errors':
        return faults.set({kind: 'error', code: warmingUp, message: 'Loading block index…', next: amount});
      case 'rpc_timeouts':
        return faults.set({kind: 'timeout', next: amount});
      case 'rpc_busy':
        return faults.set({kind: 'busy', next: amount});
      case 'rpc_truncated':
        return faults.set({kind: 'truncated', next: amount});
      case 'cookie_changes':
        return this.#node.changeCookie();
      case 'node_loses':
        return this.#node.restart({lose: Math.min(amount, this.#node.tip.height)});
      case 'node_resyncs':
        this.#node.initialDownload = true;
        return;
      case 'node_prunes':
        return this.#node.prune(this.#node.tip.height - amount);
      default:
        return unreachable(kind);
    }
  }

  heal(): void {
    this.#node.faults.heal();
    this.#node.initialDownload = false;
    this.#node.follow('blocks');
  }
}
