import {parseBlock} from '../../block.js';
import type {ChainHeader} from '../../header.js';
import type {SimulatedChain} from '../../simulated-chain.js';
import {systemTimers, type Timers} from '../../timers.js';
import {BlockIndex, type IndexEntry, type Switch} from './block-index.js';
import {Faults} from './faults.js';
import {Feed, type Topic, topics} from './feed.js';
import {beyondTip, notRunning, tooDeep, unknownBlock} from './refusals.js';
import {World} from './world.js';

/** What a node takes from the chain that it follows: whole blocks, headers alone, or nothing. */
export type Following = 'blocks' | 'headers' | 'nothing';

export interface FakeNodeOptions {
  /** The blocks there are. A node follows it as if it had one honest peer; several nodes may follow the same chain. */
  readonly chain: SimulatedChain;
  /** @default those of the system */
  readonly timers?: Timers;
  /** What it publishes. @default all topics */
  readonly topics?: readonly Topic[];
  /** Makes the password in the cookie of each start; `start` counts from 1. @default one that is easily guessed */
  readonly password?: (start: number) => string;
}

/**
 * A bitcoind without sockets: a view onto a simulated chain. Which of its blocks the node has, which of them are invalid
 * and which chain is active is the node's own affair; like bitcoind it follows most work, first seen.
 */
export class FakeNode {
  readonly chain: SimulatedChain;
  readonly faults = new Faults();
  readonly feed: Feed;
  readonly timers: Timers;
  readonly index: BlockIndex;
  /** While true it says so, and announces no blocks. */
  initialDownload = false;
  /** While it has words, every call is answered with error -28 and these. */
  warmingUp: string | undefined;
  /** Where it says that it publishes. */
  zmqEndpoint = 'tcp://127.0.0.1:28332';
  readonly #world: World;
  readonly #password: (start: number) => string;
  readonly #unsubscribe: () => void;
  readonly #onTip = new Set<() => void>();
  #following: Following = 'blocks';
  /** Of the chain, when it was last looked at as a whole. */
  #returns = 0;
  #running = true;
  #starts = 1;
  #startedMs: number;
  #prunedTo: number | undefined;
  /** What the chain itself calls invalid, as far as the node has heard. */
  #barred: ReadonlySet<string> = new Set();

  constructor(options: FakeNodeOptions) {
    this.chain = options.chain;
    this.timers = options.timers ?? systemTimers;
    this.#password = options.password ?? ((start) => `cookie-${start}`);
    this.feed = new Feed({topics: options.topics ?? topics, faults: this.faults, timers: this.timers});
    this.#world = new World(options.chain);
    this.#startedMs = this.timers.nowMs();
    const genesis = this.chain.at(0)!;
    this.index = new BlockIndex({raw: this.#world.block(genesis.hash).raw, header: genesis});
    this.#catchUp();
    // Nobody has heard of that, and what was there at its start is announced no more.
    this.feed.restart();
    this.#unsubscribe = this.chain.onWake(() => this.#hear());
  }

  /** The end of its active chain. */
  get tip(): ChainHeader {
    return this.index.tip.header;
  }

  get running(): boolean {
    return this.#running;
  }

  /** Who may use it: what stands in its cookie file, which is another at each start. */
  get cookie(): {readonly user: string; readonly password: string} {
    return {user: '__cookie__', password: this.#password(this.#starts)};
  }

  /** Seconds since its start. */
  get uptimeSeconds(): number {
    return Math.floor((this.timers.nowMs() - this.#startedMs) / 1000);
  }

  get following(): Following {
    return this.#following;
  }

  /** The height up to which blocks were thrown away, headers excepted; undefined when it keeps all. */
  get prunedTo(): number | undefined {
    return this.#prunedTo;
  }

  /** What it knows of a block, also of one that came to the chain without becoming its tip. */
  entry(hash: string): IndexEntry | undefined {
    const known = this.index.get(hash);
    if (known !== undefined || this.#following === 'nothing') return known;
    this.listen();
    return this.index.get(hash);
  }

  /** Learns of every block of the chain that it has not heard of, also of those on its side branches. */
  listen(): void {
    if (this.#running) this.#catchUp();
  }

  /**
   * Takes whole blocks, headers alone, or nothing more from the chain. When it begins to take more it catches up at
   * once: whoever asks sees its tip skip heights.
   */
  follow(what: Following): void {
    this.#following = what;
    this.listen();
  }

  /** Mines on its own active chain. Answers the new headers, lowest first. */
  mine(blocks: number, transactions: readonly Uint8Array[] = []): ChainHeader[] {
    return this.#mineOn(this.tip, blocks, transactions);
  }

  /**
   * Mines a branch that leaves its active chain `depth` blocks below the tip; it is adopted if it is longer.
   * @throws OperationalError TOWER_USAGE when that is below genesis
   */
  reorg({depth, blocks}: {readonly depth: number; readonly blocks: number}): ChainHeader[] {
    const parent = this.index.at(this.tip.height - depth);
    if (parent !== undefined) return this.#mineOn(parent.header, blocks);
    throw tooDeep(depth, this.tip.height);
  }

  /** Takes a block as `submitblock` does. @throws OperationalError TOWER_INVALID_BLOCK */
  submit(raw: Uint8Array): void {
    this.#requireRunning();
    const {hash} = this.chain.submit(raw);
    this.#take(hash);
  }

  /**
   * Calls a block invalid, as the RPC does: its chain is left, without an announcement unless another wins. Genesis
   * stays what it is.
   */
  invalidateBlock(hash: string): void {
    const entry = this.#known(hash);
    if (entry.header.height > 0) this.#announce(this.index.judge([entry], []));
  }

  reconsiderBlock(hash: string): void {
    this.#announce(this.index.reconsider(this.#known(hash)));
  }

  /** Prefers a block over others with the same work. */
  preciousBlock(hash: string): void {
    this.#announce(this.index.prefer(this.#known(hash)));
  }

  /** Throws away the blocks up to a height; their headers stay. @throws OperationalError TOWER_USAGE beyond the tip */
  prune(height: number): void {
    if (height > this.tip.height) throw beyondTip(height, this.tip.height);
    this.#prunedTo = Math.max(this.#prunedTo ?? -1, height);
    this.index.prune(this.#prunedTo);
  }

  /** Ends it: nobody is answered, and nothing announced. */
  stop(): void {
    this.#running = false;
  }

  /**
   * Starts it anew, with another cookie and its counters at 0. One that lost blocks does not know them any more, nor
   * any as high on other branches, and hears of nothing until it is told to `follow` again.
   */
  start({lose = 0}: {readonly lose?: number} = {}): void {
    this.#running = true;
    this.#starts++;
    this.#startedMs = this.timers.nowMs();
    this.feed.restart();
    if (lose > 0) {
      this.index.lose(lose);
      this.#prunedTo &&= Math.min(this.#prunedTo, this.tip.height);
      this.#following = 'nothing';
    }
    this.listen();
  }

  /** `stop` and `start`. */
  restart(options: {readonly lose?: number} = {}): void {
    this.stop();
    this.start(options);
  }

  /** Changes the cookie without a restart; a client that has read the old one is refused. */
  changeCookie(): void {
    this.#starts++;
  }

  /** Calls `changed` whenever its tip is another. Answers the function that ends it. */
  onTip(changed: () => void): () => void {
    const listener = (): void => changed();
    this.#onTip.add(listener);
    return () => {
      this.#onTip.delete(listener);
    };
  }

  /** Lets go of the chain. */
  close(): void {
    this.stop();
    this.#unsubscribe();
  }

  #mineOn(parent: ChainHeader, blocks: number, transactions: readonly Uint8Array[] = []): ChainHeader[] {
    this.#requireRunning();
    const mined: ChainHeader[] = [];
    // One at a time, for a chain that wakes us for all of them would have us announce the last alone.
    for (let top = parent; mined.length < blocks; top = mined.at(-1)!) {
      mined.push(...this.chain.mineOn(top.hash, 1, mined.length === 0 ? {transactions} : {}));
      this.#take(mined.at(-1)!.hash);
    }
    return mined;
  }

  #hear(): void {
    const {chain, index} = this;
    if (this.#following === 'blocks' && this.#running) {
      // Nearly always the chain has grown or left a few blocks; the cost is that of those, not of all there are.
      let fork = Math.min(chain.tip.height, this.tip.height);
      while (chain.at(fork)!.hash !== index.at(fork)!.header.hash) fork--;
      for (let height = fork + 1; this.#running && height <= chain.tip.height; height++) {
        this.#take(chain.at(height)!.hash);
      }
      if (this.tip.hash === chain.tip.hash && chain.returns === this.#returns) return;
    }
    // The one of the two has called blocks invalid, or the chain was taken back to an earlier state.
    this.listen();
  }

  #take(hash: string): void {
    const {header, raw} = this.#world.block(hash);
    this.#announce(this.index.addBlock(header, raw));
  }

  /** Takes what it does not have, and what the chain says of blocks. */
  #catchUp(): void {
    this.#returns = this.chain.returns;
    const {blocks, invalid} = this.#world.contents();
    const left = new Set(this.index.entries());
    for (const {header} of blocks) left.delete(this.index.get(header.hash)!);
    // A chain that was taken back to an earlier state was never further.
    if (left.size > 0) this.index.forget(left);
    this.#announce(this.index.judge(this.#changed(invalid, this.#barred), this.#changed(this.#barred, invalid)));
    this.#barred = invalid;
    if (this.#following === 'nothing') return;
    for (const {header, raw} of blocks) {
      if (this.index.get(header.previous) === undefined) continue;
      if (this.#following === 'headers') this.index.addHeader(header);
      else this.#announce(this.index.addBlock(header, raw, {invalid: invalid.has(header.hash)}));
    }
  }

  /** The blocks it knows of the one set that are not in the other. */
  #changed(of: ReadonlySet<string>, not: ReadonlySet<string>): IndexEntry[] {
    const hashes = [...of].filter((hash) => !not.has(hash));
    return hashes.flatMap((hash) => this.index.get(hash) ?? []);
  }

  /** In this order: each block that is left or joined, and each that makes the chain better than it was. */
  #announce({disconnected, connected, from}: Switch): void {
    for (const entry of disconnected) this.#publishStep(entry, 'D');
    for (const entry of connected) {
      this.#publishStep(entry, 'C');
      // A tip that it only fell back to is not announced. One that is preferred with the same work is.
      if (entry.header.chainwork > from || entry === this.index.tip) this.#publishTip(entry);
    }
    if (disconnected.length + connected.length > 0) for (const changed of this.#onTip) changed();
  }

  #publishStep({header, raw}: IndexEntry, label: 'C' | 'D'): void {
    if (raw !== undefined && (this.feed.publishes('hashtx') || this.feed.publishes('rawtx'))) {
      for (const transaction of parseBlock(raw).transactions) {
        this.feed.publish('hashtx', Buffer.from(transaction.txid, 'hex'));
        this.feed.publish('rawtx', transaction.raw);
      }
    }
    this.feed.publish('sequence', Buffer.concat([Buffer.from(header.hash, 'hex'), Buffer.from(label)]));
  }

  #publishTip({header, raw}: IndexEntry): void {
    if (this.initialDownload) return;
    this.feed.publish('hashblock', Buffer.from(header.hash, 'hex'));
    if (raw !== undefined) this.feed.publish('rawblock', raw);
  }

  #known(hash: string): IndexEntry {
    this.#requireRunning();
    const entry = this.entry(hash);
    if (entry !== undefined) return entry;
    throw unknownBlock(hash);
  }

  #requireRunning(): void {
    if (!this.#running) throw notRunning();
  }
}
