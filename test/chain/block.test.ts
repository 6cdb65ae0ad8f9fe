import test from 'ava';
import fc from 'fast-check';
import {type Block, parseBlock} from '../../src/chain/block.js';
import {genesisCoinbase, regtestGenesisBlock} from '../../src/chain/genesis.js';
import {fromDisplayHex, serializeHeader, toDisplayHex} from '../../src/chain/header.js';
import {merkleRootOf} from '../../src/chain/merkle.js';
import {genesisOf} from '../../src/chain/network.js';
import {verifyBlock} from '../../src/chain/verify-block.js';
import {workOf} from '../../src/chain/work.js';

const genesisBlock = (header: {time: number; bits: number; nonce: number}): Block => {
  const {merkleRoot, previous} = regtestGenesisBlock().header;
  const raw = serializeHeader({version: 1, previous, merkleRoot, ...header});
  return parseBlock(Buffer.concat([raw, Buffer.from(`01${genesisCoinbase}`, 'hex')]));
};

// Times, bits and nonces as in Bitcoin Core's chain parameters.
const genesisBlocks = {
  bitcoin: genesisBlock({time: 1_231_006_505, bits: 0x1d00ffff, nonce: 2_083_236_893}),
  testnet: genesisBlock({time: 1_296_688_602, bits: 0x1d00ffff, nonce: 414_098_458}),
  signet: genesisBlock({time: 1_598_918_400, bits: 0x1e0377ae, nonce: 52_613_770}),
  regtest: regtestGenesisBlock(),
};

for (const [network, block] of Object.entries(genesisBlocks)) {
  test(`the genesis block of ${network} has its well-known hash and passes every check`, (t) => {
    t.is(block.header.hash, genesisOf[network as keyof typeof genesisBlocks]);
    t.notThrows(() => verifyBlock(block));
    t.is(block.transactions[0]?.txid, block.header.merkleRoot);
    t.is(block.transactions[0]?.outputs[0]?.amountSats, 5_000_000_000n);
    t.is(block.transactions[0]?.inputs[0]?.previousIndex, 0xffffffff);
  });
}

test('the regtest genesis block stands for two hashes of work', (t) => {
  t.is(workOf(regtestGenesisBlock().header.bits), 2n);
});

test('the header is read however strange the rest is; the transactions then refuse', (t) => {
  const header = regtestGenesisBlock().raw.subarray(0, 80);
  fc.assert(
    fc.property(fc.uint8Array({maxLength: 200}), (rest) => {
      const block = parseBlock(Buffer.concat([header, rest]));
      t.is(block.header.hash, genesisOf.regtest);
      t.throws(() => block.transactions, {code: 'TOWER_INVALID_BLOCK'});
    }),
  );
});

test('a block that is cut short anywhere, or has a byte to spare, is refused with its hash', (t) => {
  const {raw} = regtestGenesisBlock();
  const refused = {code: 'TOWER_INVALID_BLOCK', message: new RegExp(genesisOf.regtest)};
  for (let length = 80; length < raw.length; length++) {
    t.throws(() => parseBlock(raw.subarray(0, length)).transactions, refused, `${length} bytes`);
  }
  t.throws(() => parseBlock(Buffer.concat([raw, Buffer.alloc(1)])).transactions, refused);
});

test('fewer than 80 bytes are no block', (t) => {
  t.throws(() => parseBlock(Buffer.alloc(79)), {code: 'TOWER_INVALID_BLOCK'});
});

test('transactions that the header does not commit to are refused', (t) => {
  const raw = Buffer.from(regtestGenesisBlock().raw);
  raw.writeUInt8(1, raw.length - 1); // lock time
  t.throws(() => parseBlock(raw).verifyMerkleRoot(), {code: 'TOWER_INVALID_BLOCK', message: /merkle root/});
});

test('a list of transactions whose end is doubled is refused, though its merkle root is the same', (t) => {
  const leaves = [1, 2, 3].map((value) => Buffer.alloc(32, value));
  const doubled = [...leaves, leaves[2] as Buffer];
  t.deepEqual(merkleRootOf(doubled).root, merkleRootOf(leaves).root);
  t.false(merkleRootOf(leaves).isMutated);
  t.true(merkleRootOf(doubled).isMutated);

  const {raw, header} = regtestGenesisBlock();
  const coinbase = raw.subarray(81);
  const twice = Buffer.concat([Buffer.from([2]), coinbase, coinbase]);
  const merkleRoot = toDisplayHex(
    merkleRootOf([fromDisplayHex(header.merkleRoot), fromDisplayHex(header.merkleRoot)]).root,
  );
  const block = parseBlock(Buffer.concat([serializeHeader({...header, merkleRoot}), twice]));
  t.throws(() => block.verifyMerkleRoot(), {code: 'TOWER_INVALID_BLOCK', message: /twice/});
});

test("the merkle root of Bitcoin's block 100,000 comes from its four transactions", (t) => {
  const txids = [
    '8c14f0db3df150123e6f3dbbf30f8b955a8249b62ac1d1ff16284aefa3d06d87',
    'fff2525b8931402dd09222c50775608f75787bd2b87e56995a7bdd30f79702c4',
    '6359f0868171b1d194cbee1af2f16ea598ae8fad666d9b012c8ed2b79a236ec4',
    'e9a66845e05d5abc0ad04ec80f774a7e585c6e8db975962d069a522137b80c1d',
  ];
  t.is(
    toDisplayHex(merkleRootOf(txids.map(fromDisplayHex)).root),
    'f3e94742aca4b5ef85488dc37c06c3282295ffec960994b2c0d5ac2a25a95766',
  );
});

test('transactions are read once', (t) => {
  const block = regtestGenesisBlock();
  t.is(block.transactions, block.transactions);
});
