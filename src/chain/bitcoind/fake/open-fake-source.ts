import type {Timers} from '../../timers.js';
import {BitcoindChain, type BitcoindChainOptions} from '../bitcoind-chain.js';
import {FakeNode, type FakeNodeOptions} from './fake-node.js';
import type {Fault} from './faults.js';
import type {Topic} from './feed.js';
import {FakeNotifications, FakeRpc} from './in-process.js';

export interface FakeConnection {
  /** Drive the adapter. */
  readonly timers: Timers;
  /** How often the node is asked although nothing was announced. @default 30000 */
  readonly pollMs?: number;
  /** How long the announcement of a tip may take. @default 5000 */
  readonly graceMs?: number;
  /** How long an answer may take. @default 30000 */
  readonly timeoutMs?: number;
  /** Hears the warnings of the adapter. */
  readonly warn?: (warning: string) => void;
}

export interface FakeSourceOptions extends FakeNodeOptions, FakeConnection {
  /** Drive the adapter and the node. */
  readonly timers: Timers;
  /** What the node publishes; the adapter listens to the first only. @default hashblock */
  readonly topics?: readonly Topic[];
  /** Set from the beginning. */
  readonly faults?: readonly Fault[];
}

export interface FakeSource {
  /** The production adapter. Closing it closes the node, too. */
  readonly source: BitcoindChain;
  /** The node that it talks to: what it does on command, and its faults. */
  readonly node: FakeNode;
}

/**
 * The production adapter over a fake node in this process, without sockets: the same chain, timers and commands give
 * the same run.
 *
 * @example
 * const {source, node} = openFakeSource({chain, timers});
 * node.faults.set({kind: 'lose', next: 3});
 */
export function openFakeSource(options: FakeSourceOptions): FakeSource {
  const node = new FakeNode({topics: ['hashblock'], ...options});
  for (const fault of options.faults ?? []) node.faults.set(fault);
  const source = new ClosingChain(partsOver(node, options), node);
  return {source, node};
}

/**
 * Another adapter over a node that is there already, which it leaves as it is when it is closed: what a tower has that
 * starts anew while its node goes on.
 */
export function connectFakeNode(node: FakeNode, options: FakeConnection): BitcoindChain {
  return new BitcoindChain(partsOver(node, options));
}

function partsOver(node: FakeNode, options: FakeConnection): BitcoindChainOptions {
  const {timers, pollMs, graceMs, warn, timeoutMs} = options;
  return {
    rpc: new FakeRpc(node, timeoutMs === undefined ? {} : {timeoutMs}),
    notifications: new FakeNotifications(node),
    timers,
    ...(pollMs !== undefined && {pollMs}),
    ...(graceMs !== undefined && {graceMs}),
    ...(warn !== undefined && {warn}),
  };
}

class ClosingChain extends BitcoindChain {
  readonly #node: FakeNode;

  constructor(options: BitcoindChainOptions, node: FakeNode) {
    super(options);
    this.#node = node;
  }

  override async close(): Promise<void> {
    await super.close();
    this.#node.close();
  }
}
