import {RawOldTx, RawTx} from '@scure/btc-signer/script.js';
import test from 'ava';
import fc from 'fast-check';
import {doubleSha256, toDisplayHex} from '../../src/chain/header.js';
import {parseTransaction} from '../../src/chain/transaction.js';

// The signed transaction of BIP 143's first example: one input without a witness, one with. Its two hashes are what
// bitcoind's decoderawtransaction answers.
const bip143 =
  '01000000000102fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f00000000494830450221008b9d1dc26ba6a9' +
  'cb62127b02742fa9d754cd3bebf337f7a55d114c8e5cdd30be022040529b194ba3f9281a99f2b1c0a19c0489bc22ede944ccf4ecbab4cc618' +
  'ef3ed01eeffffffef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ffffffff02202cb206000000' +
  '001976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac9093510d000000001976a9143bde42dbee7e4dbe6a21b2d50ce2f0167fa' +
  'a815988ac000247304402203609e17b84f6a7d30c80bfa610b5b4542f32a8a0d5447a12fb1366d7f01cc44a0220573a954c4518331561406f' +
  '90300e8f3358f51928d43c212a8caed02de67eebee0121025476c2e83188368da1ff3e292e7acafcdb3566bb0ad253f62fc70f07aeee63571' +
  '1000000';

test('a transaction with witnesses has the ids that bitcoind gives it', (t) => {
  const transaction = parseTransaction(Buffer.from(bip143, 'hex'));
  t.is(transaction.txid, 'e8151a2af31c368a35053ddd4bdb285a8595c769a3ad83e0fa02314a602d4609');
  t.is(transaction.wtxid, 'c36c38370907df2324d9ce9d149d191192f338b37665a82e78e76a12c909b762');
  t.is(transaction.lockTime, 17);
  t.deepEqual(
    transaction.inputs.map((input) => [input.previousTxid, input.previousIndex, input.sequence, input.witness.length]),
    [
      ['9f96ade4b41d5433f4eda31e1738ec2b36f6e7d1420d94a6af99801a88f7f7ff', 0, 0xffffffee, 0],
      ['8ac60eb9575db5b2d987e29f301b5b819ea83a5c6579d282d189cc04b8e151ef', 1, 0xffffffff, 2],
    ],
  );
  t.deepEqual(
    transaction.outputs.map((output) => output.amountSats),
    [112_340_000n, 223_450_000n],
  );
});

const bytes = (maxLength: number) => fc.uint8Array({maxLength});
const u32 = fc.integer({min: 0, max: 0xffffffff});
const anyInput = fc.record({
  txid: fc.uint8Array({minLength: 32, maxLength: 32}),
  index: u32,
  finalScriptSig: bytes(300),
  sequence: u32,
});
const anyOutput = fc.record({amount: fc.bigInt({min: 0n, max: 2n ** 64n - 1n}), script: bytes(300)});
const anyTransaction = fc
  .record({
    version: fc.integer({min: -(2 ** 31), max: 2 ** 31 - 1}),
    inputs: fc.array(fc.tuple(anyInput, fc.array(bytes(90), {maxLength: 3})), {minLength: 1, maxLength: 4}),
    outputs: fc.array(anyOutput, {maxLength: 4}),
    lockTime: u32,
  })
  .map(({inputs, ...rest}) => {
    const witnesses = inputs.map(([, witness]) => witness);
    const segwitFlag = witnesses.some((witness) => witness.length > 0);
    return {...rest, inputs: inputs.map(([input]) => input), segwitFlag, ...(segwitFlag ? {witnesses} : {})};
  });

test('any transaction is read as the library wrote it', (t) => {
  fc.assert(
    fc.property(anyTransaction, (written) => {
      const raw = RawTx.encode(written as Parameters<typeof RawTx.encode>[0]);
      const read = parseTransaction(raw);
      t.is(read.txid, toDisplayHex(doubleSha256(RawOldTx.encode(written))));
      t.is(read.wtxid, toDisplayHex(doubleSha256(raw)));
      t.is(read.hasWitness, written.segwitFlag);
      t.deepEqual(Buffer.from(read.raw), Buffer.from(raw));
      t.is(read.version, written.version);
      t.is(read.lockTime, written.lockTime);
      t.deepEqual(
        read.inputs.map((input) => [input.previousTxid, input.previousIndex, hex(input.script), input.sequence]),
        written.inputs.map((input) => [hex(input.txid), input.index, hex(input.finalScriptSig), input.sequence]),
      );
      t.deepEqual(
        read.inputs.map((input) => input.witness.map(hex)),
        written.witnesses?.map((witness) => witness.map(hex)) ?? written.inputs.map(() => []),
      );
      t.deepEqual(
        read.outputs.map((output) => [output.amountSats, hex(output.script)]),
        written.outputs.map((output) => [output.amount, hex(output.script)]),
      );
    }),
  );
});

test('a transaction that is cut short anywhere is refused', (t) => {
  const raw = Buffer.from(bip143, 'hex');
  for (let length = 0; length < raw.length; length++) {
    t.throws(() => parseTransaction(raw.subarray(0, length)), {code: 'TOWER_INVALID_BLOCK'}, `${length} bytes`);
  }
});

test('bytes after a transaction are refused', (t) => {
  t.throws(() => parseTransaction(Buffer.from(`${bip143}00`, 'hex')), {
    code: 'TOWER_INVALID_BLOCK',
    message: /1 bytes follow/,
  });
});

test('what Bitcoin Core cannot read is refused', (t) => {
  const input = `${'11'.repeat(36)}00ffffffff`;
  const output = `${'00'.repeat(8)}00`;
  const refused = {
    'an unknown flag': `02000000000201${input}01${output}0000000000`,
    'an unknown flag before what could be read': '0200000000020000000000',
    'a witness mark without a witness': `02000000000101${input}01${output}0000000000`,
    'a count that is longer than it must be': `02000000fd0100${input}01${output}00000000`,
    'a count beyond 32 bits': `02000000ff0000000001000000${input}`,
    'a count without its items': '02000000feffffffff',
  };
  for (const [what, raw] of Object.entries(refused)) {
    t.throws(() => parseTransaction(Buffer.from(raw, 'hex')), {code: 'TOWER_INVALID_BLOCK'}, what);
  }
});

test('a transaction without inputs and outputs is read, as Bitcoin Core does', (t) => {
  const transaction = parseTransaction(Buffer.from('02000000000000000000', 'hex'));
  t.deepEqual([transaction.inputs.length, transaction.outputs.length, transaction.hasWitness], [0, 0, false]);
  t.is(transaction.txid, transaction.wtxid);
});

const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex');
