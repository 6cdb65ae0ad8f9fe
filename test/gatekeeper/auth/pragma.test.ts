import test from 'ava';
import fc from 'fast-check';
import {Rejection} from '../../../src/errors/index.js';
import {maxPragmaCharacters, parsePragma, type PragmaCommand} from '../../../src/gatekeeper/auth/pragma.js';
import {publicKey} from '../../support/keys.js';

const key = publicKey(1);
const user = (userId: number): PragmaCommand => ({type: 'authorize_user', key, userId});
const node = (role: 'primary' | 'secondary'): PragmaCommand => ({type: 'authorize_node', key, role});

const right: readonly (readonly [line: string, command: PragmaCommand])[] = [
  [`PRAGMA authorize_user="${key}:1"`, user(1)],
  [`PRAGMA authorize_user="${key}:0"`, user(0)],
  [`PRAGMA authorize_user="${key}:4294967295"`, user(4294967295)],
  [`pragma authorize_user='${key}:12'`, user(12)],
  [`PRAGMA authorize_node="${key}:primary"`, node('primary')],
  [`PRAGMA authorize_node="${key}:secondary"`, node('secondary')],
  ['PRAGMA sync_status', {type: 'sync_status'}],
  ['PRAGMA nodes', {type: 'nodes'}],
  ['PrAgMa SYNC_Status;', {type: 'sync_status'}],
  [' \t\r\n\fPRAGMA\n nodes \f; \n', {type: 'nodes'}],
  [`PRAGMA  AUTHORIZE_USER  =  "${key}:7" ; `, user(7)],
  [`PRAGMA authorize_user="${key.toUpperCase()}:7"`, user(7)],
  [`PRAGMA authorize_user="${key}:7"${' '.repeat(maxPragmaCharacters - 93)}`, user(7)],
];
for (const [line, command] of right) {
  test(`${show(line)} is read`, (t) => {
    t.deepEqual(parsePragma(line), command);
  });
}

/** Each line with a mark before its first wrong character. */
const wrong: readonly (readonly [what: string, line: string])[] = [
  ['nothing', '▸'],
  ['white space', '  ▸'],
  ['the keyword alone', 'PRAGMA▸'],
  ['the keyword and white space', 'PRAGMA ▸'],
  ['another keyword', '▸SELECT 1'],
  ['a longer keyword', '▸PRAGMAS nodes'],
  ['white space that is none to SQLite', 'PRAGMA▸\u00a0nodes'],
  ['a null character', 'PRAGMA nodes▸\0'],
  ['an unknown name', 'PRAGMA ▸user_version'],
  ['a name with letters that fold to others', 'PRAGMA ▸nodeſ'],
  ['a schema before the name', 'PRAGMA ▸main.nodes'],
  ['a quoted name', 'PRAGMA ▸"nodes"'],
  ['a value that is not asked for', 'PRAGMA nodes▸=1'],
  ['a missing value', 'PRAGMA authorize_user▸'],
  ['a missing value after =', 'PRAGMA authorize_user=▸'],
  ['a value in brackets', `PRAGMA authorize_user▸("${key}:1")`],
  ['two equals signs', `PRAGMA authorize_user=▸="${key}:1"`],
  ['no quotes', `PRAGMA authorize_user=▸${key}:1`],
  ['other quotes', `PRAGMA authorize_user=▸\`${key}:1\``],
  ['curly quotes', `PRAGMA authorize_user=▸“${key}:1”`],
  ['no opening quote', `PRAGMA authorize_user=▸${key}:1"`],
  ['no closing quote', `PRAGMA authorize_user="${key}:1▸`],
  ['another closing quote', `PRAGMA authorize_user="${key}:1▸'`],
  ['doubled quotes', `PRAGMA authorize_user="▸"${key}:1""`],
  ['a doubled quote within', `PRAGMA authorize_user="${key}:▸""1"`],
  ['a doubled quote at the end', `PRAGMA authorize_user='${key}:1'▸''`],
  ['a doubled quote in a role', `PRAGMA authorize_node='${key}:▸''primary'`],
  ['an empty value', 'PRAGMA authorize_user="▸"'],
  ['a key that is short', `PRAGMA authorize_user="${key.slice(2)}▸:1"`],
  ['a key that is long', `PRAGMA authorize_user="${key}▸00:1"`],
  ['a key with another letter', `PRAGMA authorize_user="${key.slice(0, 10)}▸g${key.slice(11)}:1"`],
  ['a key with a prefix', `PRAGMA authorize_user="0▸x${key}:1"`],
  ['a key with white space before it', `PRAGMA authorize_user="▸ ${key}:1"`],
  ['a key that is not on the curve', `PRAGMA authorize_user="▸02${'05'.padStart(64, '0')}:1"`],
  ['a key of an uncompressed kind', `PRAGMA authorize_user="▸04${key.slice(2)}:1"`],
  ['a key without an id', `PRAGMA authorize_user="${key}▸"`],
  ['an empty id', `PRAGMA authorize_user="${key}:▸"`],
  ['a negative id', `PRAGMA authorize_user="${key}:▸-1"`],
  ['an id with a plus', `PRAGMA authorize_user="${key}:▸+1"`],
  ['an id in hex', `PRAGMA authorize_user="${key}:0▸x10"`],
  ['an id with zeros in front', `PRAGMA authorize_user="${key}:0▸1"`],
  ['an id with a fraction', `PRAGMA authorize_user="${key}:1▸.0"`],
  ['an id with an exponent', `PRAGMA authorize_user="${key}:1▸e3"`],
  ['an id with separators', `PRAGMA authorize_user="${key}:1▸_000"`],
  ['an id with white space', `PRAGMA authorize_user="${key}:1▸ "`],
  ['an id in digits of another script', `PRAGMA authorize_user="${key}:▸١"`],
  ['an id past u32', `PRAGMA authorize_user="${key}:▸4294967296"`],
  ['an id past all numbers', `PRAGMA authorize_user="${key}:▸${'9'.repeat(400)}"`],
  ['a role for a user', `PRAGMA authorize_user="${key}:▸primary"`],
  ['an id for a node', `PRAGMA authorize_node="${key}:▸1"`],
  ['an empty role', `PRAGMA authorize_node="${key}:▸"`],
  ['a role in other letters', `PRAGMA authorize_node="${key}:▸Primary"`],
  ['a longer role', `PRAGMA authorize_node="${key}:▸primary2"`],
  ['a second statement', 'PRAGMA nodes; ▸PRAGMA nodes'],
  ['a statement within the value', `PRAGMA authorize_user="${key}:1▸; DROP TABLE users"`],
  ['two semicolons', 'PRAGMA nodes;▸;'],
  ['a semicolon first', '▸;PRAGMA nodes'],
  ['trailing text', `PRAGMA authorize_user="${key}:1" ▸x`],
  ['a comment', 'PRAGMA nodes ▸-- all of them'],
  ['half a surrogate pair', 'PRAGMA nodes▸\ud83d'],
];
for (const [what, marked] of wrong) {
  test(`a line with ${what} is refused where it goes wrong`, (t) => {
    const at = marked.indexOf('▸');
    const line = marked.replace('▸', '');
    const error = t.throws(() => parsePragma(line), {instanceOf: Rejection, code: 'TOWER_INVALID_PRAGMA'});
    t.deepEqual(error.facts, {position: at + 1});
  });
}

test('the message says what was expected and what came, and no character that a terminal obeys', (t) => {
  const message = (line: string) => t.throws(() => parsePragma(line)).message;
  t.is(message('PRAGMA nodes;;'), 'the end of the line was expected at character 14, where ; stands');
  t.is(message('PRAGMA nodes \u001b[2J'), 'the end of the line was expected at character 14, where U+001B stands');
  t.is(message('PRAGMA nodes 😀'), 'the end of the line was expected at character 14, where U+1F600 stands');
  t.is(message('PRAGMA authorize_user'), '= was expected at character 22, where the end stands');
});

test('a line that is too long is refused, whatever it says', (t) => {
  for (const line of ['PRAGMA nodes'.padEnd(maxPragmaCharacters + 1), `${' '.repeat(10_000_000)}PRAGMA nodes`]) {
    t.like(
      t.throws(() => parsePragma(line), {code: 'TOWER_INVALID_PRAGMA'}),
      {
        facts: {position: maxPragmaCharacters + 1},
      },
    );
  }
});

const keys = fc.integer({min: 1, max: 30}).map(publicKey);
const userIds = fc.oneof(fc.integer({min: 0, max: 4294967295}), fc.constantFrom(0, 4294967295));
const commands: fc.Arbitrary<PragmaCommand> = fc.oneof(
  fc.record({type: fc.constant('authorize_user' as const), key: keys, userId: userIds}),
  fc.record({type: fc.constant('authorize_node' as const), key: keys, role: fc.constantFrom('primary', 'secondary')}),
  fc.constantFrom({type: 'sync_status' as const}, {type: 'nodes' as const}),
);
const spaces = fc.string({unit: fc.constantFrom(' ', '\t', '\n', '\r', '\f'), maxLength: 3});

/** Writes a command, by the pieces between its parts. */
function write(command: PragmaCommand, quote: string, [a, b, c, d, e]: readonly string[], semicolon: string): string {
  const value = 'userId' in command ? String(command.userId) : 'role' in command ? command.role : '';
  const rest = 'key' in command ? `${b}=${c}${quote}${command.key}:${value}${quote}` : '';
  return `${a}PRAGMA ${a}${command.type}${rest}${d}${semicolon}${e}`;
}
const written = fc
  .tuple(
    commands,
    fc.constantFrom('"', "'"),
    fc.tuple(spaces, spaces, spaces, spaces, spaces),
    fc.constantFrom('', ';'),
  )
  .map(([command, ...form]) => [command, write(command, ...form)] as const);

test('every command survives being written and read, in any form', (t) => {
  fc.assert(
    fc.property(written, ([command, line]) => {
      t.deepEqual(parsePragma(line), command);
    }),
  );
});

test('whatever the line, it is read or rejected, and what is read says all that the line says', (t) => {
  const pieces = fc.constantFrom(
    'PRAGMA',
    ' ',
    'nodes',
    'authorize_user',
    'authorize_node',
    '=',
    '"',
    "'",
    key,
    ':',
    '1',
    ';',
    'primary',
    '-',
  );
  const damaged = fc
    .tuple(written, fc.nat({max: 120}), fc.nat({max: 3}), fc.string({unit: 'binary', maxLength: 2}))
    .map(([[, line], at, gone, put]) => line.slice(0, at) + put + line.slice(at + gone));
  const lines = fc.oneof(
    damaged,
    fc.array(pieces, {maxLength: 12}).map((list) => list.join('')),
    fc.string({unit: 'binary'}),
  );
  fc.assert(
    fc.property(lines, (line) => {
      let command: PragmaCommand;
      try {
        command = parsePragma(line);
      } catch (error) {
        t.true(error instanceof Rejection && error.code === 'TOWER_INVALID_PRAGMA');
        const position = (error as Rejection).facts['position'] as number;
        t.true(position >= 1 && position <= line.length + 1);
        return;
      }
      // Without white space and in one case, there is only one way to write it.
      const plain = line
        .replaceAll(/[\t\n\f\r ]/g, '')
        .replaceAll("'", '"')
        .replace(/;$/, '')
        .toLowerCase();
      t.is(plain, write(command, '"', ['', '', '', '', ''], '').replace(' ', '').toLowerCase());
    }),
    {numRuns: 3000},
  );
});

/** The line, so that it fits into a title. */
function show(line: string): string {
  const short = line.replace(key, '<key>').replace(key.toUpperCase(), '<KEY>').replace(/ {9,}/, '<much space>');
  return JSON.stringify(short);
}
