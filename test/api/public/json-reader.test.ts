import test from 'ava';
import fc from 'fast-check';
import {JsonReader} from '../../../src/api/public/json-reader.js';
import {Refusal} from '../../../src/api/public/refusal.js';

/** Whether the whole text is passed over without an error. */
function isAccepted(bytes: Buffer): boolean {
  const reader = new JsonReader(bytes);
  try {
    reader.skip();
    reader.finish();
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test('what JSON.parse takes is taken, and nothing else', (t) => {
  fc.assert(
    fc.property(fc.json({maxDepth: 8}), fc.nat(), fc.nat(), (json, at, code) => {
      t.true(isAccepted(Buffer.from(json)));
      // One character changed, one left out, and cut.
      const place = at % (json.length + 1);
      const ascii = String.fromCharCode(code % 128);
      for (const text of [
        json.slice(0, place) + ascii + json.slice(place + 1),
        json.slice(0, place) + json.slice(place + 1),
        json.slice(0, place),
      ]) {
        t.is(isAccepted(Buffer.from(text)), isJson(text), JSON.stringify(text));
      }
    }),
    {numRuns: 2_000},
  );
});

test('texts are read as JSON.parse reads them', (t) => {
  const escaped = fc.constantFrom('\\"', '\\\\', '\\/', '\\b', '\\f', '\\n', '\\r', '\\t', '\\u0041', '\\ud83d\\ude00');
  const piece = fc.oneof(
    escaped,
    fc.string({unit: 'binary'}).map((text) => JSON.stringify(text).slice(1, -1)),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const json = `"${pieces.join('')}"`;
      const expected = JSON.parse(json) as string;
      fc.pre(!/\p{Surrogate}/u.test(expected));
      t.is(new JsonReader(Buffer.from(json)).text(), expected);
    }),
    {numRuns: 1_000},
  );
});

test('any bytes at all are read, or refused', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({maxLength: 200}), (bytes) => {
      isAccepted(Buffer.from(bytes));
      t.pass();
    }),
    {numRuns: 2_000},
  );
});
