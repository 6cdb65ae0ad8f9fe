import {readFile} from 'node:fs/promises';
import test from 'ava';
import {FixtureChain} from '../../src/chain/fixture-chain.js';
import {regtestTest} from '../support/regtest.js';

interface Story {
  readonly name: string;
  readonly height: number;
  readonly tip: string;
  /** Depth of each reorg that a reader sees. */
  readonly reorgs: readonly number[];
  readonly staleBlocks: number;
}

const stories: readonly Story[] = [
  {
    name: 'straight-150',
    height: 150,
    tip: '36ba4c18be777c85b1e50f3343fc4855ad63b9e8fc33364c69c362df1eaa44f6',
    reorgs: [],
    staleBlocks: 0,
  },
  {
    name: 'reorg-1',
    height: 25,
    tip: '710d31b81e23b024bbc70429e4e9b17bb317c2c0b09eb2dd2a66fd6761bb3a7f',
    reorgs: [1],
    staleBlocks: 1,
  },
  {
    name: 'reorg-6',
    height: 30,
    tip: '1eb4390ef7278d386feec433c65e2c7320a6cdd001b53e2f154c910df2ae7495',
    reorgs: [6],
    staleBlocks: 6,
  },
  {
    name: 'equal-work-fork',
    height: 22,
    tip: '28b59eae94eebee84c8857802234f8a0633027fd7eeb35134feddbce2a2c6920',
    reorgs: [],
    staleBlocks: 2,
  },
];

const load = async (name: string): Promise<FixtureChain> => {
  const url = new URL(`../../../fixtures/chains/${name}.hex`, import.meta.url);
  return new FixtureChain(await readFile(url, 'utf8'), `${name}.hex`);
};

for (const {name, height, tip, reorgs, staleBlocks} of stories) {
  test(`${name} is replayed with the reorgs that its name tells`, async (t) => {
    const chain = await load(name);
    const hashes = [chain.tip.hash];
    const seen: number[] = [];
    while (chain.remaining > 0) {
      const before = chain.tip;
      const [arrived] = chain.arrive();
      hashes.push(arrived!.hash);
      if (chain.tip === before || chain.tip.previous === before.hash) continue;
      let depth = 0;
      while (chain.at(before.height - depth)?.hash !== (await ancestor(chain, before.hash, depth))) depth++;
      seen.push(depth);
    }
    t.deepEqual(seen, reorgs);
    t.like(chain.tip, {hash: tip, height});
    const standings = await chain.standing(hashes);
    t.is(standings.filter((standing) => standing === 'stale').length, staleBlocks);
  });

  regtestTest(`a real bitcoind ends ${name} at the same tip`, async (t, start) => {
    const node = await start();
    const chain = await load(name);
    chain.arriveAll();
    for (const raw of [...chain.arrivals()].slice(1)) {
      await node.rpc('submitblock', Buffer.from(raw).toString('hex'));
    }
    t.is(await node.rpc('getbestblockhash'), tip);
  });
}

async function ancestor(chain: FixtureChain, hash: string, above: number): Promise<string> {
  let at = hash;
  for (let i = 0; i < above; i++) at = (await chain.header(at))!.previous;
  return at;
}
