import {hash} from 'node:crypto';
import {Rejection} from '../errors/index.js';
import {type Block, parseBlock} from './block.js';
import {subsidySats, tagBytes} from './coinbase.js';
import {regtestGenesisBlock} from './genesis.js';
import type {ChainHeader} from './header.js';
import {MemorySource} from './memory-source.js';
import {mineBlock} from './miner.js';
import {spend} from './spend.js';
import {parseTransaction, type Transaction, type TransactionOutput} from './transaction.js';
import {verifyBlock} from './verify-block.js';
import {workOf} from './work.js';

/** Blocks after which a coinbase output may be spent. Source: Bitcoin's consensus rules. */
const coinbaseMaturity = 100;
/** A block's time must exceed the median of so many before it. Source: Bitcoin's consensus rules. */
const medianBlocks = 11;

export interface SimulatedChainOptions {
  /** Decides every hash. `7`, `7n` and `'7'` are the same seed. @default 'bartizan' */
  readonly seed?: bigint | number | string;
  /** Raw blocks to start from, in order of arrival; the regtest genesis block may lead them. */
  readonly blocks?: Iterable<Uint8Array>;
  /** Given each new block in order of arrival, before the chain holds it; when it throws, the block is forgotten. */
  readonly onBlock?: (raw: Uint8Array) => void;
  /** Claimed time between blocks, in seconds, at least 1. Default 600. */
  readonly blockSeconds?: number;
}

export interface MiningOptions {
  /** Raw transactions for the first of the blocks. Whether they may be spent is the caller's care. */
  readonly transactions?: readonly Uint8Array[];
}

/** All that a chain is: its blocks in order of arrival, genesis first, and the hashes of those called invalid. */
export interface ChainContents {
  readonly blocks: readonly Uint8Array[];
  readonly invalid: readonly string[];
}

/** What a node has to be told so that it chooses as this chain does. */
export interface ChainChoice {
  readonly type: 'invalidate' | 'reconsider';
  readonly hash: string;
}

/**
 * A regtest chain that mines on command, deterministically: the same seed and the same calls give the same blocks,
 * also when the chain was stored and loaded in between. A regtest bitcoind accepts every block of it.
 * Throws Rejection TOWER_INVALID_PARAMETER for calls that make no sense.
 */
export class SimulatedChain extends MemorySource {
  readonly #tag: Buffer;
  readonly #onBlock: (raw: Uint8Array) => void;
  readonly #blockSeconds: number;
  #returns = 0;

  /** @throws OperationalError TOWER_INVALID_BLOCK when a block to start from is damaged or has no parent. */
  constructor(options: SimulatedChainOptions = {}) {
    const {seed, onBlock, blockSeconds} = checked(options);
    const {raw, header} = regtestGenesisBlock();
    super('regtest', {
      raw,
      header: {...header, height: 0, chainwork: workOf(header.bits)},
    });
    this.#tag = Buffer.alloc(tagBytes);
    this.#tag.write(hash('sha256', String(seed), 'hex'), 0, 8, 'hex');
    this.#onBlock = onBlock;
    this.#blockSeconds = blockSeconds;
    for (const stored of options.blocks ?? []) {
      const block = parseBlock(stored);
      verifyBlock(block);
      this.arrived(stored, block.header);
    }
  }

  /** Mines on top of the best chain. Answers the new headers, lowest first. */
  mine(blocks: number, options: MiningOptions = {}): ChainHeader[] {
    return this.mineOn(this.tip.hash, blocks, options);
  }

  /** Mines until the best chain has this height. */
  mineTo(height: number, options: MiningOptions = {}): ChainHeader[] {
    requireCount('height', height, this.tip.height);
    return this.mine(height - this.tip.height, options);
  }

  /** Mines on top of any block, best or not. */
  mineOn(parent: string, blocks: number, options: MiningOptions = {}): ChainHeader[] {
    let top = this.tree.get(parent);
    if (top === undefined) throw invalid(`there is no block ${parent} to mine on`);
    requireCount('blocks', blocks, 0);
    let transactions = (options.transactions ?? []).map(parseTransaction);
    return this.waking(() => {
      const mined: ChainHeader[] = [];
      for (let i = 0; i < blocks; i++) {
        top = this.#mineOne(top as ChainHeader, transactions);
        mined.push(top);
        transactions = [];
      }
      return mined;
    });
  }

  /**
   * Mines a branch that leaves the best chain `depth` blocks below its tip. It becomes the best chain if it is longer
   * than `depth`.
   */
  reorg(options: {depth: number; blocks: number} & MiningOptions): ChainHeader[] {
    requireMap('a reorg', options, '{depth: 1, blocks: 2}');
    requireCount('depth', options.depth, 1);
    requireCount('blocks', options.blocks, 0);
    const parent = this.at(this.tip.height - options.depth);
    if (parent === undefined) {
      throw invalid(`a reorg of depth ${options.depth} would replace the genesis block: the tip is ${this.tip.height}`);
    }
    return this.mineOn(parent.hash, options.blocks, options);
  }

  /** Takes a block mined elsewhere, as `submitblock` would. @throws OperationalError TOWER_INVALID_BLOCK */
  submit(raw: Uint8Array): ChainHeader {
    const block = parseBlock(raw);
    verifyBlock(block);
    return this.tree.get(block.header.hash) ?? this.waking(() => this.#take(block));
  }

  /**
   * Calls a block invalid, as `invalidateblock` does: the best chain is chosen among those without it.
   * @throws Rejection TOWER_INVALID_PARAMETER for a block that is unknown, or genesis
   */
  invalidate(hash: string): void {
    if (this.tree.get(hash) === undefined) throw invalid(`there is no block ${hash}`);
    if (hash === this.tree.root.hash) throw invalid('the genesis block cannot be called invalid');
    this.waking(() => this.tree.invalidate(hash));
  }

  /** Takes that back, as `reconsiderblock` does, for the block and those below and above it. */
  reconsider(hash: string): void {
    if (this.tree.get(hash) === undefined) throw invalid(`there is no block ${hash}`);
    this.waking(() => this.tree.reconsider(hash));
  }

  /** Whether a block, or one below it, was called invalid. */
  isInvalid(hash: string): boolean {
    return this.tree.isBarred(hash);
  }

  /**
   * Makes the chain that ends in this block the best one, whatever its work: what leaves it, or goes on from it, is
   * called invalid.
   * @returns what has been called invalid, or no longer, in order
   */
  prefer(hash: string): ChainChoice[] {
    if (this.tree.get(hash) === undefined) throw invalid(`there is no block ${hash}`);
    const choices: ChainChoice[] = [];
    this.waking(() => {
      if (this.tree.isBarred(hash)) {
        this.tree.reconsider(hash);
        choices.push({type: 'reconsider', hash});
      }
      while (this.tip.hash !== hash) {
        const rival = this.at(this.tree.forkPoint(hash, this.tip.hash).height + 1)!.hash;
        this.tree.invalidate(rival);
        choices.push({type: 'invalidate', hash: rival});
      }
    });
    return choices;
  }

  /** Hashes of the blocks called invalid. */
  get invalid(): string[] {
    return this.tree.invalid;
  }

  /** Blocks that have arrived, genesis included. */
  get size(): number {
    return this.tree.size;
  }

  /** Forgets all but the first blocks that have arrived, and calls these of them invalid and no others. */
  goBack(size: number, invalid: readonly string[]): void {
    this.#return(() => this.forgetAfter(size, invalid));
  }

  /** How often it has gone back to an earlier state: whoever holds blocks of it looks then which there are still. */
  get returns(): number {
    return this.#returns;
  }

  /** All that the chain is now. */
  contents(): ChainContents {
    return {blocks: [...this.rawBlocks.values()], invalid: this.tree.invalid};
  }

  /** Becomes what it was, or another of the same seed was, at some time. @throws OperationalError TOWER_INVALID_BLOCK */
  become({blocks, invalid}: ChainContents): void {
    this.#return(() => {
      const own = [...this.rawBlocks.values()];
      const parting = blocks.findIndex((raw, i) => own[i] !== raw && !isSame(own[i], raw));
      const common = Math.min(parting === -1 ? blocks.length : parting, own.length);
      this.forgetAfter(Math.max(common, 1), []);
      for (const raw of blocks.slice(common)) {
        const block = parseBlock(raw);
        verifyBlock(block);
        this.arrived(raw, block.header);
      }
      for (const hash of invalid) this.tree.invalidate(hash);
    });
  }

  /**
   * A valid transaction for the next block of the best chain, spending the coinbase at a height.
   * @param outputs what it pays; unless told, all but a fee goes to one output that `spend` can spend in turn
   */
  spendCoinbase(height: number, outputs?: readonly TransactionOutput[]): Transaction {
    const header = this.at(height);
    if (header === undefined || height === 0) throw invalid(`no coinbase to spend at height ${height}`);
    const matureAt = height + coinbaseMaturity;
    if (this.tip.height + 1 < matureAt) {
      throw invalid(`the coinbase at ${height} may be spent at ${matureAt}; the next is ${this.tip.height + 1}`);
    }
    const block = parseBlock(this.rawBlocks.get(header.hash) as Uint8Array);
    const {txid} = block.transactions[0] as Transaction;
    return spend({txid, index: 0, amountSats: BigInt(subsidySats(height))}, outputs);
  }

  /** Its tip may be the same as before, and yet somebody hold a block that is gone. */
  #return(change: () => void): void {
    this.#returns++;
    this.waking(change, {always: true});
  }

  #mineOne(parent: ChainHeader, transactions: readonly Transaction[]): ChainHeader {
    // Counting what has arrived sets siblings apart, and goes on where a stored chain ended.
    this.#tag.writeUInt32LE(this.tree.size, 8);
    const block = mineBlock({
      previous: parent.hash,
      height: parent.height + 1,
      time: this.#latestTime(parent) + this.#blockSeconds,
      tag: this.#tag,
      transactions,
    });
    return this.#take(block);
  }

  #take({raw, header}: Pick<Block, 'raw' | 'header'>): ChainHeader {
    this.#onBlock(raw);
    return this.arrived(raw, header);
  }

  /** Above the median in any case, and the parent's time on a chain whose times only grow, as ours do. */
  #latestTime(parent: ChainHeader): number {
    let latest = parent.time;
    let header: ChainHeader | undefined = parent;
    for (let i = 1; i < medianBlocks && header !== undefined; i++) {
      header = this.tree.get(header.previous);
      if (header !== undefined && header.time > latest) latest = header.time;
    }
    return latest;
  }
}

const invalid = (message: string): Rejection => new Rejection('TOWER_INVALID_PARAMETER', message);

const isSame = (a: Uint8Array | undefined, b: Uint8Array): boolean => a !== undefined && Buffer.compare(a, b) === 0;

const usualSeed = 'bartizan';
const usualBlockSeconds = 600;

function checked(options: SimulatedChainOptions): Required<Omit<SimulatedChainOptions, 'blocks'>> {
  requireMap('a simulated chain', options, "{seed: 'example'}");
  const {seed = usualSeed, onBlock = () => {}, blockSeconds = usualBlockSeconds, blocks = []} = options;
  if (!['string', 'number', 'bigint'].includes(typeof seed)) {
    throw invalid(`seed is a text or a whole number, not ${shown(seed)}`);
  }
  if (typeof onBlock !== 'function') throw invalid(`onBlock is a function, not ${shown(onBlock)}`);
  if (typeof (blocks as Partial<Iterable<Uint8Array>> | null)?.[Symbol.iterator] !== 'function') {
    throw invalid(`blocks is a list of raw blocks, not ${shown(blocks)}`);
  }
  requireCount('blockSeconds', blockSeconds, 1);
  return {seed, onBlock, blockSeconds};
}

function requireMap(what: string, value: unknown, example: string): void {
  if (typeof value !== 'object' || value === null)
    throw invalid(`${what} takes a map, ${example}, not ${shown(value)}`);
}

function requireCount(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw invalid(`${name} is a whole number from ${least}, not ${shown(value)}`);
  }
}

/** A text in quotes: `3` and `"3"` look the same without. */
const shown = (value: unknown): string => (typeof value === 'string' ? JSON.stringify(value) : String(value));
