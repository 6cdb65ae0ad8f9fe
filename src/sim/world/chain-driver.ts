import {type ChainChoice, type ChainSource, SimulatedChain} from '../../chain/index.js';
import {OperationalError, Rejection} from '../../errors/index.js';
import {blocksInWords} from '../timeline/heights.js';
import type {Memory, MemoryMap} from './memory.js';
import {mainBranch, maxMinedBlocks} from '../scenario/scenario.js';

/** A real node that gets every block that the simulated chain mines, and from which the tower then reads them. */
export interface Mirror {
  readonly source: ChainSource;
  /** Gives the node blocks, in order. Throws when it refuses one. */
  submit(rawBlocks: readonly Uint8Array[]): Promise<void>;
  /** Tells the node which blocks are invalid, or no longer, in order. Without it, no story can step back. */
  choose?(choices: readonly ChainChoice[]): Promise<void>;
}

export interface ChainDriverParts {
  readonly seed: string | number;
  readonly mirror?: Mirror | undefined;
  /** Whether the tower is to be given the blocks one by one; undefined while there is no tower. */
  readonly pace: () => 'one by one' | 'at once' | undefined;
  /** Waits until the tower has processed the chain's tip. */
  readonly follow: () => Promise<void>;
  /** Told before each move, with everything settled; `mines`: blocks then come one on the other, on the tip. */
  readonly beforeMove: (move: {readonly mines: boolean}) => void;
  readonly memory: Memory;
}

/** Blocks mined between two turns of the event loop. */
const blocksPerTurn = 1_000;

/** Hears that a move can be made, before it is. */
type Accepted = () => void;

/** Moves the simulated chain, its mirror, and the tower that follows either. */
export class ChainDriver {
  readonly chain: SimulatedChain;
  readonly #parts: ChainDriverParts;
  /** Blocks that the mirror has not got yet. */
  readonly #unsent: Uint8Array[] = [];
  /** The tip of each branch that has a name. */
  readonly #branches: MemoryMap<string, string>;
  /** The branch that is the best chain. */
  readonly #active: MemoryMap<'name', string>;
  #blocks = 0;
  #span = {from: 0, to: 0};

  constructor(parts: ChainDriverParts) {
    this.#parts = parts;
    this.#branches = parts.memory.map('branches');
    this.#active = parts.memory.map('active branch');
    this.#active.set('name', mainBranch);
    this.chain = new SimulatedChain({
      seed: parts.seed,
      ...(parts.mirror ? {onBlock: (raw: Uint8Array) => void this.#unsent.push(raw)} : {}),
    });
    this.#moved();
  }

  /** Blocks mined since the count was set. */
  get blocks(): number {
    return this.#blocks;
  }

  set blocks(blocks: number) {
    this.#blocks = blocks;
  }

  /** Heights between which the present move takes the tower. */
  get span(): {readonly from: number; readonly to: number} {
    return this.#span;
  }

  /** Branches by name, with their tips. */
  get branches(): Pick<MemoryMap<string, string>, 'has' | 'keys'> {
    return this.#branches;
  }

  get #height(): number {
    return this.chain.tip.height;
  }

  mine(blocks: number): Promise<void> {
    return this.mineTo(this.#height + blocks);
  }

  /**
   * Mines, and lets the tower process the blocks: all at once, or while requests wait one by one, so that policies are
   * asked at every height, whatever the tower's speed.
   * @param aimAnew the height to mine to, asked again after each block that came by itself
   * @throws Rejection TOWER_INVALID_PARAMETER for a height in the past, or too many blocks
   */
  async mineTo(height: number, aimAnew?: () => Promise<number>): Promise<void> {
    if (height < this.#height) throw refused(`height ${height} is in the past: the chain is at ${this.#height}`);
    this.#aim(this.#height, height);
    let [followed, isSettled] = [false, this.#parts.pace() !== undefined];
    while (this.#height < height) {
      const oneByOne = this.#parts.pace() === 'one by one';
      if (isSettled) this.#parts.beforeMove({mines: true});
      this.#count(this.chain.mine(oneByOne ? 1 : Math.min(height - this.#height, blocksPerTurn)).length);
      this.#moved();
      await (oneByOne ? this.#follow() : this.#send());
      followed = isSettled = oneByOne;
      if (!oneByOne || !aimAnew) continue;
      height = await aimAnew();
      this.#aim(this.#span.from, height);
    }
    if (this.#parts.pace() !== undefined && !followed) await this.#follow();
  }

  /** Replaces the last blocks; a branch of as many blocks wins because the others are then called invalid. */
  async reorg(
    {depth, blocks}: {readonly depth: number; readonly blocks: number},
    accepted: Accepted = () => {},
  ): Promise<void> {
    if (blocks < depth) throw refused(`a branch of ${blocksInWords(blocks)} does not replace ${depth}`);
    if (depth > this.#height) {
      throw refused(`the chain has ${blocksInWords(this.#height)} above genesis; a reorg cannot replace ${depth}`);
    }
    accepted();
    this.#parts.beforeMove({mines: false});
    // The branch wins with its last block here; those that follow come as others do.
    const branch = this.chain.reorg({depth, blocks: Math.min(depth + 1, blocks)});
    this.#count(branch.length);
    if (blocks === depth) await this.#choose(() => this.chain.prefer(branch.at(-1)!.hash));
    this.#moved();
    await this.#follow();
    await this.mineTo(this.#height + blocks - branch.length);
  }

  /** Disconnects the last blocks, with nothing in their place. */
  async stepBack(blocks: number, accepted: Accepted = () => {}): Promise<void> {
    const first = this.chain.at(this.#height - blocks + 1);
    if (first === undefined || first.height === 0 || blocks < 1) {
      throw refused(`the chain has ${blocksInWords(this.#height)} above genesis; it cannot go ${blocks} back`);
    }
    accepted();
    this.#parts.beforeMove({mines: false});
    await this.#choose(() => {
      this.chain.invalidate(first.hash);
      return [{type: 'invalidate', hash: first.hash}];
    });
    this.#moved();
    await this.#follow();
  }

  /** Mines on a branch, which leaves the best chain `at` a height if it is new. It becomes the best chain if it has more work. */
  async branch(
    {name, at, blocks}: {readonly name: string; readonly at?: number; readonly blocks: number},
    accepted: Accepted = () => {},
  ): Promise<void> {
    const known = this.#branches.get(name);
    if (known !== undefined && at !== undefined) {
      throw refused(`there is a branch ${name} already: it goes on where it ends, without a height`);
    }
    const from = known ?? this.chain.at(at ?? this.#height)?.hash;
    if (from === undefined) throw refused(`branch ${name} cannot begin at ${at}: the chain is at ${this.#height}`);
    accepted();
    this.#parts.beforeMove({mines: false});
    // As a node does: nothing is mined on what is called invalid.
    if (this.chain.isInvalid(from)) await this.#choose(() => this.#reconsider(from));
    let left = blocks;
    // The branch wins with one of these, or with none; those that follow come as others do.
    for (let tip = from; left > 0 && (this.chain.tip.hash !== tip || tip === from); left--) {
      tip = this.chain.mineOn(tip, 1)[0]!.hash;
      this.#count(1);
      this.#branches.set(name, tip);
    }
    const isBest = this.chain.tip.hash === this.#branches.get(name);
    if (isBest) this.#active.set('name', name);
    await this.#follow();
    if (isBest) await this.mineTo(this.#height + left);
  }

  /** Makes a branch the best chain, whatever its work: the node is told that the others are invalid. */
  async switchTo(name: string, accepted: Accepted = () => {}): Promise<void> {
    const tip = this.#branches.get(name);
    if (tip === undefined) {
      throw refused(`there is no branch ${name}; there ${namesInWords([...this.#branches.keys()])}`);
    }
    accepted();
    this.#parts.beforeMove({mines: false});
    await this.#choose(() => this.chain.prefer(tip));
    this.#active.set('name', name);
    this.#moved();
    await this.#follow();
  }

  /** To be told when the chain has been taken back to a height of the past. */
  movedBack(): void {
    this.#moved();
  }

  /** The branch that was the best chain still is. */
  #moved(): void {
    this.#branches.set(this.#active.get('name')!, this.chain.tip.hash);
  }

  #reconsider(hash: string): ChainChoice[] {
    this.chain.reconsider(hash);
    return [{type: 'reconsider', hash}];
  }

  async #choose(make: () => ChainChoice[]): Promise<void> {
    const {mirror} = this.#parts;
    if (mirror && !mirror.choose) {
      throw new OperationalError('TOWER_NO_TIME_TRAVEL', 'the node cannot be told which blocks are invalid');
    }
    await this.#send();
    const choices = make();
    await mirror?.choose?.(choices);
  }

  async #follow(): Promise<void> {
    await this.#send();
    await this.#parts.follow();
  }

  async #send(): Promise<void> {
    await this.#parts.mirror?.submit(this.#unsent.splice(0));
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Says before a block is mined if it would be too many. */
  #aim(from: number, to: number): void {
    this.#span = {from, to};
    const blocks = this.#blocks + to - this.#height;
    if (blocks > maxMinedBlocks) throw refused(`${blocks} blocks would have been mined, more than ${maxMinedBlocks}`);
  }

  #count(blocks: number): void {
    this.#blocks += blocks;
    if (this.#blocks <= maxMinedBlocks) return;
    throw refused(`${this.#blocks} blocks have been mined, more than ${maxMinedBlocks}`);
  }
}

const refused = (message: string): Rejection => new Rejection('TOWER_INVALID_PARAMETER', message);

const namesInWords = (names: readonly string[]): string =>
  names.length === 0 ? 'are none' : `${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}`;
