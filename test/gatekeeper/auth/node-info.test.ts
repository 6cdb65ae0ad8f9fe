import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {Rejection} from '../../../src/errors/index.js';
import {
  checkNodeInfo,
  maxNodeInfoBytes,
  maxNodeInfoDepth,
  maxNodeInfoNames,
} from '../../../src/gatekeeper/auth/node-info.js';
import {publicKey} from '../../support/keys.js';

const key = publicKey(1);
const withKey = (rest: string): string => `{"public_key": "${key}"${rest === '' ? '' : `, ${rest}`}}`;
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const named = (count: number): string => Array.from({length: count}, (_, n) => `"n${n}": 0`).join(', ');
/** Brings a text to a size with a name of its own. */
const filled = (bytes: number): string => withKey(`"fill": "${'x'.repeat(bytes - withKey('"fill": ""').length)}"`);

const reasonOf = (t: ExecutionContext, text: unknown): unknown => {
  const error = t.throws(() => checkNodeInfo(text), {instanceOf: Rejection});
  t.is(error.code, 'TOWER_INVALID_NODE_INFO');
  return error.facts['reason'];
};

const right: Readonly<Record<string, string>> = {
  'nothing but a key': withKey(''),
  'white space everywhere': ` \t\r\n{ "public_key"\n:\t"${key}"\r, "a" : [ ] } `,
  'names that objects of JavaScript have': withKey('"__proto__": {"public_key": 1}, "constructor": 1, "toString": 2'),
  'one name in different objects': withKey('"a": {"b": 1}, "c": {"b": 1}, "b": [{"b": 1}, {"b": 1}]'),
  'a text that equals a name': withKey('"a": "public_key", "b": ["a", "a"]'),
  'texts with braces, colons and escaped quotes': withKey(String.raw`"a": "{[\":\"]}\\", "b": "\\\":", "c": "]: :"`),
  'a key behind an escape': `{"public\\u005fkey": "${key}"}`,
  'an escaped pair of surrogates': withKey(String.raw`"a": "\ud83d\ude00"`),
  'numbers beyond all bounds': withKey('"a": 1e999, "b": -0.0'),
  [`${maxNodeInfoDepth} levels`]: withKey(`"a": ${nested(maxNodeInfoDepth - 1)}`),
  [`${maxNodeInfoNames} names`]: withKey(named(maxNodeInfoNames - 1)),
  [`${maxNodeInfoBytes} bytes`]: filled(maxNodeInfoBytes),
};

for (const [what, text] of Object.entries(right)) {
  test(`node_info may have ${what}`, (t) => {
    t.deepEqual(checkNodeInfo(text), {publicKey: key});
  });
}

test('a key in upper case is read in lower case', (t) => {
  t.deepEqual(checkNodeInfo(`{"public_key": "${key.toUpperCase()}"}`), {publicKey: key});
});

const wrong: readonly (readonly [what: string, text: unknown, reason: string])[] = [
  ['no text', undefined, 'not_text'],
  ['an object that is no text', {public_key: key}, 'not_text'],
  ['a byte too many', filled(maxNodeInfoBytes + 1), 'too_long'],
  ['few characters, but many bytes', withKey(`"a": "${'😀'.repeat(1024)}"`), 'too_long'],
  ['half a surrogate pair', withKey('"a": "\ud83d"'), 'not_well_formed'],
  ['half a surrogate pair behind an escape', withKey(String.raw`"a": "\ud83d"`), 'not_well_formed'],
  ['half a surrogate pair in a name', withKey(String.raw`"\ude00": 1`), 'not_well_formed'],
  ['nothing', '', 'not_json'],
  ['a byte order mark', `\uFEFF${withKey('')}`, 'not_json'],
  ['a comma too many', `{"public_key": "${key}",}`, 'not_json'],
  ['single quotes', `{'public_key': '${key}'}`, 'not_json'],
  ['a comment', `${withKey('')} // mine`, 'not_json'],
  ['two objects', withKey('') + withKey(''), 'not_json'],
  ['a line break in a text', withKey('"a": "\n"'), 'not_json'],
  ['NaN', withKey('"a": NaN'), 'not_json'],
  ['a bomb of brackets', '['.repeat(maxNodeInfoBytes), 'not_json'],
  ['a bomb of braces', '{"a":'.repeat(maxNodeInfoBytes / 5), 'not_json'],
  ['a bomb of brackets that closes', nested(maxNodeInfoBytes / 2), 'not_an_object'],
  ['a list', `["${key}"]`, 'not_an_object'],
  ['a text', `"${key}"`, 'not_an_object'],
  ['null', 'null', 'not_an_object'],
  ['a level too many', withKey(`"a": ${nested(maxNodeInfoDepth)}`), 'too_deep'],
  [
    'a level too many, of objects',
    withKey(`"a": ${'{"a":'.repeat(maxNodeInfoDepth)}1${'}'.repeat(maxNodeInfoDepth)}`),
    'too_deep',
  ],
  ['a bomb within', withKey(`"a": ${nested(1900)}`), 'too_deep'],
  ['a name too many', withKey(named(maxNodeInfoNames)), 'too_many_names'],
  [
    'many names in many objects',
    withKey(`"a": [${Array.from({length: 100}, () => '{"b": 1}').join()}]`),
    'too_many_names',
  ],
  ['a key twice', withKey(`"public_key": "${publicKey(2)}"`), 'repeated_name'],
  ['a key twice, once behind an escape', withKey(String.raw`"\u0070ublic_key": "${publicKey(2)}"`), 'repeated_name'],
  ['a repeated name within', withKey('"a": [{"b": {"c": 1, "d": 2, "c": 3}}]'), 'repeated_name'],
  ['a repeated name after an inner object', withKey('"a": {"x": {"y": []}}, "a": 1'), 'repeated_name'],
  ['a repeated name before white space', withKey('"a" \t\r\n: 1, "a"  : 2'), 'repeated_name'],
  ['__proto__ twice', withKey('"__proto__": 1, "__proto__": 2'), 'repeated_name'],
  ['the empty name twice', withKey('"": 1, "": 2'), 'repeated_name'],
  ['no key', '{}', 'no_public_key'],
  ['a key of another name', `{"publicKey": "${key}"}`, 'no_public_key'],
  ['a key in __proto__ only', `{"__proto__": {"public_key": "${key}"}}`, 'no_public_key'],
  ['a key further in', `{"node": {"public_key": "${key}"}}`, 'no_public_key'],
  ['a key that is a list', `{"public_key": ["${key}"]}`, 'no_public_key'],
  ['a key that is null', '{"public_key": null}', 'no_public_key'],
  ['a key that is short', `{"public_key": "${key.slice(2)}"}`, 'no_public_key'],
  ['a key that is not on the curve', `{"public_key": "02${'05'.padStart(64, '0')}"}`, 'no_public_key'],
];

for (const [what, text, reason] of wrong) {
  test(`node_info with ${what} is refused: ${reason}`, (t) => {
    t.is(reasonOf(t, text), reason);
  });
}

test('a repeated name is told, and cut when it is long', (t) => {
  const error = t.throws(() => checkNodeInfo(withKey(`"${'n'.repeat(1000)}": 1, "${'n'.repeat(1000)}": 2`)))!;
  t.is(error.message, `node_info repeats the name "${'n'.repeat(40)}"`);
});

test('names are told from texts wherever JSON.stringify puts them', (t) => {
  const object = fc.dictionary(fc.string({unit: 'grapheme', maxLength: 4}), fc.jsonValue({maxDepth: 3}), {maxKeys: 6});
  fc.assert(
    fc.property(object, fc.constantFrom('', ' ', '\n\t'), (fields, space) => {
      const text = JSON.stringify({...fields, public_key: key}, null, space);
      if (Buffer.byteLength(text) > maxNodeInfoBytes || namesIn(JSON.parse(text)) > maxNodeInfoNames) return;
      t.deepEqual(checkNodeInfo(text), {publicKey: key});
    }),
  );
});

test('what is refused as no JSON is what JSON.parse refuses, and nothing but a rejection is thrown', (t) => {
  const pieces = fc.array(
    fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '"',
      '\\',
      '"a"',
      '"\\u0061"',
      '1',
      'null',
      ' ',
      `"public_key"`,
      `"${key}"`,
    ),
    {maxLength: 14},
  );
  const mutated = fc
    .tuple(fc.nat({max: withKey('"a": [{"b": "c"}]').length}), fc.string({unit: 'binary', maxLength: 3}))
    .map(([at, put]) => withKey('"a": [{"b": "c"}]').slice(0, at) + put + withKey('"a": [{"b": "c"}]').slice(at + 1));
  const texts = fc.oneof(
    pieces.map((list) => list.join('')),
    mutated,
    fc.string({unit: 'binary'}),
    fc.json(),
  );
  fc.assert(
    fc.property(texts, (text) => {
      let reason: unknown = 'none';
      try {
        checkNodeInfo(text);
      } catch (error) {
        t.true(error instanceof Rejection);
        reason = (error as Rejection).facts['reason'];
      }
      t.is(reason === 'not_json' || (reason === 'not_well_formed' && !parses(text)), !parses(text));
    }),
    {numRuns: 3000},
  );
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function namesIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inner = Object.values(value).reduce((sum: number, one) => sum + namesIn(one), 0);
  return inner + (Array.isArray(value) ? 0 : Object.keys(value).length);
}
