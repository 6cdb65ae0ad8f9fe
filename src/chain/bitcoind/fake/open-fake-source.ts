import type {Timers} from '../../timers.js';
import {BitcoindChain} from '../bitcoind-chain.js';
import {FakeNode, type FakeNodeOptions} from './fake-node.js';
import type {Fault} from './faults.js';
import type {Topic} from './feed.js';
import {FakeNotifications, FakeRpc} from './in-process.js';

export interface FakeSourceOptions extends FakeNodeOptions {
  /** What the node publishes; the adapter listens to the first only. @default hashblock */
  readonly topics?: readonly Topic[];
  /** Drive the adapter and the node. */
  readonly timers: Timers;
  /** Set from the beginning. */
  readonly faults?: readonly Fault[];
  /** How often the node is asked although nothing was announced. @default 30000 */
  readonly pollMs?: number;
  /** How long the announcement of a tip may take. @default 5000 */
  readonly graceMs?: number;
  /** How long an answer may take. @default 30000 */
  readonly timeoutMs?: number;
  /** Hears the warnings of the adapter. */
  readonly warn?: (warning: string) => void;
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
  const {timers, pollMs, graceMs, warn, timeoutMs} = options;
  const source = new ClosingChain(
    {
      rpc: new FakeRpc(node, timeoutMs === undefined ? {} : {timeoutMs}),
      notifications: new FakeNotifications(node),
      timers,
      ...(pollMs !== undefined && {pollMs}),
      ...(graceMs !== undefined && {graceMs}),
      ...(warn !== undefined && {warn}),
    },
    node,
  );
  return {source, node};
}

class ClosingChain extends BitcoindChain {
  readonly #node: FakeNode;

  constructor(options: ConstructorParameters<typeof BitcoindChain>[0], node: FakeNode) {
    super(options);
    this.#node = node;
  }

  override async close(): Promise<void> {
    await super.close();
    this.#node.close();
  }
}
