import test, {type ExecutionContext} from 'ava';
import type {ChainSource} from '../../src/chain/chain-source.js';
import type {ChainHeader} from '../../src/chain/header.js';
import {regtestGenesis} from '../../src/chain/network.js';
import {SimulatedChain} from '../../src/chain/simulated-chain.js';

/** A source that begins at the regtest genesis block and is handed blocks one by one. */
export interface SubjectSource {
  readonly source: ChainSource;
  /** Lets the next blocks of the story arrive, in order. Resolves when the source answers by them. */
  arrive(blocks: number): Promise<void>;
  /** Ends it; the suite has not closed the source. */
  end(): Promise<void>;
}

/** Opens a source on a story: the raw blocks that will arrive after genesis. */
export type OpenSubject = (story: readonly Uint8Array[]) => Promise<SubjectSource>;

/** Registers what every ChainSource promises. */
export function chainSourceSuite(name: string, open: OpenSubject): void {
  const claim = (
    title: string,
    tell: (t: ExecutionContext, subject: SubjectSource, miner: SimulatedChain) => unknown,
  ) => {
    test(`${name}: ${title}`, async (t) => {
      const miner = toldStory();
      const subject = await open([...miner.arrivals()].slice(1));
      try {
        await tell(t, subject, miner);
      } finally {
        await subject.end();
      }
    });
  };

  claim('it names its network and genesis block', async (t, {source}) => {
    t.deepEqual(await source.identity(), {network: 'regtest', genesis: regtestGenesis});
  });

  claim('before any block its tip is genesis', async (t, {source}) => {
    t.like(await source.sourceTip(), {hash: regtestGenesis, height: 0, chainwork: 2n});
  });

  claim('its tip follows every block', async (t, {source, arrive}, miner) => {
    for (let height = 1; height <= forkHeight; height++) {
      await arrive(1);
      t.like(await source.sourceTip(), {hash: hashAt(miner, height), height, chainwork: BigInt(2 * (height + 1))});
    }
  });

  claim('it knows the header of each block, with its place in the chain', async (t, {source, arrive}, miner) => {
    await arrive(straightBlocks);
    for (let height = 0; height <= forkHeight; height++) {
      const expected = miner.at(height) as ChainHeader;
      t.deepEqual(await source.header(expected.hash), expected);
    }
    t.is(await source.header(nobody), undefined);
  });

  claim('it hands out whole blocks', async (t, {source, arrive}, miner) => {
    await arrive(straightBlocks);
    const hash = hashAt(miner, 2);
    const block = await source.block(hash);
    t.deepEqual(Buffer.from(block?.raw ?? []), Buffer.from((await miner.block(hash))?.raw ?? []));
    t.is(block?.header.hash, hash);
    t.is(block?.transactions.length, 1);
    t.is(await source.block(nobody), undefined);
  });

  claim('it answers headers of its best chain in order, cut at its tip', async (t, {source, arrive}, miner) => {
    await arrive(straightBlocks);
    const hashes = async (from: number, to: number) => (await source.headers(from, to)).map((header) => header.hash);
    t.deepEqual(
      await hashes(0, 3),
      [0, 1, 2, 3].map((height) => hashAt(miner, height)),
    );
    t.deepEqual(await hashes(3, 3), [hashAt(miner, 3)]);
    const tip = await source.sourceTip();
    t.deepEqual(await hashes(straightBlocks, straightBlocks + 50), [tip.hash]);
    t.deepEqual(await hashes(straightBlocks + 1, straightBlocks + 50), []);
  });

  claim('a block wakes whoever waits, and nobody who has stopped', async (t, {source, arrive}) => {
    let wakes = 0;
    const stop = source.onWake(() => wakes++);
    stop();
    const woken = new Promise<void>((resolve) => source.onWake(resolve));
    await arrive(1);
    await woken;
    t.is(wakes, 0);
  });

  claim('a fork of equal work changes nothing', async (t, {source, arrive}, miner) => {
    await arrive(straightBlocks);
    const before = await source.sourceTip();
    await arrive(forkBlocks - 1);
    t.deepEqual(await source.sourceTip(), before);
    const lost = hashAt(miner, straightBlocks);
    t.deepEqual(await source.standing([lost, nobody, before.hash]), ['stale', 'unknown', 'active']);
  });

  claim('a fork of more work becomes the best chain', async (t, {source, arrive}, miner) => {
    await arrive(straightBlocks);
    const old = await source.headers(forkHeight, straightBlocks);
    await arrive(forkBlocks);
    t.like(await source.sourceTip(), {hash: miner.tip.hash, height: straightBlocks + 1});
    t.deepEqual(await source.standing([...old.map((header) => header.hash), miner.tip.hash]), [
      'active',
      ...old.slice(1).map(() => 'stale' as const),
      'active',
    ]);
    t.deepEqual(
      (await source.headers(forkHeight, 100)).map((header) => header.hash),
      Array.from({length: forkBlocks + 1}, (_, above) => hashAt(miner, forkHeight + above)),
    );
  });

  claim('a header that has left the best chain stays known', async (t, {source, arrive}) => {
    await arrive(straightBlocks);
    const {hash, height, chainwork} = await source.sourceTip();
    await arrive(forkBlocks);
    t.like(await source.header(hash), {hash, height, chainwork});
  });
}

const straightBlocks = 8;
const forkHeight = 5;
/** The fork ties with its last block but one and wins with its last. */
const forkBlocks = straightBlocks - forkHeight + 1;
const nobody = 'ab'.repeat(32);

/** Eight blocks, then a fork from height 5 that ends at height 9. */
function toldStory(): SimulatedChain {
  const miner = new SimulatedChain({seed: 'conformance'});
  miner.mine(straightBlocks);
  miner.reorg({depth: straightBlocks - forkHeight, blocks: forkBlocks});
  return miner;
}

const hashAt = (miner: SimulatedChain, height: number): string => (miner.at(height) as ChainHeader).hash;
