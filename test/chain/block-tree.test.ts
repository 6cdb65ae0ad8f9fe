import test from 'ava';
import fc from 'fast-check';
import {BlockTree} from '../../src/chain/block-tree.js';
import {type ChainHeader, extend, type Header} from '../../src/chain/header.js';

const name = (number: number): string => number.toString(16).padStart(64, '0');

const header = (number: number, previous: number, bits = 0x207fffff): Header => ({
  hash: name(number),
  version: 1,
  previous: name(previous),
  merkleRoot: name(0),
  time: 0,
  bits,
  nonce: 0,
});

const root = (height = 0): ChainHeader => ({...header(1, 0), height, chainwork: 2n});

/** Blocks 2, 3, ... : for each the parent's place among those before, and bits worth 2, 4 or 8. */
const anyGrowth = fc.array(
  fc.record({parent: fc.nat(), bits: fc.constantFrom(0x207fffff, 0x203fffff, 0x201fffff), straight: fc.boolean()}),
  {maxLength: 60},
);

const grow = (growth: readonly {parent: number; bits: number; straight: boolean}[]): Header[] =>
  growth.map(({parent, bits, straight}, index) =>
    header(index + 2, straight ? index + 1 : 1 + (parent % (index + 1)), bits),
  );

/** Knows nothing but parents: what the tree should answer, the slow way. */
class Model {
  readonly all: ChainHeader[];

  constructor(rootHeader: ChainHeader) {
    this.all = [rootHeader];
  }

  add(added: Header): void {
    this.all.push(extend(this.parentOf(added) as ChainHeader, added));
  }

  parentOf(child: Header): ChainHeader | undefined {
    return this.all.find(({hash}) => hash === child.previous);
  }

  /** Most work; of equals the first, as `all` is in order of arrival. */
  get tip(): ChainHeader {
    return this.all.reduce((best, other) => (other.chainwork > best.chainwork ? other : best));
  }

  /** From the root up to the block. */
  path(tip: ChainHeader): ChainHeader[] {
    const parent = this.parentOf(tip);
    return parent === undefined ? [tip] : [...this.path(parent), tip];
  }
}

test('the best chain has most work, and was seen first among equals', (t) => {
  fc.assert(
    fc.property(anyGrowth, fc.nat({max: 1000}), (growth, height) => {
      const tree = new BlockTree(root(height));
      const model = new Model(root(height));
      for (const added of grow(growth)) {
        tree.add(added);
        model.add(added);
        const best = model.path(model.tip);
        t.deepEqual(tree.tip, model.tip);
        t.deepEqual(tree.range(height, height + 1000), best);
        t.is(tree.at(height + best.length), undefined);
        for (const block of model.all) {
          t.is(tree.standing(block.hash), best.includes(block) ? 'active' : 'stale');
        }
      }
      t.is(tree.size, model.all.length);
    }),
    {numRuns: 60},
  );
});

test('no chain with an invalid block is the best one, until it is reconsidered, and a tree that goes back is as it was', (t) => {
  const anyChoices = fc.array(fc.record({to: fc.constantFrom('invalid', 'valid'), at: fc.nat()}), {maxLength: 8});
  fc.assert(
    fc.property(anyGrowth, anyChoices, fc.nat(), (growth, choices, size) => {
      const tree = new BlockTree(root());
      const model = new Model(root());
      let invalid = new Set<ChainHeader>();
      const check = () => {
        const valid = model.all.filter((block) => model.path(block).every((below) => !invalid.has(below)));
        const tip = valid.reduce((best, other) => (other.chainwork > best.chainwork ? other : best));
        t.deepEqual(tree.range(0, 1000), model.path(tip));
        t.deepEqual(new Set(tree.invalid), new Set([...invalid].map(({hash}) => hash)));
      };
      const headers = grow(growth);
      const half = headers.length >> 1;
      const add = (added: Header) => {
        tree.add(added);
        model.add(added);
        check();
      };
      headers.slice(0, half).forEach(add);
      for (const {to, at} of choices) {
        const chosen = model.all[at % model.all.length]!;
        if (to === 'valid') {
          tree.reconsider(chosen.hash);
          const isOf = (other: ChainHeader) => model.path(chosen).includes(other) || model.path(other).includes(chosen);
          invalid = new Set([...invalid].filter((other) => !isOf(other)));
        } else if (chosen.height > 0) {
          tree.invalidate(chosen.hash);
          invalid.add(chosen);
        }
        check();
      }
      headers.slice(half).forEach(add);

      model.all.length = 1 + (size % model.all.length);
      invalid = new Set(model.all.slice(1, 2));
      tree.goBack(
        model.all.length,
        [...invalid].map(({hash}) => hash),
      );
      check();
      t.is(tree.size, model.all.length);
    }),
  );
});

test('the fork point is the highest block on both chains', (t) => {
  fc.assert(
    fc.property(anyGrowth, fc.nat(), fc.nat(), (growth, one, other) => {
      const tree = new BlockTree(root());
      const model = new Model(root());
      for (const added of grow(growth)) {
        tree.add(added);
        model.add(added);
      }
      const a = model.all[one % model.all.length] as ChainHeader;
      const b = model.all[other % model.all.length] as ChainHeader;
      const common = model.path(a).filter((block) => model.path(b).includes(block));
      t.deepEqual(tree.forkPoint(a.hash, b.hash), common.at(-1));
    }),
  );
});

test('a header that is added twice changes nothing', (t) => {
  const tree = new BlockTree(root());
  const first = tree.add(header(2, 1));
  t.is(tree.add(header(2, 1)), first);
  t.is(tree.size, 2);
});

test('a header without a parent is refused, and the tree is as before', (t) => {
  const tree = new BlockTree(root());
  t.throws(() => tree.add(header(3, 2)), {code: 'TOWER_INVALID_BLOCK', message: /not known/});
  t.is(tree.size, 1);
  t.is(tree.standing(name(3)), 'unknown');
  t.is(tree.get(name(3)), undefined);
});

test('a fork point with a block that nobody knows is refused', (t) => {
  t.throws(() => new BlockTree(root()).forkPoint(name(1), name(9)), {code: 'TOWER_INVALID_BLOCK'});
});

test('heights below the root are left out', (t) => {
  const tree = new BlockTree(root(100));
  tree.add(header(2, 1));
  t.is(tree.at(99), undefined);
  t.is(tree.at(101)?.hash, name(2));
  t.deepEqual(tree.range(99, 101), tree.range(100, 101));
  t.deepEqual(tree.range(90, 99), []);
  t.deepEqual(tree.range(101, 100), []);
});
