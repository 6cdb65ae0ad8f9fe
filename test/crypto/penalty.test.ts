import test from 'ava';
import fc from 'fast-check';
import {decryptPenalty, encryptPenalty} from '../../src/crypto/penalty.js';
import {InvariantError} from '../../src/errors/index.js';
import {teosProtocol as known} from '../support/teos-protocol.js';
import {fromHex} from '../support/vectors.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const blob = fromHex(known.encryptedBlob.rust);
const txid = fc.uint8Array({minLength: 32, maxLength: 32}).map(hex);

test('a penalty is encrypted and read again as rust-teos does it', (t) => {
  t.is(hex(encryptPenalty(known.disputeTxid, fromHex(known.penaltyTx))), known.encryptedBlob.rust);
  t.is(hex(decryptPenalty(known.disputeTxid, blob)!), known.penaltyTx);
  t.is(hex(decryptPenalty(known.disputeTxid.toUpperCase(), blob)!), known.penaltyTx);
});

test('any penalty comes back, 16 bytes shorter than its blob, an empty one too', (t) => {
  fc.assert(
    fc.property(txid, fc.uint8Array({maxLength: 5_000}), (disputeTxid, penaltyTx) => {
      const sealed = encryptPenalty(disputeTxid, penaltyTx);
      t.is(sealed.length, penaltyTx.length + 16);
      t.deepEqual(Uint8Array.from(decryptPenalty(disputeTxid, sealed)!), penaltyTx);
    }),
  );
});

test('a blob that was changed, shortened or made for another dispute is none', (t) => {
  fc.assert(
    fc.property(fc.nat({max: blob.length - 1}), fc.integer({min: 1, max: 255}), (at, change) => {
      const changed = Buffer.from(blob);
      changed[at]! ^= change;
      t.is(decryptPenalty(known.disputeTxid, changed), undefined);
      t.is(decryptPenalty(known.disputeTxid, blob.subarray(0, at)), undefined);
    }),
  );
  t.is(decryptPenalty(known.disputeTxid, Buffer.concat([blob, Buffer.alloc(1)])), undefined);
  t.is(decryptPenalty('00'.repeat(32), blob), undefined);
});

test('what is no txid is a defect of the caller', (t) => {
  for (const bad of ['', known.disputeTxid.slice(2), `${known.disputeTxid}00`, 'x'.repeat(64)]) {
    t.throws(() => encryptPenalty(bad, Buffer.alloc(1)), {instanceOf: InvariantError});
  }
});
