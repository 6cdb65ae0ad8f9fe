import {assert} from '../../../errors/index.js';
import {ByteReader} from '../../byte-reader.js';
import {type ChainHeader, extend, type Header, headerBytes} from '../../header.js';
import {workOf} from '../../work.js';

/** What a node knows of one block. */
export interface IndexEntry {
  readonly header: ChainHeader;
  /** Absent while only the header is known, and again once the block is pruned. */
  raw: Uint8Array | undefined;
  /** How many; 0 until the whole block has been here. */
  transactions: number;
  /** Place in the order in which whole blocks came; of two chains with the same work, the earlier is kept. */
  order: number;
  /** Said of this very block; its descendants are invalid with it. */
  invalid: boolean;
  /** Whether it has been on the active chain. */
  wasActive: boolean;
}

/** How the active chain has changed. */
export interface Switch {
  /** From the old tip down. */
  readonly disconnected: readonly IndexEntry[];
  /** Up to the new tip. */
  readonly connected: readonly IndexEntry[];
  /** The work from which better was looked for: that of the old tip, or of the last block below an invalid one. */
  readonly from: bigint;
}

/** An invalid chain that is better by so many blocks worries bitcoind. */
const contestedBlocks = 6n;

const nothing: Switch = {disconnected: [], connected: [], from: 0n};

/**
 * What a node knows of blocks, and which chain of them is active: the valid and complete one with most work; of
 * several, the one that was called precious last, then the one whose tip came first. Source: Bitcoin Core's validation.cpp.
 */
export class BlockIndex {
  readonly #entries = new Map<string, IndexEntry>();
  readonly #active: IndexEntry[];
  #bestHeader: IndexEntry;
  #arrivals = 0;
  #precedence = 0;
  /** Of the invalid block with most. */
  #invalidWork = 0n;
  /** Whether a block came before one below it. */
  #gaps = false;
  #blocks = 0;
  #bytes = 0;

  constructor(root: {readonly header: ChainHeader; readonly raw: Uint8Array}) {
    const entry = {...root, transactions: countTransactions(root.raw), order: 0, invalid: false, wasActive: true};
    this.#entries.set(root.header.hash, entry);
    this.#active = [entry];
    this.#bestHeader = entry;
    this.#count(entry, 1);
  }

  /** Whether there is an invalid chain so much better than the active one that somebody must be wrong. */
  get isContested(): boolean {
    const {bits, chainwork} = this.tip.header;
    return this.#invalidWork > chainwork + contestedBlocks * workOf(bits);
  }

  /** Blocks that are here, and not only their headers. */
  get blocks(): number {
    return this.#blocks;
  }

  /** Of those blocks. */
  get bytes(): number {
    return this.#bytes;
  }

  get tip(): IndexEntry {
    return this.#active[this.#active.length - 1]!;
  }

  /** The header with most work that is not invalid. */
  get bestHeader(): ChainHeader {
    return this.#bestHeader.header;
  }

  get(hash: string): IndexEntry | undefined {
    return this.#entries.get(hash);
  }

  entries(): IterableIterator<IndexEntry> {
    return this.#entries.values();
  }

  /** Of the active chain. */
  at(height: number): IndexEntry | undefined {
    return this.#active[height];
  }

  isActive(entry: IndexEntry): boolean {
    return this.#active[entry.header.height] === entry;
  }

  /** Whether the block or one below it was called invalid. */
  isInvalid(entry: IndexEntry): boolean {
    return this.#branch(entry).some(({invalid}) => invalid);
  }

  parentOf(entry: IndexEntry): IndexEntry | undefined {
    return this.#entries.get(entry.header.previous);
  }

  /** Takes a header whose parent is known. */
  addHeader(header: Header): IndexEntry {
    const held = this.#entries.get(header.hash);
    if (held !== undefined) return held;
    const parent = this.#entries.get(header.previous);
    assert(parent !== undefined, `the parent of ${header.hash} is not known`);
    const entry: IndexEntry = {
      header: extend(parent.header, header),
      raw: undefined,
      transactions: 0,
      order: Number.POSITIVE_INFINITY,
      invalid: false,
      wasActive: false,
    };
    this.#entries.set(header.hash, entry);
    this.#rank(entry);
    return entry;
  }

  /** Takes a whole block whose parent is known; `invalid` when that is known of it beforehand. */
  addBlock(header: Header, raw: Uint8Array, {invalid = false}: {readonly invalid?: boolean} = {}): Switch {
    const entry = this.addHeader(header);
    if (entry.transactions > 0) return nothing;
    entry.raw = raw;
    entry.transactions = countTransactions(raw);
    this.#count(entry, 1);
    entry.order = ++this.#arrivals;
    if (invalid) return this.judge([entry], []);
    const parent = this.parentOf(entry)!;
    if (parent.transactions === 0) this.#gaps = true;
    // Blocks above a gap may turn out to be the best once it is closed; else it is this one or none.
    if (this.#gaps) return this.#activateBest();
    return isBetter(entry, this.tip) && this.#isUsable(entry) ? this.#activate(entry) : nothing;
  }

  /** Says of blocks that they are invalid, of others that they are not, and goes to the best of what there is now. */
  judge(invalid: readonly IndexEntry[], valid: readonly IndexEntry[]): Switch {
    for (const entry of valid) entry.invalid = false;
    for (const entry of invalid) entry.invalid = true;
    const active = invalid.filter((entry) => this.isActive(entry)).map(({header}) => header.height);
    const down = active.length === 0 ? nothing : this.#activate(this.#active[Math.min(...active) - 1]!);
    this.#rankAll();
    const up = this.#activateBest();
    return {...up, disconnected: [...down.disconnected, ...up.disconnected]};
  }

  /** Takes back what was said of a block, of those below it and of those above. */
  reconsider(entry: IndexEntry): Switch {
    const above = [...this.#entries.values()].filter((other) => other.invalid && this.#branch(other).includes(entry));
    return this.judge([], [...this.#branch(entry), ...above]);
  }

  /** Prefers a block to others of the same work. */
  prefer(entry: IndexEntry): Switch {
    if (entry.header.chainwork < this.tip.header.chainwork) return nothing;
    entry.order = --this.#precedence;
    return this.#activateBest();
  }

  /**
   * Forgets the last blocks of the active chain, and of all other branches what is as high, as if they had never come.
   * What is left of the active chain stays so: bitcoind, too, comes back with the tip that it has written down.
   */
  lose(blocks: number): void {
    const kept = Math.max(0, this.tip.header.height - blocks);
    this.#active[kept]!.order = --this.#precedence;
    this.forget(new Set([...this.#entries.values()].filter(({header}) => header.height > kept)));
  }

  /** Forgets blocks, among which are all that stand on one of them. */
  forget(entries: ReadonlySet<IndexEntry>): void {
    const lowest = this.#active.findIndex((entry) => entries.has(entry));
    if (lowest >= 0) this.#active.splice(lowest);
    for (const entry of entries) {
      this.#entries.delete(entry.header.hash);
      this.#count(entry, -1);
    }
    this.#rankAll();
    this.#activateBest();
  }

  /** Throws away the blocks up to a height, headers excepted. */
  prune(height: number): void {
    for (const entry of this.#entries.values()) {
      if (entry.header.height > height) continue;
      this.#count(entry, -1);
      entry.raw = undefined;
    }
  }

  #count({raw}: IndexEntry, sign: 1 | -1): void {
    if (raw === undefined) return;
    this.#blocks += sign;
    this.#bytes += sign * raw.length;
  }

  #activateBest(): Switch {
    let best = this.tip;
    for (const entry of this.#entries.values()) if (isBetter(entry, best) && this.#isUsable(entry)) best = entry;
    return this.#activate(best);
  }

  #activate(tip: IndexEntry): Switch {
    const from = this.tip.header.chainwork;
    const connected = this.#branch(tip).reverse();
    const fork = tip.header.height - connected.length;
    const disconnected = this.#active.splice(fork + 1).reverse();
    for (const entry of connected) {
      entry.wasActive = true;
      this.#active.push(entry);
    }
    return {disconnected, connected, from};
  }

  /** What was pruned is fetched again where it is needed. */
  #isUsable(entry: IndexEntry): boolean {
    return this.#branch(entry).every(({transactions, invalid}) => transactions > 0 && !invalid);
  }

  /** A block and those below it that are not on the active chain, downward. */
  #branch(entry: IndexEntry): IndexEntry[] {
    const branch: IndexEntry[] = [];
    for (let at: IndexEntry | undefined = entry; at !== undefined && !this.isActive(at); at = this.parentOf(at)) {
      branch.push(at);
    }
    return branch;
  }

  #rankAll(): void {
    this.#bestHeader = this.tip;
    this.#invalidWork = 0n;
    for (const entry of this.#entries.values()) this.#rank(entry);
  }

  #rank(entry: IndexEntry): void {
    const {chainwork} = entry.header;
    if (chainwork <= this.#bestHeader.header.chainwork && chainwork <= this.#invalidWork) return;
    if (!this.isInvalid(entry)) {
      if (chainwork > this.#bestHeader.header.chainwork) this.#bestHeader = entry;
    } else if (chainwork > this.#invalidWork) this.#invalidWork = chainwork;
  }
}

const countTransactions = (raw: Uint8Array): number => new ByteReader(raw, headerBytes).compactSize();

function isBetter(entry: IndexEntry, than: IndexEntry): boolean {
  const more = entry.header.chainwork - than.header.chainwork;
  return more > 0n || (more === 0n && entry.order < than.order);
}
