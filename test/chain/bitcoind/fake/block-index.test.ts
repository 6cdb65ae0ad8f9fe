import test, {type ExecutionContext} from 'ava';
import {chainTips} from '../../../../src/chain/bitcoind/fake/chain-tips.js';
import {FakeNode, FakeRpc, type Following} from '../../../../src/chain/bitcoind/fake/index.js';
import {SimulatedChain} from '../../../../src/chain/simulated-chain.js';
import {ManualTimers} from '../../../support/manual-timers.js';
import {SeededRandom} from '../../../support/random.js';

function aNode(seed: number | string) {
  const chain = new SimulatedChain({seed});
  const node = new FakeNode({chain, timers: new ManualTimers()});
  return {chain, node, rpc: new FakeRpc(node)};
}

/** What must hold of what a node knows, whatever it has been through. */
async function holdsTogether(t: ExecutionContext, {index}: FakeNode, rpc: FakeRpc, when: string): Promise<void> {
  const {tip} = index;
  const entries = [...index.entries()];
  for (let height = 0; height <= tip.header.height; height++) {
    const entry = index.at(height)!;
    t.is(entry.header.height, height, when);
    t.is(index.get(entry.header.hash), entry, when);
    if (height > 0) t.is(entry.header.previous, index.at(height - 1)!.header.hash, when);
    t.is(await rpc.call('getblockhash', [height]), entry.header.hash, when);
  }
  t.is(index.at(tip.header.height + 1), undefined, when);
  for (const entry of entries)
    if (entry !== index.at(0)) t.truthy(index.parentOf(entry), `${when}: a block on nothing`);
  const active = chainTips(index).filter(({status}) => status === 'active');
  t.deepEqual(
    active.map(({hash}) => hash),
    [tip.header.hash],
    when,
  );
  t.like(await rpc.call('getblockheader', [tip.header.hash]), {confirmations: 1, height: tip.header.height}, when);
  const valid = entries.filter((entry) => !index.isInvalid(entry)).map(({header}) => header.chainwork);
  t.is(
    index.bestHeader.chainwork,
    valid.reduce((most, work) => (work > most ? work : most)),
    when,
  );
  const whole = entries.flatMap(({raw}) => raw ?? []);
  t.is(index.blocks, whole.length, when);
  t.is(
    index.bytes,
    whole.reduce((sum, {length}) => sum + length, 0),
    when,
  );
}

test('a node that loses blocks loses every block as high, on whatever branch it was', async (t) => {
  const {node, rpc} = aNode('stale');
  node.mine(10);
  const kept = node.index.at(2)!.header.hash;
  const stale = node.index.at(9)!.header.hash;
  node.reorg({depth: 3, blocks: 4});
  node.restart({lose: 9});
  t.is(node.tip.hash, kept);
  t.is(node.entry(stale), undefined);
  t.deepEqual(
    chainTips(node.index).map(({hash, status}) => ({hash, status})),
    [{hash: kept, status: 'active'}],
  );
  node.restart({lose: 100_000});
  t.is(node.tip.height, 0);
  await holdsTogether(t, node, rpc, 'at genesis');
  node.follow('blocks');
  t.is(node.tip.height, 11);
  await holdsTogether(t, node, rpc, 'when it follows again');
});

test('what is left of the active chain stays so, beside a branch as high that came first', async (t) => {
  const {node, rpc} = aNode('first seen');
  node.mine(10);
  const first = node.tip.hash;
  const left = node.reorg({depth: 1, blocks: 2})[0]!.hash;
  node.restart({lose: 1});
  t.is(node.tip.hash, left);
  t.truthy(node.entry(first));
  await holdsTogether(t, node, rpc, 'beside the first');
});

test('whatever a node goes through, what it knows holds together', async (t) => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = new SeededRandom(seed);
    const {chain, node, rpc} = aNode(seed);
    const oneOf = <T>(items: readonly T[]): T => items[random.whole(0, items.length - 1)]!;
    const anyHash = () => oneOf([...node.index.entries()].filter(({header}) => header.height > 0)).header.hash;
    node.mine(8);
    let before = chain.contents();
    const deeds: Record<string, () => void> = {
      mine: () => void node.mine(random.whole(1, 3)),
      'mine elsewhere': () => void chain.mine(random.whole(1, 3)),
      branch: () => void node.reorg({depth: random.whole(0, node.tip.height), blocks: random.whole(1, 4)}),
      'branch elsewhere': () => void chain.mineOn(anyHash(), random.whole(1, 4)),
      invalidate: () => node.invalidateBlock(anyHash()),
      reconsider: () => node.reconsiderBlock(anyHash()),
      prefer: () => node.preciousBlock(anyHash()),
      prune: () => node.prune(random.whole(0, node.tip.height)),
      follow: () => node.follow(oneOf<Following>(['blocks', 'blocks', 'headers', 'nothing'])),
      remember: () => void (before = chain.contents()),
      'go back': () => chain.become(before),
      lose() {
        const lose = random.whole(1, node.tip.height + 2);
        const kept = node.index.at(Math.max(0, node.tip.height - lose))!;
        node.restart({lose});
        t.is(node.tip.hash, kept.header.hash, `seed ${seed}`);
        t.true(
          [...node.index.entries()].every(({header}) => header.height <= kept.header.height),
          `seed ${seed}`,
        );
      },
    };
    const done: string[] = [];
    for (let step = 0; step < 40; step++) {
      // With genesis alone there is no block to do something to.
      if (node.index.blocks < 2) node.follow('blocks');
      if (node.tip.height === 0) node.mine(1);
      const name = oneOf(Object.keys(deeds));
      done.push(name);
      deeds[name]!();
      await holdsTogether(t, node, rpc, `seed ${seed}: ${done.join(', ')}`);
    }
  }
});
