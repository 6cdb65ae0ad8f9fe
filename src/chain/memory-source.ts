import {type Block, parseBlock} from './block.js';
import {BlockTree} from './block-tree.js';
import type {ChainSource, SourceTip, Standing} from './chain-source.js';
import type {ChainHeader, Header} from './header.js';
import {genesisOf, type Network} from './network.js';

/** A source that holds all of its blocks in memory, and answers at once. */
export abstract class MemorySource implements ChainSource {
  readonly #network: Network;
  readonly #listeners = new Set<() => void>();
  protected readonly tree: BlockTree;
  /** In order of arrival. Only the bytes: whoever wants the block parses it. */
  protected readonly rawBlocks = new Map<string, Uint8Array>();

  constructor(network: Network, root: {readonly raw: Uint8Array; readonly header: ChainHeader}) {
    this.#network = network;
    this.tree = new BlockTree(root.header);
    this.rawBlocks.set(root.header.hash, root.raw);
  }

  /** The best block that has arrived. */
  get tip(): ChainHeader {
    return this.tree.tip;
  }

  /** The header of the best chain at a height. */
  at(height: number): ChainHeader | undefined {
    return this.tree.at(height);
  }

  /** Height of a block that has arrived, on the best chain or not. */
  heightOf(hash: string): number | undefined {
    return this.tree.get(hash)?.height;
  }

  /** Every block that has arrived, root first, in order of arrival: what a fixture chain holds. */
  arrivals(): IterableIterator<Uint8Array> {
    return this.rawBlocks.values();
  }

  async identity(): Promise<{network: Network; genesis: string}> {
    return {network: this.#network, genesis: genesisOf[this.#network]};
  }

  async sourceTip(): Promise<SourceTip> {
    const {hash, height, chainwork} = this.tree.tip;
    return {hash, height, chainwork, initialDownload: false};
  }

  async header(hash: string): Promise<ChainHeader | undefined> {
    return this.tree.get(hash);
  }

  async block(hash: string): Promise<Block | undefined> {
    const raw = this.rawBlocks.get(hash);
    return raw === undefined ? undefined : parseBlock(raw);
  }

  async standing(hashes: readonly string[]): Promise<Standing[]> {
    return hashes.map((hash) => this.tree.standing(hash));
  }

  async headers(from: number, to: number): Promise<Header[]> {
    return this.tree.range(from, to);
  }

  /** Wakes when the tip has changed or blocks were forgotten, before the call that did so returns. */
  onWake(wake: () => void): () => void {
    // Wrapped, so that one function given twice is called twice and ended one at a time.
    const listener = () => wake();
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  async close(): Promise<void> {
    this.#listeners.clear();
  }

  protected arrived(raw: Uint8Array, header: Header): ChainHeader {
    const added = this.tree.add(header);
    this.rawBlocks.set(added.hash, raw);
    return added;
  }

  /** Forgets all but the first blocks, the root being the first. */
  protected forgetAfter(size: number, invalid: Iterable<string>): void {
    this.tree.goBack(size, invalid);
    for (const hash of [...this.rawBlocks.keys()].slice(size)) this.rawBlocks.delete(hash);
  }

  /** Runs what may bring blocks, and wakes once if the tip is another afterwards; `always`: also if it is not. */
  protected waking<T>(bring: () => T, {always = false}: {readonly always?: boolean} = {}): T {
    const before = this.tree.tip;
    try {
      return bring();
    } finally {
      if (always || this.tree.tip !== before) for (const listener of this.#listeners) listener();
    }
  }
}
