import test from 'ava';
import fc from 'fast-check';
import {regtestGenesisBlock} from '../../src/chain/genesis.js';
import {type ChainHeader, extend, parseHeader, serializeHeader} from '../../src/chain/header.js';
import {mineBlock} from '../../src/chain/miner.js';
import {genesisOf} from '../../src/chain/network.js';
import {meetsTarget, targetOf, workOf} from '../../src/chain/work.js';

// Bitcoin's genesis block: the header every node has built in.
const genesis = {
  version: 1,
  previous: '0'.repeat(64),
  merkleRoot: '4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b',
  time: 1_231_006_505,
  bits: 0x1d00ffff,
  nonce: 2_083_236_893,
};

test("Bitcoin's genesis header has its well-known hash and work", (t) => {
  const header = parseHeader(serializeHeader(genesis));
  t.deepEqual(header, {...genesis, hash: genesisOf.bitcoin});
  t.is(workOf(header.bits), 0x1_0001_0001n);
  t.true(meetsTarget(header));
});

test('a header that was changed by one nonce lacks proof of work', (t) => {
  t.false(meetsTarget(parseHeader(serializeHeader({...genesis, nonce: genesis.nonce + 1}))));
});

test('bits stand for the target that Bitcoin Core reads from them', (t) => {
  const targets: [bits: number, target: bigint][] = [
    [0x207fffff, 0x7fffffn << 232n],
    [0x1d00ffff, 0xffffn << 208n],
    [0x00123456, 0n],
    [0x01003456, 0n],
    [0x01123456, 0x12n],
    [0x02123456, 0x1234n],
    [0x03123456, 0x123456n],
    [0x04123456, 0x12345600n],
    [0x05009234, 0x92340000n],
    [0x20123456, 0x123456n << 232n],
    [0x04923456, 0n], // negative
    [0xff123456, 0n], // beyond 256 bits
  ];
  for (const [bits, target] of targets) t.is(targetOf(bits), target, bits.toString(16));
});

test('work is what the target leaves to chance, and none where there is no target', (t) => {
  t.is(workOf(0x207fffff), 2n);
  t.is(workOf(0x1d00ffff), 0x1_0001_0001n);
  t.is(workOf(0x04923456), 0n);
  t.is(workOf(0x207fffff), 2n); // not what was asked for last
});

test('any header survives being written and read', (t) => {
  const hash = fc.uint8Array({minLength: 32, maxLength: 32}).map((bytes) => Buffer.from(bytes).toString('hex'));
  const u32 = fc.integer({min: 0, max: 0xffffffff});
  fc.assert(
    fc.property(
      fc.record({version: fc.integer({min: -(2 ** 31), max: 2 ** 31 - 1}), previous: hash, merkleRoot: hash}),
      fc.record({time: u32, bits: u32, nonce: u32}),
      (links, numbers) => {
        const raw = serializeHeader({...links, ...numbers});
        const read = parseHeader(raw);
        t.like(read, {...links, ...numbers});
        t.deepEqual(serializeHeader(read), raw);
      },
    ),
  );
});

test('79 bytes are no header', (t) => {
  t.throws(() => parseHeader(Buffer.alloc(79)), {code: 'TOWER_INVALID_BLOCK'});
});

test('a header extends its parent only, and only with proof of work', (t) => {
  const {header: child} = regtestBlock(regtestGenesisBlock().header.hash);
  const parent: ChainHeader = {...regtestGenesisBlock().header, height: 7, chainwork: 100n};
  t.deepEqual(extend(parent, child), {...child, height: 8, chainwork: 102n});
  t.throws(() => extend(parent, regtestBlock(child.hash).header), {
    code: 'TOWER_INVALID_BLOCK',
    message: /does not extend/,
  });
  const idle = parseHeader(serializeHeader({...child, bits: genesis.bits}));
  t.throws(() => extend(parent, idle), {code: 'TOWER_INVALID_BLOCK', message: /proof of work/});
});

const regtestBlock = (previous: string) =>
  mineBlock({previous, height: 8, time: 1_300_000_000, tag: Buffer.alloc(12), transactions: []});
