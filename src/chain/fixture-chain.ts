import {BartizanError, type OperationalError} from '../errors/index.js';
import {type Block, parseBlock} from './block.js';
import {type Fixture, invalidFixture, parseFixture} from './fixture.js';
import type {ChainHeader} from './header.js';
import {MemorySource} from './memory-source.js';
import {genesisOf} from './network.js';
import {verifyBlock} from './verify-block.js';
import {workOf} from './work.js';

const noHash = '0'.repeat(64);

/**
 * Replays a recorded chain. The whole file is checked when it is opened; its first block is there from the start, the
 * others arrive on command. Heights count from the first block: 0 for a genesis block, else the file's `start_height`.
 * Its chainwork counts from there, too, so it compares with that of the same file only.
 */
export class FixtureChain extends MemorySource {
  readonly #waiting: readonly Block[];
  #arrived = 0;

  /**
   * @param text a fixture chain, in the format of `parseFixture`
   * @param name of the file, for errors
   * @throws OperationalError TOWER_INVALID_FIXTURE with `line` among its facts: bad hex, a block that is cut short or
   * has bytes to spare, a wrong merkle root, missing proof of work, a block without a parent or given twice
   */
  constructor(text: string, name?: string) {
    const fixture = parseFixture(text, name);
    const refuse = (line: number, why: string) => invalidFixture(name ?? 'line', line, why);
    const [root, ...others] = readBlocks(fixture, refuse);
    const {raw, header} = root as Block;
    super(fixture.network, {raw, header: rootHeader(fixture, root as Block, refuse)});
    checkParents([header.hash], others, (index, why) => refuse(fixture.blocks[index + 1]?.line ?? 0, why));
    this.#waiting = others;
  }

  /** Blocks that have yet to arrive. */
  get remaining(): number {
    return this.#waiting.length - this.#arrived;
  }

  /** Lets the next `blocks` blocks arrive, or as many as there are left. Answers their headers. */
  arrive(blocks = 1): ChainHeader[] {
    const next = this.#waiting.slice(this.#arrived, this.#arrived + blocks);
    this.#arrived += next.length;
    return this.waking(() => next.map(({raw, header}) => this.arrived(raw, header)));
  }

  arriveAll(): ChainHeader[] {
    return this.arrive(this.remaining);
  }
}

type RefuseLine = (line: number, why: string) => OperationalError;

function readBlocks(fixture: Fixture, refuse: RefuseLine): Block[] {
  return fixture.blocks.map(({line, raw}) => {
    try {
      const block = parseBlock(raw);
      verifyBlock(block);
      return block;
    } catch (error) {
      if (error instanceof BartizanError && error.code === 'TOWER_INVALID_BLOCK') throw refuse(line, error.message);
      throw error;
    }
  });
}

function rootHeader(fixture: Fixture, root: Block, refuse: RefuseLine): ChainHeader {
  const {header} = root;
  const line = fixture.blocks[0]?.line ?? 0;
  const isGenesis = header.previous === noHash;
  const height = isGenesis ? 0 : fixture.startHeight;
  if (isGenesis && header.hash !== genesisOf[fixture.network]) {
    throw refuse(line, `${header.hash} is not the genesis block of ${fixture.network}`);
  }
  if (height === undefined || (isGenesis && (fixture.startHeight ?? 0) !== 0)) {
    throw refuse(line, `start_height does not tell the height of the first block, ${header.hash}`);
  }
  if (height === 0 && !isGenesis) throw refuse(line, `block ${header.hash} is not a genesis block, so not at height 0`);
  return {...header, height, chainwork: workOf(header.bits)};
}

function checkParents(
  known: readonly string[],
  blocks: readonly Block[],
  refuse: (index: number, why: string) => OperationalError,
): void {
  const hashes = new Set(known);
  blocks.forEach(({header}, index) => {
    if (hashes.has(header.hash)) throw refuse(index, `block ${header.hash} is in an earlier line, too`);
    if (!hashes.has(header.previous)) {
      throw refuse(index, `the parent of block ${header.hash}, ${header.previous}, is in no earlier line`);
    }
    hashes.add(header.hash);
  });
}
