import type {ChainSource, SimulatedChain, Timers} from '../../chain/index.js';
import {OperationalError, unreachable} from '../../errors/index.js';
import type {NodeFaultKind} from './fault.js';
import {type FaultyNode, type OpenNode, pollMs} from './faulty-node.js';

/** After which a call that nobody answers is given up. */
const timeoutMs = 30_000;

/** The simulated chain as a node without an adapter shows it. */
export const openSimulatedNode: OpenNode = (chain, timers) => new SimulatedNode(chain, timers);

type CallFault = Extract<NodeFaultKind, `rpc_${string}`>;
type NoticeFault = Extract<NodeFaultKind, `${string}_notifications`>;

const callFaults = ['rpc_timeouts', 'rpc_errors', 'rpc_busy', 'rpc_truncated'] as const satisfies readonly CallFault[];

class SimulatedNode implements FaultyNode {
  readonly source: ChainSource;
  readonly #chain: SimulatedChain;
  readonly #timers: Timers;
  readonly #listeners = new Set<() => void>();
  readonly #left = new Map<CallFault | NoticeFault, number>();
  /** Blocks that it has lost, by hash. */
  readonly #lost = new Set<string>();
  #isSilent = false;
  #isDownloading = false;
  #delayMs = 0;
  /** Notifications on their way. */
  #late = 0;
  #held = 0;
  #cancelPoll: (() => void) | undefined;

  constructor(chain: SimulatedChain, timers: Timers) {
    this.#chain = chain;
    this.#timers = timers;
    chain.onWake(() => this.#hear());
    this.source = {
      identity: () => this.#answer(() => chain.identity()),
      sourceTip: () =>
        this.#answer(async () => {
          const {hash, height, chainwork} = this.#tip();
          return {hash, height, chainwork, initialDownload: this.#isDownloading};
        }),
      header: (hash) => this.#answer(async () => (this.#lost.has(hash) ? undefined : chain.header(hash))),
      block: (hash) => this.#answer(async () => (this.#lost.has(hash) ? undefined : chain.block(hash))),
      standing: (hashes) => this.#answer(() => this.#standing(hashes)),
      headers: (from, to) => this.#answer(() => chain.headers(from, Math.min(to, this.#tip().height))),
      onWake: (wake) => this.#listen(wake),
      close: async () => this.#stopPolling(),
    };
  }

  get isFaulty(): boolean {
    const strikes = [...this.#left.values()].some((left) => left > 0);
    return strikes || this.#isSilent || this.#isDownloading || this.#lost.size > 0 || this.#late + this.#held > 0;
  }

  strike(kind: NodeFaultKind, amount: number): void {
    switch (kind) {
      case 'silence':
        this.#isSilent = true;
        return;
      case 'delay_notifications':
        this.#delayMs = amount;
        return;
      case 'node_loses':
        for (let {height} = this.#tip(); height > 0 && amount > 0; height--, amount--) {
          this.#lost.add(this.#chain.at(height)!.hash);
        }
        return;
      case 'node_resyncs':
        this.#isDownloading = true;
        return;
      // Without an adapter there is no cookie, and nobody reads blocks.
      case 'cookie_changes':
      case 'node_prunes':
        return;
      case 'lose_notifications':
      case 'double_notifications':
      case 'reorder_notifications':
      case 'rpc_errors':
      case 'rpc_timeouts':
      case 'rpc_busy':
      case 'rpc_truncated':
        this.#left.set(kind, (this.#left.get(kind) ?? 0) + amount);
        return;
      default:
        return unreachable(kind);
    }
  }

  heal(): void {
    this.#left.clear();
    this.#lost.clear();
    this.#isSilent = this.#isDownloading = false;
    this.#delayMs = 0;
    this.#held = 0;
  }

  /** The highest block of the best chain below which it has lost nothing. */
  #tip() {
    let tip = this.#chain.tip;
    for (let header = tip; this.#lost.size > 0 && header.height > 0; header = this.#chain.at(header.height - 1)!) {
      if (this.#lost.has(header.hash)) tip = this.#chain.at(header.height - 1)!;
    }
    return tip;
  }

  /** It gets again what stands below a new block. */
  #hear(): void {
    if (!this.#lost.has(this.#chain.tip.hash)) {
      for (const hash of this.#lost) {
        if (this.#chain.at(this.#chain.heightOf(hash) ?? -1)?.hash === hash) this.#lost.delete(hash);
      }
    }
    if (this.#isSilent || this.#strikes('lose_notifications')) return;
    if (this.#strikes('reorder_notifications')) {
      this.#held++;
      return;
    }
    const times = (this.#strikes('double_notifications') ? 2 : 1) + this.#held;
    this.#held = 0;
    for (let i = 0; i < times; i++) this.#notify();
  }

  #notify(): void {
    const ms = this.#delayMs;
    this.#delayMs = 0;
    if (ms === 0) return this.#wake();
    this.#late++;
    this.#timers.after(ms, () => {
      this.#late--;
      this.#wake();
    });
  }

  #wake(): void {
    for (const listener of this.#listeners) listener();
  }

  #listen(wake: () => void): () => void {
    const listener = () => wake();
    this.#listeners.add(listener);
    if (!this.#cancelPoll) this.#poll();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#stopPolling();
    };
  }

  #poll(): void {
    this.#cancelPoll = this.#timers.after(pollMs, () => {
      this.#poll();
      this.#wake();
    });
  }

  #stopPolling(): void {
    this.#cancelPoll?.();
    this.#cancelPoll = undefined;
  }

  async #standing(hashes: readonly string[]) {
    const tip = this.#tip();
    const standings = await this.#chain.standing(hashes);
    return standings.map((standing, i) => {
      if (this.#lost.has(hashes[i]!)) return 'unknown';
      const height = this.#chain.heightOf(hashes[i]!) ?? 0;
      return standing === 'active' && height > tip.height ? 'stale' : standing;
    });
  }

  async #answer<Answer>(answer: () => Promise<Answer>): Promise<Answer> {
    const fault = callFaults.find((kind) => this.#strikes(kind));
    if (fault === 'rpc_timeouts') await new Promise<void>((resolve) => this.#timers.after(timeoutMs, resolve));
    if (fault)
      throw new OperationalError('TOWER_BITCOIND_UNREACHABLE', `the scenario says ${fault}`, {retryable: true});
    return answer();
  }

  #strikes(kind: CallFault | NoticeFault): boolean {
    const left = this.#left.get(kind) ?? 0;
    if (left === 0) return false;
    this.#left.set(kind, left - 1);
    return true;
  }
}
