import test from 'ava';
import fc from 'fast-check';
import {decodeZbase32, encodeZbase32} from '../../src/crypto/index.js';
import {fromHex, vectors} from '../support/vectors.js';

const known = vectors<{vectors: {hex: string; text: string}[]}>('zbase32').vectors;

for (const {hex, text} of known) {
  test(`zbase32 of ${hex} is ${text}, and back`, (t) => {
    t.is(encodeZbase32(fromHex(hex)), text);
    t.deepEqual(Buffer.from(decodeZbase32(text)!), fromHex(hex));
  });
}

test('nothing encodes to nothing', (t) => {
  t.is(encodeZbase32(new Uint8Array()), '');
  t.is(decodeZbase32('')?.length, 0);
});

test('upper and mixed case decode like lower case', (t) => {
  t.deepEqual(decodeZbase32('6IM5SDY'), decodeZbase32('6im5sdy'));
  t.deepEqual(decodeZbase32('6Im5sDy'), decodeZbase32('6im5sdy'));
});

test('characters outside the alphabet are refused', (t) => {
  // The last is the Kelvin sign, which lower-cases to k; then digits and letters that zbase32 leaves out.
  for (const foreign of ['0', '2', 'l', 'v', 'L', 'V', '-', '=', ' ', '\n', 'é', '😀', '\u212a']) {
    t.is(decodeZbase32(`y${foreign}`), undefined, JSON.stringify(foreign));
    t.is(decodeZbase32(`6im5sd${foreign}`), undefined, JSON.stringify(foreign));
  }
});

test('lengths that no number of bytes has are refused', (t) => {
  for (let length = 0; length < 24; length++) {
    const decoded = decodeZbase32('y'.repeat(length));
    t.is(decoded === undefined, [1, 3, 6].includes(length % 8), `length ${length}`);
    if (decoded !== undefined) t.is(decoded.length, Math.floor((length * 5) / 8));
  }
});

test('unused bits that are not zero are refused', (t) => {
  t.deepEqual(decodeZbase32('yy'), Uint8Array.of(0));
  t.is(decodeZbase32('yb'), undefined);
  t.is(decodeZbase32('yyyb'), undefined);
  t.is(decodeZbase32('yyyyb'), undefined);
  t.is(decodeZbase32('yyyyyyb'), undefined);
  t.deepEqual(decodeZbase32('yyyyyyyb'), Uint8Array.of(0, 0, 0, 0, 1));
});

test('every byte string survives the way there and back', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({maxLength: 80}), (bytes) => {
      t.deepEqual(decodeZbase32(encodeZbase32(bytes)), bytes);
    }),
  );
});

test('a text that decodes is the one text of its bytes', (t) => {
  const letter = fc.constantFrom(...'ybndrfg8ejkmcpqxot1uwisza345h769');
  fc.assert(
    fc.property(fc.array(letter, {maxLength: 24}), (letters) => {
      const bytes = decodeZbase32(letters.join(''));
      if (bytes !== undefined) t.is(encodeZbase32(bytes), letters.join(''));
    }),
    {numRuns: 1000},
  );
  t.pass();
});
