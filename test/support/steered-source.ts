import {SimulatedChain} from '../../src/chain/simulated-chain.js';
import type {Block} from '../../src/chain/block.js';
import type {ChainSource, SourceTip, Standing} from '../../src/chain/chain-source.js';
import type {ChainHeader, Header} from '../../src/chain/header.js';
import type {Network} from '../../src/chain/network.js';

export type Call = 'identity' | 'sourceTip' | 'header' | 'block' | 'standing' | 'headers';

/**
 * A node that does what a test says: its best chain ends wherever it is pointed at (as after `invalidateblock`), it
 * forgets blocks, fails, stays silent, or claims to be somebody else.
 */
export class SteeredSource implements ChainSource {
  initialDownload = false;
  /** While true, nobody is woken. */
  silent = false;
  /** Overrides who it says it is. */
  claims: Partial<{network: Network; genesis: string}> = {};
  /** Runs before each call is answered: throws, waits, or steers. */
  before: (call: Call) => void | Promise<void> = () => undefined;
  readonly calls: Call[] = [];
  closed = false;
  readonly #chain: SimulatedChain;
  readonly #known = new Map<string, ChainHeader>();
  readonly #forgotten = new Set<string>();
  readonly #listeners = new Set<() => void>();
  #active: ChainHeader[];

  constructor(seed: number | string = 1) {
    this.#chain = new SimulatedChain({seed});
    const genesis = this.#chain.tip;
    this.#known.set(genesis.hash, genesis);
    this.#active = [genesis];
  }

  get tip(): ChainHeader {
    return this.#active[this.#active.length - 1]!;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  at(height: number): ChainHeader {
    return this.#active[height]!;
  }

  /** Mines on the tip. */
  mine(blocks: number): ChainHeader[] {
    const mined = this.mineOn(this.tip, blocks);
    if (mined.length > 0) this.pointAt(mined[mined.length - 1]!);
    return mined;
  }

  /** Mines a branch without making it the best. */
  mineOn(parent: ChainHeader, blocks: number): ChainHeader[] {
    const mined = this.#chain.mineOn(parent.hash, blocks);
    for (const header of mined) this.#known.set(header.hash, header);
    return mined;
  }

  /** Leaves `depth` blocks, and mines others on what is left. */
  reorg({depth, blocks}: {depth: number; blocks: number}): ChainHeader[] {
    const mined = this.mineOn(this.at(this.tip.height - depth), blocks);
    this.pointAt(mined[mined.length - 1] ?? this.at(this.tip.height - depth));
    return mined;
  }

  /** The highest block that a known one shares with the best chain, and the blocks from there to it, upward. */
  pathTo(tip: ChainHeader): {readonly fork: ChainHeader; readonly above: readonly ChainHeader[]} {
    const above: ChainHeader[] = [];
    let header = tip;
    while (this.#active[header.height]?.hash !== header.hash) {
      above.unshift(header);
      header = this.#known.get(header.previous)!;
    }
    return {fork: header, above};
  }

  /** Makes a known block the best one. */
  pointAt(tip: ChainHeader): void {
    const {fork, above} = this.pathTo(tip);
    this.#active = [...this.#active.slice(0, fork.height + 1), ...above];
    if (!this.silent) this.wake();
  }

  /** Goes back without saying that the blocks above are stale: it has never heard of them. */
  lose(blocks: number): void {
    for (const {hash} of this.#active.slice(-blocks)) this.#forgotten.add(hash);
    this.pointAt(this.at(this.tip.height - blocks));
  }

  /** Knows every block again. */
  find(): void {
    this.#forgotten.clear();
  }

  wake(): void {
    for (const listener of this.#listeners) listener();
  }

  async identity(): Promise<{network: Network; genesis: string}> {
    await this.#called('identity');
    return {...(await this.#chain.identity()), ...this.claims};
  }

  async sourceTip(): Promise<SourceTip> {
    await this.#called('sourceTip');
    const {hash, height, chainwork} = this.tip;
    return {hash, height, chainwork, initialDownload: this.initialDownload};
  }

  async header(hash: string): Promise<ChainHeader | undefined> {
    await this.#called('header');
    return this.#forgotten.has(hash) ? undefined : this.#known.get(hash);
  }

  async block(hash: string): Promise<Block | undefined> {
    await this.#called('block');
    return this.#chain.block(hash);
  }

  async standing(hashes: readonly string[]): Promise<Standing[]> {
    await this.#called('standing');
    return hashes.map((hash) => {
      const header = this.#known.get(hash);
      if (!header || this.#forgotten.has(hash)) return 'unknown';
      return this.#active[header.height]?.hash === hash ? 'active' : 'stale';
    });
  }

  async headers(from: number, to: number): Promise<Header[]> {
    await this.#called('headers');
    return this.#active.slice(from, to + 1);
  }

  onWake(wake: () => void): () => void {
    this.#listeners.add(wake);
    return () => this.#listeners.delete(wake);
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  async #called(call: Call): Promise<void> {
    this.calls.push(call);
    await this.before(call);
  }
}
