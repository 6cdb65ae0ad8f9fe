import {utils} from '@noble/secp256k1';
import test from 'ava';
import fc from 'fast-check';
import {isPublicKey} from '../../src/crypto/index.js';

const generator = '79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';
const fieldPrime = 'fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f';

test('a compressed key on the curve is a public key, in either case', (t) => {
  t.true(isPublicKey(`02${generator}`));
  t.true(isPublicKey(`03${generator}`));
  t.true(isPublicKey(`02${generator.toUpperCase()}`));
});

test('what is not a compressed key in hex is no public key', (t) => {
  const uncompressed = `04${generator}483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8`;
  const bad = ['', '02', generator, `04${generator}`, `00${generator}`, uncompressed, `02${generator}00`];
  for (const hex of [
    ...bad,
    ` 02${generator}`,
    `02${generator}\n`,
    `02${generator.replace('7', 'g')}`,
    '😀'.repeat(33),
  ]) {
    t.false(isPublicKey(hex), JSON.stringify(hex));
  }
});

test('an x that is not on the curve is no public key', (t) => {
  // 5 cubed plus 7 has no square root in the field; the others are zero and beyond the field.
  for (const x of ['05'.padStart(64, '0'), '00'.repeat(32), fieldPrime, 'ff'.repeat(32)]) {
    t.false(isPublicKey(`02${x}`), x);
    t.false(isPublicKey(`03${x}`), x);
  }
});

test('any x is judged as the library judges it', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({minLength: 32, maxLength: 32}), fc.constantFrom(2, 3), (x, prefix) => {
      const key = Buffer.from([prefix, ...x]);
      t.is(isPublicKey(key.toString('hex')), utils.isValidPublicKey(key, true));
    }),
    {numRuns: 500},
  );
});
