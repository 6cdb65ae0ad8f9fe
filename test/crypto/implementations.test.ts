import {Point, utils} from '@noble/secp256k1';
import test from 'ava';
import fc from 'fast-check';
import {curve} from '../../src/crypto/curve.js';
import {decodeZbase32, encodeZbase32} from '../../src/crypto/index.js';
import {messageDigest, recoverKeyOn} from '../../src/crypto/message-signature.js';
import {noble} from '../../src/crypto/noble.js';
import {isPublicKeyOn} from '../../src/crypto/public-key.js';
import {SigningKey} from '../../src/crypto/signing-key.js';
import {curveOrder, edges, fieldPrime, modulo, numberOf, secrets, word, words} from '../support/curve-values.js';

// Where no binary loads, curve.test.ts says whether that is right, and there is nothing to compare.
const testBoth = curve.name === 'noble' ? test.skip : test;
const both = [curve, noble] as const;
const recoveries = fc.constantFrom(0, 1, 2, 3);

const hex = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString('hex');
const recoverable = (recovery: number, r: Uint8Array, s: Uint8Array): Buffer => Buffer.from([recovery, ...r, ...s]);

/** What both recover, which is the same. */
function recovered(signature: Uint8Array, digest: Uint8Array): string | undefined {
  const [native, reference] = both.map((on) => hex(on.recover(signature, digest)));
  if (native !== reference) throw new Error(`${hex(signature)} over ${hex(digest)}: ${native}, but ${reference}`);
  return native;
}

/** x of the point that is so many times the generator, and whether its y is odd. */
function multiple(n: bigint): {x: bigint; odd: number} {
  const {x, y} = Point.BASE.multiply(n).toAffine();
  return {x, odd: Number(y & 1n)};
}

testBoth('both sign any digest with any secret byte for byte the same, with a low s, and recover the same key', (t) => {
  fc.assert(
    fc.property(secrets, words, (number, digest) => {
      const secret = word(number);
      const [signature, reference] = both.map((on) => on.sign(digest, secret));
      t.is(hex(signature), hex(reference));
      t.true(numberOf(signature!.subarray(33)) <= curveOrder / 2n);
      const key = hex(noble.publicKey(secret));
      t.is(hex(curve.publicKey(secret)), key);
      t.is(recovered(signature!, digest), key);
    }),
    {numRuns: 300},
  );
});

testBoth('both sign digests about the order and beyond it the same', (t) => {
  for (const secret of [1n, 2n, curveOrder - 1n].map(word)) {
    for (const digest of edges.map(word)) t.is(hex(curve.sign(digest, secret)), hex(noble.sign(digest, secret)));
  }
});

testBoth('both recover the same from any recovery id, r, s and digest, or nothing', (t) => {
  let keys = 0;
  fc.assert(
    fc.property(recoveries, words, words, words, (recovery, r, s, digest) => {
      if (recovered(recoverable(recovery, r, s), digest) !== undefined) keys++;
    }),
    {numRuns: 600},
  );
  t.true(keys > 0);
});

testBoth('both recover the same, or nothing, from every r and s about zero, the order and the prime', (t) => {
  const digest = messageDigest(Buffer.from('hold the gate'));
  const counts = {keys: 0, nothing: 0};
  for (const r of [...edges, multiple(1n).x, multiple(2n).x]) {
    for (const s of [0n, 1n, curveOrder / 2n, curveOrder / 2n + 1n, curveOrder - 1n, curveOrder, curveOrder + 1n]) {
      for (const recovery of [0, 1, 2, 3]) {
        const key = recovered(recoverable(recovery, word(r), word(s)), digest);
        counts[key === undefined ? 'nothing' : 'keys']++;
        if (s === 0n || s >= curveOrder || r === 0n || r >= curveOrder) t.is(key, undefined);
      }
    }
  }
  t.true(counts.keys > 50 && counts.nothing > 50, JSON.stringify(counts));
});

testBoth('both add the order to r for recovery ids 2 and 3, as long as the sum is an x of the field', (t) => {
  const digest = messageDigest(Buffer.from('hold the gate'));
  const isX = (x: bigint): boolean => x < fieldPrime && utils.isValidPublicKey(Buffer.from([2, ...word(x)]), true);
  const room = fieldPrime - curveOrder;
  const small = Array.from({length: 20}, (_, i) => BigInt(i + 1));
  let keys = 0;
  for (const r of [...small, ...small.map((n) => room - n), ...small.map((n) => room + n), room]) {
    for (const recovery of [2, 3]) {
      const key = recovered(recoverable(recovery, word(r), word(7n)), digest);
      t.is(key !== undefined, isX(r + curveOrder), `r ${r}`);
      if (key !== undefined) keys++;
    }
  }
  t.true(keys > 10);
});

testBoth('both recover nothing where the key would be the point at infinity', (t) => {
  fc.assert(
    fc.property(secrets, secrets, (nonce, s) => {
      // The key is (s R - e G) / r with R = nonce G: nothing for e = s nonce, and 2 s R / r for its negative.
      const {x, odd} = multiple(nonce);
      const signature = recoverable(x < curveOrder ? odd : odd + 2, word(modulo(x)), word(s));
      t.is(recovered(signature, word(modulo(s * nonce))), undefined);
      t.not(recovered(signature, word(modulo(-s * nonce))), undefined);
    }),
    {numRuns: 40},
  );
});

testBoth('both recover the same key from a signature and its twin of high s', (t) => {
  fc.assert(
    fc.property(secrets, words, (number, digest) => {
      const signature = curve.sign(digest, word(number));
      const s = numberOf(signature.subarray(33));
      const twin = recoverable(signature[0]! ^ 1, signature.subarray(1, 33), word(curveOrder - s));
      t.is(recovered(twin, digest), hex(noble.publicKey(word(number))));
    }),
    {numRuns: 50},
  );
});

testBoth('both take no signature of another size or with another recovery id', (t) => {
  const digest = messageDigest(Buffer.from('hold the gate'));
  const good = curve.sign(digest, word(1n));
  t.not(recovered(good, digest), undefined);
  for (const size of [0, 1, 33, 64]) t.is(recovered(good.subarray(0, size), digest), undefined);
  t.is(recovered(Buffer.concat([good, Buffer.of(0)]), digest), undefined);
  for (let recovery = 4; recovery < 256; recovery++) {
    t.is(recovered(recoverable(recovery, good.subarray(1, 33), good.subarray(33)), digest), undefined);
  }
});

testBoth('both take the same secrets', (t) => {
  fc.assert(
    fc.property(words, (secret) => {
      const isSecret = numberOf(secret) > 0n && numberOf(secret) < curveOrder;
      t.deepEqual(
        both.map((on) => on.isSecretKey(secret)),
        [isSecret, isSecret],
      );
    }),
    {numRuns: 500},
  );
  const strange = [new Uint8Array(), word(1n).subarray(1), Buffer.concat([word(1n), word(1n)]), 'a'.repeat(32), null];
  for (const secret of [...strange, undefined, [...word(1n)], new Uint16Array(32).fill(1)]) {
    for (const on of both) t.false(on.isSecretKey(secret as Uint8Array), on.name);
  }
});

testBoth('both take the same public keys', (t) => {
  let points = 0;
  fc.assert(
    fc.property(words, fc.constantFrom('02', '03'), fc.boolean(), (x, prefix, upper) => {
      const lower = `${prefix}${hex(x)}`;
      const key = upper ? lower.toUpperCase() : lower;
      const isPoint = utils.isValidPublicKey(Buffer.from(lower, 'hex'), true);
      t.deepEqual(
        both.map((on) => isPublicKeyOn(on, key)),
        [isPoint, isPoint],
        key,
      );
      if (isPoint) points++;
    }),
    {numRuns: 500},
  );
  t.true(points > 0);
});

const messages = fc.uint8Array({maxLength: 300});
const keysOf = (message: Uint8Array, text: string) => both.map((on) => recoverKeyOn(on, message, text));

testBoth('both keys of one secret sign any message with the same text, and recover it from zbase32 and hex', (t) => {
  fc.assert(
    fc.property(secrets, messages, (number, message) => {
      const [key, reference] = both.map((on) => new SigningKey(word(number), on));
      const text = key!.sign(message);
      t.is(key!.publicKey, reference!.publicKey);
      t.is(text, reference!.sign(message));
      for (const form of [text, text.toUpperCase(), hex(decodeZbase32(text)!)!]) {
        t.deepEqual(keysOf(message, form), [key!.publicKey, key!.publicKey]);
      }
    }),
    {numRuns: 100},
  );
});

testBoth('both recover the same, or nothing, from a signature with every header', (t) => {
  const message = Buffer.from('hold the gate');
  const bytes = decodeZbase32(new SigningKey(word(5n)).sign(message))!;
  for (let header = 0; header < 256; header++) {
    bytes[0] = header;
    const [native, reference] = keysOf(message, encodeZbase32(bytes));
    t.is(native, reference, `header ${header}`);
    t.is(recoverKeyOn(curve, message, hex(bytes)!), reference);
    if (header < 31 || header > 34) t.is(reference, undefined);
  }
});

testBoth('both recover the same, or nothing, from a signature that was tampered with', (t) => {
  const bits = fc.uniqueArray(fc.nat({max: 65 * 8 - 1}), {minLength: 1, maxLength: 3});
  fc.assert(
    fc.property(secrets, messages, bits, (number, message, flipped) => {
      const key = new SigningKey(word(number));
      const bytes = decodeZbase32(key.sign(message))!;
      for (const bit of flipped) bytes[bit >> 3]! ^= 0x80 >> (bit & 7);
      const [native, reference] = keysOf(message, encodeZbase32(bytes));
      t.is(native, reference);
      t.not(native, key.publicKey);
    }),
    {numRuns: 150},
  );
});

testBoth('both recover the same, or nothing, from any text', (t) => {
  const zbase32 = fc.constantFrom(...'ybndrfg8ejkmcpqxot1uwisza345h769YBNDRFG');
  const withHeader = fc
    .tuple(fc.integer({min: 29, max: 36}), words, words)
    .map(([header, r, s]) => Buffer.from([header, ...r, ...s]));
  const texts = fc.oneof(
    fc.string({maxLength: 200, unit: 'binary'}),
    fc.string({minLength: 103, maxLength: 105, unit: zbase32}),
    fc.string({minLength: 129, maxLength: 131, unit: fc.constantFrom(...'0123456789abcdefABCDEF')}),
    withHeader.map(encodeZbase32),
    withHeader.map((bytes) => bytes.toString('hex')),
  );
  let keys = 0;
  fc.assert(
    fc.property(texts, messages, (text, message) => {
      const [native, reference] = keysOf(message, text);
      t.is(native, reference);
      if (native !== undefined) keys++;
    }),
    {numRuns: 500},
  );
  t.true(keys > 0);
});
