import {type Header, parseHeader} from '../../header.js';
import type {SimulatedChain} from '../../simulated-chain.js';

export interface WorldBlock {
  readonly header: Header;
  readonly raw: Uint8Array;
}

/** The blocks of a chain, each header read once. */
export class World {
  readonly #chain: SimulatedChain;
  readonly #read = new WeakMap<Uint8Array, WorldBlock>();
  readonly #byHash = new Map<string, WorldBlock>();
  #unread: IterableIterator<Uint8Array>;

  constructor(chain: SimulatedChain) {
    this.#chain = chain;
    this.#unread = chain.arrivals();
  }

  /** A block that the chain has, at a cost of what came since somebody last asked. */
  block(hash: string): WorldBlock {
    for (;;) {
      const held = this.#byHash.get(hash);
      if (held !== undefined) return held;
      const {done, value} = this.#unread.next();
      // One that has been at the end shows nothing that came later.
      if (done === true) this.#unread = this.#chain.arrivals();
      else this.#blockOf(value);
    }
  }

  /** Every block that the chain has now, root first, and what it calls invalid. */
  contents(): {readonly blocks: readonly WorldBlock[]; readonly invalid: ReadonlySet<string>} {
    const {blocks, invalid} = this.#chain.contents();
    return {blocks: blocks.map((raw) => this.#blockOf(raw)), invalid: new Set(invalid)};
  }

  #blockOf(raw: Uint8Array): WorldBlock {
    const held = this.#read.get(raw);
    if (held !== undefined) return held;
    const block = {header: parseHeader(raw), raw};
    this.#read.set(raw, block);
    this.#byHash.set(block.header.hash, block);
    return block;
  }
}
