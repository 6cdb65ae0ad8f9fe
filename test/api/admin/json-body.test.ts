import test from 'ava';
import fc from 'fast-check';
import {parseBody} from '../../../src/api/admin/json-body.js';

const parse = (text: string): unknown => parseBody(Buffer.from(text));
const refused = (message: RegExp) => ({code: 'TOWER_INVALID_PARAMETER', message}) as const;

test('any flat object is read as JSON.parse reads it, whatever stands in its texts', (t) => {
  const text = fc.oneof(fc.string({unit: 'grapheme'}), fc.constantFrom('"', '\\', '":', '\\":', '{"a":1,"a":2}'));
  const body = fc.dictionary(text, fc.oneof(text, fc.integer(), fc.constant(null)));
  fc.assert(
    fc.property(body, fc.constantFrom(undefined, 2), (value, space) => {
      const json = JSON.stringify(value, null, space);
      t.deepEqual(parse(json), JSON.parse(json));
    }),
  );
});

test('a name that stands twice is found, however it is written', (t) => {
  for (const text of [
    '{"a":1,"a":1}',
    '{"a" : 1 , "b":"c", "\\u0061"\n: 2}',
    '{"":1,"":2}',
    '{"a\\"":"a","a\\u0022":1}',
  ]) {
    t.throws(() => parse(text), refused(/ twice$/), text);
  }
  t.notThrows(() => parse('{"a":"a","b":"a\\":"}'));
});

test('bytes that are not UTF-8 are refused, and a text that may be secret is not repeated', (t) => {
  for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82]]) {
    const body = Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')]);
    t.throws(() => parseBody(body), refused(/is not valid UTF-8$/), String(bytes));
  }
  const error = t.throws(() => parse('{"info": secret'), refused(/is not JSON$/));
  t.is(error.cause, undefined);
});
