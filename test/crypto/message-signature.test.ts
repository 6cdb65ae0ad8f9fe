import test from 'ava';
import fc from 'fast-check';
import {curve} from '../../src/crypto/curve.js';
import {decodeZbase32, encodeZbase32, recoverKey, SigningKey} from '../../src/crypto/index.js';
import {recoverKeyOn} from '../../src/crypto/message-signature.js';
import {noble} from '../../src/crypto/noble.js';
import {fromHex, vectors} from '../support/vectors.js';

interface MessageSignatures {
  vectors: {secretKey?: string; publicKey: string; message: string; signature: string}[];
  malleability: {secretKey: string; publicKey: string; messageHex: string; signature: string; highS: string};
}

const known = vectors<MessageSignatures>('message-signatures');
const utf8 = (text: string): Uint8Array => Buffer.from(text, 'utf8');
const toHex = (signature: string): string => Buffer.from(decodeZbase32(signature)!).toString('hex');

/** The one that computes here, and the reference. */
const implementations = new Set([curve, noble]);

for (const on of implementations) {
  for (const [index, {secretKey, publicKey, message, signature}] of known.vectors.entries()) {
    test(`${on.name} recovers the key of known signature ${index} over "${message}", in zbase32 and in hex`, (t) => {
      t.is(recoverKeyOn(on, utf8(message), signature), publicKey);
      t.is(recoverKeyOn(on, utf8(message), signature.toUpperCase()), publicKey);
      t.is(recoverKeyOn(on, utf8(message), toHex(signature)), publicKey);
      t.is(recoverKeyOn(on, utf8(message), toHex(signature).toUpperCase()), publicKey);
      t.not(recoverKeyOn(on, utf8(`${message} `), signature), publicKey);
    });

    if (secretKey !== undefined) {
      test(`${on.name} signs "${message}" with known key ${index} and gives exactly the known signature`, (t) => {
        const key = new SigningKey(fromHex(secretKey), on);
        t.is(key.publicKey, publicKey);
        t.is(key.sign(utf8(message)), signature);
      });
    }
  }

  test(`${on.name} recovers the same key from a known signature and its high-s twin`, (t) => {
    const {secretKey, publicKey, messageHex, signature, highS} = known.malleability;
    t.is(new SigningKey(fromHex(secretKey), on).sign(fromHex(messageHex)), signature);
    t.is(recoverKeyOn(on, fromHex(messageHex), signature), publicKey);
    t.not(signature, highS);
    t.is(recoverKeyOn(on, fromHex(messageHex), highS), publicKey);
  });
}

const curveOrder = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const secretKeys = fc.bigInt({min: 1n, max: curveOrder - 1n}).map((n) => fromHex(n.toString(16).padStart(64, '0')));
const messages = fc.uint8Array({maxLength: 300});

test('whatever a key signs recovers to that key, with a low s and a 104 character text', (t) => {
  fc.assert(
    fc.property(secretKeys, messages, (secret, message) => {
      const key = new SigningKey(secret);
      const signature = key.sign(message);
      t.regex(signature, /^[ybndrfg8ejkmcpqxot1uwisza345h769]{104}$/);
      t.true(BigInt(`0x${toHex(signature).slice(66)}`) <= curveOrder / 2n);
      t.is(recoverKey(message, signature), key.publicKey);
      t.is(recoverKey(message, toHex(signature)), key.publicKey);
      t.is(key.sign(message), signature);
    }),
    {numRuns: 50},
  );
});

test('one flipped bit in the signature never recovers the same key', (t) => {
  const key = new SigningKey(fromHex('11'.repeat(32)));
  const message = utf8('hold the gate');
  const signature = decodeZbase32(key.sign(message))!;
  for (let bit = 0; bit < signature.length * 8; bit++) {
    const flipped = Uint8Array.from(signature);
    flipped[bit >> 3]! ^= 0x80 >> (bit & 7);
    t.not(recoverKey(message, encodeZbase32(flipped)), key.publicKey, `bit ${bit}`);
  }
});

test('one flipped bit in the message never recovers the same key', (t) => {
  const key = new SigningKey(fromHex('11'.repeat(32)));
  const message = Buffer.from('hold the gate', 'utf8');
  const signature = key.sign(message);
  for (let bit = 0; bit < message.length * 8; bit++) {
    const flipped = Buffer.from(message);
    flipped[bit >> 3]! ^= 0x80 >> (bit & 7);
    t.not(recoverKey(flipped, signature), key.publicKey, `bit ${bit}`);
  }
});

test('a header outside 31 to 34 is no signature', (t) => {
  const message = utf8('test message');
  const bytes = decodeZbase32(known.vectors[0]!.signature)!;
  const accepted = [];
  for (let header = 0; header < 256; header++) {
    bytes[0] = header;
    if (recoverKey(message, encodeZbase32(bytes)) !== undefined) accepted.push(header);
  }
  // 33 and 34 are well-formed, but this r plus the order of the curve is no x of the field.
  t.deepEqual(accepted, [31, 32]);
});

test('r and s of zero, of the order and above are no signature', (t) => {
  const message = utf8('test message');
  const good = '01'.repeat(32);
  const order = curveOrder.toString(16);
  for (const bad of ['00'.repeat(32), order, 'ff'.repeat(32)]) {
    t.is(recoverKey(message, `1f${bad}${good}`), undefined);
    t.is(recoverKey(message, `1f${good}${bad}`), undefined);
  }
  t.is(recoverKey(message, `1f${good}${good}`)?.length, 66, 'the rest of these texts is well-formed');
});

test('text that is no signature recovers nothing and throws nothing', (t) => {
  const message = utf8('test message');
  const good = known.vectors[0]!.signature;
  const texts = ['', ' ', good.slice(1), `${good}y`, ` ${good}`, `${good}\n`, toHex(good).slice(2), `${toHex(good)}00`];
  for (const text of [
    ...texts,
    good.replace('d', 'l'),
    toHex(good).replace('a', 'g'),
    '😀'.repeat(52),
    '\0'.repeat(104),
  ]) {
    t.is(recoverKey(message, text), undefined, JSON.stringify(text));
  }
  const shapes = fc.oneof(
    fc.string({maxLength: 200, unit: 'binary'}),
    fc.string({minLength: 104, maxLength: 104}),
    fc.string({minLength: 104, maxLength: 104, unit: fc.constantFrom(...'ybndrfg8ejkmcpqxot1uwisza345h769')}),
    fc.string({minLength: 130, maxLength: 130, unit: fc.constantFrom(...'0123456789abcdefABCDEF')}),
  );
  fc.assert(
    fc.property(shapes, messages, (text, over) => {
      const key = recoverKey(over, text);
      t.true(key === undefined || /^0[23][0-9a-f]{64}$/.test(key));
    }),
    {numRuns: 300},
  );
});
