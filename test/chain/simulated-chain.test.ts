import test from 'ava';
import fc from 'fast-check';
import {parseBlock} from '../../src/chain/block.js';
import {heightPush, openScript, subsidySats, witnessCommitment} from '../../src/chain/coinbase.js';
import {type ChainHeader, doubleSha256} from '../../src/chain/header.js';
import {merkleRootOf} from '../../src/chain/merkle.js';
import {regtestGenesis} from '../../src/chain/network.js';
import {SimulatedChain} from '../../src/chain/simulated-chain.js';
import {Rejection} from '../../src/errors/index.js';
import {spend} from '../../src/chain/spend.js';
import type {Transaction} from '../../src/chain/transaction.js';
import {verifyBlock} from '../../src/chain/verify-block.js';

type Command =
  | {do: 'mine'; blocks: number}
  | {do: 'reorg'; depth: number; blocks: number}
  | {do: 'mineOn'; arrival: number; blocks: number};

const fewBlocks = fc.integer({min: 0, max: 20});
const anyCommands = fc.array(
  fc.oneof(
    fc.record({do: fc.constant('mine' as const), blocks: fewBlocks}),
    fc.record({do: fc.constant('reorg' as const), depth: fc.integer({min: 1, max: 12}), blocks: fewBlocks}),
    fc.record({do: fc.constant('mineOn' as const), arrival: fc.nat(), blocks: fewBlocks}),
  ),
  {maxLength: 8},
);

function obey(chain: SimulatedChain, commands: readonly Command[]): void {
  for (const command of commands) {
    if (command.do === 'mine') chain.mine(command.blocks);
    else if (command.do === 'mineOn') {
      const arrivals = [...chain.arrivals()];
      const parent = parseBlock(arrivals[command.arrival % arrivals.length] as Uint8Array);
      chain.mineOn(parent.header.hash, command.blocks);
    } else if (command.depth <= chain.tip.height) chain.reorg(command);
  }
}

const hashesOf = (chain: SimulatedChain): string[] => [...chain.arrivals()].map((raw) => parseBlock(raw).header.hash);

test('the same seed and the same commands give the same blocks, another seed gives others', (t) => {
  fc.assert(
    fc.property(fc.bigInt({min: 0n, max: 2n ** 64n - 1n}), anyCommands, (seed, commands) => {
      const [one, same, other] = [seed, String(seed), seed + 1n].map((value) => new SimulatedChain({seed: value}));
      for (const chain of [one, same, other]) obey(chain as SimulatedChain, commands);
      const hashes = hashesOf(one as SimulatedChain);
      t.deepEqual(hashesOf(same as SimulatedChain), hashes);
      t.deepEqual(
        hashesOf(other as SimulatedChain)
          .slice(1)
          .filter((hash) => hashes.includes(hash)),
        [],
      );
      t.is(new Set(hashes).size, hashes.length);
    }),
    {numRuns: 30},
  );
});

test('every block keeps the rules of regtest', async (t) => {
  await fc.assert(
    fc.asyncProperty(anyCommands, async (commands) => {
      const chain = new SimulatedChain({seed: 'rules'});
      obey(chain, commands);
      for (const raw of [...chain.arrivals()].slice(1)) {
        const block = parseBlock(raw);
        verifyBlock(block);
        const header = (await chain.header(block.header.hash)) as ChainHeader;
        const parent = (await chain.header(header.previous)) as ChainHeader;
        t.is(header.height, parent.height + 1);
        t.is(header.version, 0x20000000);
        t.is(header.bits, 0x207fffff);
        t.true(header.time > (await medianTime(chain, parent)));
        const [first, ...others] = block.transactions as [Transaction, ...Transaction[]];
        t.deepEqual(others, []);
        t.is(first.outputs[0]?.amountSats, BigInt(subsidySats(header.height)));
        t.deepEqual(Buffer.from(first.outputs[0]?.script ?? []), openScript);
        const {script} = first.inputs[0] as Transaction['inputs'][0];
        const push = heightPush(header.height);
        t.deepEqual(Buffer.from(script).subarray(0, push.length), push);
        t.true(script.length >= 2 && script.length <= 100);
      }
    }),
    {numRuns: 20},
  );
});

async function medianTime(chain: SimulatedChain, tip: ChainHeader): Promise<number> {
  const times: number[] = [];
  for (let header: ChainHeader | undefined = tip; header !== undefined && times.length < 11;) {
    times.push(header.time);
    header = await chain.header(header.previous);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] as number;
}

test('a miner takes 50 bitcoin, half of it from each 150th block on, and in the end nothing', (t) => {
  t.deepEqual(
    [1, 149, 150, 299, 300, 450, 150 * 32, 150 * 33, 150 * 64].map(subsidySats),
    [50e8, 50e8, 25e8, 25e8, 12.5e8, 6.25e8, 1, 0, 0],
  );
});

test('a height is pushed in the shortest way', (t) => {
  const pushes = {1: '51', 16: '60', 17: '0111', 127: '017f', 128: '028000', 255: '02ff00', 256: '020001'};
  for (const [height, push] of Object.entries(pushes)) t.is(heightPush(Number(height)).toString('hex'), push);
  t.is(heightPush(32_767).toString('hex'), '02ff7f');
  t.is(heightPush(32_768).toString('hex'), '03008000');
  t.is(heightPush(8_388_607).toString('hex'), '03ffff7f');
  t.is(heightPush(8_388_608).toString('hex'), '0400008000');
});

test('it begins at the regtest genesis block and dates blocks ten minutes apart', (t) => {
  const chain = new SimulatedChain({seed: 1});
  t.is(chain.tip.hash, regtestGenesis);
  t.deepEqual(
    chain.mine(3).map(({time}) => time),
    [1_296_689_202, 1_296_689_802, 1_296_690_402],
  );
  const [fast] = new SimulatedChain({seed: 1, blockSeconds: 1}).mine(1);
  t.is(fast?.time, 1_296_688_603);
});

test('mining to a height stops there', (t) => {
  const chain = new SimulatedChain({seed: 1});
  t.is(chain.mineTo(40).at(-1)?.height, 40);
  t.is(chain.tip.height, 40);
  t.deepEqual(chain.mineTo(40), []);
  t.throws(() => chain.mineTo(39), {code: 'TOWER_INVALID_PARAMETER'});
});

test('a reorg switches exactly when its branch is longer than it is deep', (t) => {
  fc.assert(
    fc.property(fc.integer({min: 1, max: 12}), fc.integer({min: 0, max: 14}), (depth, blocks) => {
      const chain = new SimulatedChain({seed: 'reorg'});
      chain.mine(12);
      const before = chain.tip;
      const forkPoint = chain.at(12 - depth);
      const branch = chain.reorg({depth, blocks});
      t.is(branch.length, blocks);
      if (blocks > 0) t.is(branch[0]?.previous, forkPoint?.hash);
      t.is(chain.tip, blocks > depth ? (branch.at(-1) as ChainHeader) : before);
      t.is(chain.at(12 - depth), forkPoint);
    }),
  );
});

test('a call that says nothing of what it wants, or in other types, is told which it takes', (t) => {
  const any = SimulatedChain as unknown as new (options?: unknown) => Record<string, (...values: unknown[]) => void>;
  const refused = (call: () => unknown, message: string) =>
    t.throws(call, {code: 'TOWER_INVALID_PARAMETER', instanceOf: Rejection, message});
  refused(() => new any(null), "a simulated chain takes a map, {seed: 'example'}, not null");
  refused(() => new any({seed: null}), 'seed is a text or a whole number, not null');
  refused(() => new any({onBlock: 'x'}), 'onBlock is a function, not "x"');
  refused(() => new any({blocks: 5}), 'blocks is a list of raw blocks, not 5');
  const chain = new any();
  refused(() => chain['mine']!('3'), 'blocks is a whole number from 0, not "3"');
  refused(() => chain['mineTo']!('3'), 'height is a whole number from 0, not "3"');
  refused(() => chain['reorg']!(), 'a reorg takes a map, {depth: 1, blocks: 2}, not undefined');
  t.deepEqual(new SimulatedChain().mine(2), new SimulatedChain({seed: 'bartizan'}).mine(2));
});

test('commands that make no sense are refused and change nothing', (t) => {
  const chain = new SimulatedChain({seed: 1});
  chain.mine(5);
  const refused = {code: 'TOWER_INVALID_PARAMETER'};
  t.throws(() => chain.mine(-1), refused);
  t.throws(() => chain.mine(1.5), refused);
  t.throws(() => chain.reorg({depth: 6, blocks: 7}), refused);
  t.throws(() => chain.reorg({depth: 0, blocks: 1}), refused);
  t.throws(() => chain.mineOn('ab'.repeat(32), 1), refused);
  t.throws(() => chain.spendCoinbase(0), refused);
  t.throws(() => chain.spendCoinbase(6), refused);
  t.throws(() => chain.mine(1, {transactions: [Buffer.alloc(3)]}), {code: 'TOWER_INVALID_BLOCK'});
  t.throws(() => new SimulatedChain({seed: 1, blockSeconds: 0}), refused);
  t.is([...chain.arrivals()].length, 6);
});

test('transactions stand in the first block that is mined, under its witness commitment', async (t) => {
  const chain = new SimulatedChain({seed: 1});
  chain.mine(100);
  const first = chain.spendCoinbase(1);
  const second = spend({txid: first.txid, index: 0, amountSats: first.outputs[0]?.amountSats ?? 0n});
  const [header, empty] = chain.mine(2, {transactions: [first.raw, second.raw]}) as [ChainHeader, ChainHeader];
  const block = await chain.block(header.hash);
  t.deepEqual(
    block?.transactions.slice(1).map(({txid}) => txid),
    [first.txid, second.txid],
  );
  t.is(first.inputs[0]?.previousTxid, (await chain.block(chain.at(1)?.hash ?? ''))?.transactions[0]?.txid);
  t.is((await chain.block(empty.hash))?.transactions.length, 1);

  const leaves = [Buffer.alloc(32), first.wtxidBytes, second.wtxidBytes];
  const commitment = witnessCommitment(merkleRootOf(leaves).root);
  t.deepEqual(Buffer.from(block?.transactions[0]?.outputs[1]?.script ?? []).subarray(6), commitment);
  block?.verifyMerkleRoot();
});

test('an empty block commits to the root of its coinbase alone', async (t) => {
  const chain = new SimulatedChain({seed: 1});
  const [header] = chain.mine(1) as [ChainHeader];
  const block = await chain.block(header.hash);
  const output = Buffer.from(block?.transactions[0]?.outputs[1]?.script ?? []);
  t.deepEqual(output, Buffer.concat([Buffer.from('6a24aa21a9ed', 'hex'), doubleSha256(Buffer.alloc(64))]));
});

test('a coinbase is spent after 100 blocks, not before', (t) => {
  const chain = new SimulatedChain({seed: 1});
  chain.mine(99);
  t.throws(() => chain.spendCoinbase(1), {code: 'TOWER_INVALID_PARAMETER', message: /may be spent at 101/});
  chain.mine(1);
  t.is(chain.spendCoinbase(1).outputs[0]?.amountSats, 4_999_999_000n);
  const paid = [{amountSats: 7n, script: Buffer.from([0x6a])}];
  t.deepEqual(chain.spendCoinbase(1, paid).outputs[0]?.amountSats, 7n);
});

test('a chain that was stored and loaded goes on as if it had not been', (t) => {
  fc.assert(
    fc.property(anyCommands, anyCommands, (before, after) => {
      const stored: Uint8Array[] = [];
      const chain = new SimulatedChain({seed: 'store', onBlock: (raw) => stored.push(raw)});
      obey(chain, before);
      const loaded = new SimulatedChain({seed: 'store', blocks: stored});
      t.deepEqual(loaded.tip, chain.tip);
      for (const each of [chain, loaded]) obey(each, after);
      t.deepEqual(hashesOf(loaded), hashesOf(chain));
    }),
    {numRuns: 30},
  );
});

test('its own arrivals, genesis first, load again', (t) => {
  const chain = new SimulatedChain({seed: 3});
  chain.mine(3);
  chain.reorg({depth: 1, blocks: 1});
  t.deepEqual(hashesOf(new SimulatedChain({seed: 3, blocks: chain.arrivals()})), hashesOf(chain));
});

test('a damaged or orphaned block is not loaded', (t) => {
  const chain = new SimulatedChain({seed: 3});
  chain.mine(2);
  const [, first, second] = [...chain.arrivals()] as [Uint8Array, Uint8Array, Uint8Array];
  const refused = {code: 'TOWER_INVALID_BLOCK'};
  t.throws(() => new SimulatedChain({seed: 3, blocks: [second]}), {...refused, message: /parent/});
  t.throws(() => new SimulatedChain({seed: 3, blocks: [first.subarray(0, 100)]}), refused);
  const damaged = Buffer.from(first);
  damaged.writeUInt8(9, 150);
  t.throws(() => new SimulatedChain({seed: 3, blocks: [damaged]}), {...refused, message: /merkle root/});
});

test('each new block is handed over before anyone wakes', (t) => {
  const log: string[] = [];
  const chain = new SimulatedChain({seed: 4, onBlock: (raw) => log.push(parseBlock(raw).header.hash)});
  chain.onWake(() => log.push('wake'));
  const mined = chain.mine(3).map(({hash}) => hash);
  t.deepEqual(log, [...mined, 'wake']);
  log.length = 0;
  const branch = chain.reorg({depth: 2, blocks: 2}).map(({hash}) => hash);
  t.deepEqual(log, branch, 'an equal-work fork wakes nobody');
  log.length = 0;
  const [last] = chain.mineOn(branch[1] as string, 1) as [ChainHeader];
  t.deepEqual(log, [last.hash, 'wake']);
  t.is(chain.tip, last);
});

test('a block that could not be handed over is not in the chain', (t) => {
  let full = false;
  const chain = new SimulatedChain({
    seed: 4,
    onBlock: () => {
      if (full) throw new Error('disk full');
    },
  });
  const [kept] = chain.mine(1);
  full = true;
  t.throws(() => chain.mine(1), {message: 'disk full'});
  t.is(chain.tip, kept as ChainHeader);
  full = false;
  t.is(chain.mine(1)[0]?.height, 2);
});

test('a submitted block that is known already is handed over once', (t) => {
  const miner = new SimulatedChain({seed: 4});
  miner.mine(1);
  const [, raw] = [...miner.arrivals()] as [Uint8Array, Uint8Array];
  let blocks = 0;
  const chain = new SimulatedChain({seed: 5, onBlock: () => blocks++});
  chain.submit(raw);
  chain.submit(raw);
  t.is(blocks, 1);
  t.is(chain.tip.hash, miner.tip.hash);
});

test('a chain whose blocks are called invalid ends below them, and mines on from there', (t) => {
  const chain = new SimulatedChain({seed: 1});
  const [, second, third] = chain.mine(3) as [ChainHeader, ChainHeader, ChainHeader];
  let wakes = 0;
  chain.onWake(() => wakes++);
  chain.invalidate(second.hash);
  t.is(chain.tip.height, 1);
  t.is(wakes, 1);
  const [other] = chain.mine(1);
  t.not(other!.hash, second.hash);
  chain.reconsider(third.hash);
  t.is(chain.tip, third);
  t.throws(() => chain.invalidate(regtestGenesis), {code: 'TOWER_INVALID_PARAMETER'});
  t.throws(() => chain.reconsider('00'), {code: 'TOWER_INVALID_PARAMETER'});
});

test('a branch that is preferred is the best chain whatever its work, at once, and back again', (t) => {
  const chain = new SimulatedChain({seed: 1});
  const main = chain.mine(5).at(-1)!;
  const rival = chain.mineOn(chain.at(2)!.hash, 3).at(-1)!;
  const third = chain.mineOn(chain.at(1)!.hash, 4).at(-1)!;
  const tips: string[] = [];
  chain.onWake(() => tips.push(chain.tip.hash));
  const told = [third, rival, main, main].map(({hash}) => chain.prefer(hash));
  t.deepEqual(tips, [third.hash, rival.hash, main.hash]);
  t.deepEqual(told.at(-1), []);
  // One that ends where others go on ends there.
  told.push(chain.prefer(chain.at(4)!.hash));
  t.is(chain.tip.height, 4);
  t.is(chain.tip.hash, main.previous);

  // Whoever is told the same chooses the same.
  const twin = new SimulatedChain({seed: 2, blocks: chain.arrivals()});
  for (const {type, hash} of told.flat()) twin[type](hash);
  t.is(twin.tip.hash, main.previous);
});

test('a chain becomes what it was, also after going another way, and goes on as it did then', (t) => {
  fc.assert(
    fc.property(anyCommands, anyCommands, anyCommands, (before, after, then) => {
      const chain = new SimulatedChain({seed: 1});
      obey(chain, before);
      if (chain.tip.height > 1) chain.invalidate(chain.at(2)!.hash);
      const contents = chain.contents();
      obey(chain, then);
      const {tip} = chain;
      chain.become(contents);
      t.deepEqual(chain.contents(), contents);
      obey(chain, after);
      chain.become(contents);
      obey(chain, then);
      t.deepEqual(chain.tip, tip);
    }),
  );
});
