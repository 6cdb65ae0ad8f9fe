import test from 'ava';
import fc from 'fast-check';
import {indentJson} from '../../src/cli/indent-json.js';

test('any JSON is set as JSON.stringify would set it', (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t'), (value, space) => {
      t.is(indentJson(JSON.stringify(value, null, space)), JSON.stringify(JSON.parse(JSON.stringify(value)), null, 2));
    }),
  );
});

test('numbers and escapes stay as they were sent', (t) => {
  t.is(
    indentJson('{"n":12345678901234567890,"e":1E400,"t":"\\u0041 { \\" }"}'),
    '{\n  "n": 12345678901234567890,\n  "e": 1E400,\n  "t": "\\u0041 { \\" }"\n}',
  );
});
