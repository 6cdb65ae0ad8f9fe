import test from 'ava';
import {
  addAppointmentBody,
  getAppointmentBody,
  getSubscriptionInfoBody,
  registerBody,
} from '../../../src/api/public/bodies.js';
import {Refusal} from '../../../src/api/public/refusal.js';
import {publicKey} from '../../support/keys.js';

const key = publicKey(7);
const locator = 'ab'.repeat(16);
const signature = 'y'.repeat(104);
const deposit = (more: object = {}): object => ({
  appointment: {locator, encrypted_blob: 'beef', to_self_delay: 42, ...more},
  signature,
});

const readers = {
  register: registerBody,
  add: (body: Buffer) => addAppointmentBody(body, 4096),
  get: getAppointmentBody,
  info: getSubscriptionInfoBody,
};

type Row = readonly [what: string, endpoint: keyof typeof readers, body: string | object, code: number, text: string];

/** What a body is refused for: `text` up to where the position would stand. */
const rows: readonly Row[] = [
  ['nothing', 'register', '', 6, 'EOF while parsing a value'],
  ['white space', 'register', ' \n\t\r', 6, 'EOF while parsing a value'],
  ['a string', 'register', '"x"', 3, 'invalid type: string "x", expected struct RegisterRequest'],
  ['a number', 'add', '7', 3, 'invalid type: integer `7`, expected struct AddAppointmentRequest'],
  ['a fraction', 'get', '1.5', 3, 'invalid type: floating point `1.5`, expected struct GetAppointmentRequest'],
  ['null', 'info', 'null', 3, 'invalid type: null, expected struct GetSubscriptionInfoRequest'],
  ['true', 'info', 'true', 3, 'invalid type: boolean `true`, expected struct GetSubscriptionInfoRequest'],
  ['a list', 'info', '[]', 3, 'invalid type: sequence, expected struct GetSubscriptionInfoRequest'],
  ['half a word', 'info', 'tru', 6, 'EOF while parsing a value'],
  ['another word', 'info', 'trux', 6, 'expected ident'],
  ['no JSON', 'info', 'hello', 6, 'expected value'],
  ['a byte order mark', 'info', '\u{feff}{}', 6, 'expected value'],
  ['an open object', 'info', '{', 6, 'EOF while parsing an object'],
  ['an open name', 'info', '{"sig', 6, 'EOF while parsing a string'],
  ['a name alone', 'info', '{"signature"', 6, 'EOF while parsing an object'],
  ['a name without a value', 'info', '{"signature":', 6, 'EOF while parsing a value'],
  ['a name without a colon', 'info', '{"signature" "x"}', 6, 'expected `:`'],
  ['a name that is no string', 'info', '{signature:1}', 6, 'key must be a string'],
  ['a comma at the end', 'info', '{"signature":"x",}', 6, 'trailing comma'],
  ['no comma', 'info', '{"signature":"x" "y":1}', 6, 'expected `,` or `}`'],
  [
    'a control character',
    'info',
    '{"signature":"a\nb"}',
    6,
    'control character (\\u0000-\\u001F) found while parsing a string',
  ],
  ['an unknown escape', 'info', '{"signature":"\\x"}', 6, 'invalid escape'],
  ['half an escape', 'info', '{"signature":"\\u12', 6, 'EOF while parsing a string'],
  ['half a character', 'info', '{"signature":"\\ud800"}', 6, 'lone leading surrogate in hex escape'],
  ['something behind', 'info', '{"signature":"x"} x', 6, 'trailing characters'],
  ['nothing in it', 'register', {}, 1, 'missing field `user_id`'],
  ['nothing in it', 'add', {}, 1, 'missing field `signature`'],
  ['nothing in it', 'get', {}, 1, 'missing field `locator`'],
  ['nothing in it', 'info', {}, 1, 'missing field `signature`'],
  ['no locator', 'get', {signature}, 1, 'missing field `locator`'],
  ['no signature', 'get', {locator}, 1, 'missing field `signature`'],
  ['no appointment', 'add', {signature}, 1, 'missing field `appointment`'],
  [
    'no appointment, and no signature in it',
    'add',
    {appointment: null, signature: ''},
    1,
    'missing field `appointment`',
  ],
  [
    'an appointment without a blob',
    'add',
    {appointment: {locator, to_self_delay: 1}, signature},
    1,
    'missing field `encrypted_blob`',
  ],
  [
    'an appointment without a delay',
    'add',
    {appointment: {locator, encrypted_blob: ''}},
    1,
    'missing field `to_self_delay`',
  ],
  [
    'an appointment that is a list',
    'add',
    {appointment: [], signature},
    3,
    'invalid type: sequence, expected struct Appointment',
  ],
  ['an empty key', 'register', {user_id: ''}, 2, '`user_id` field is empty'],
  ['an empty locator', 'add', deposit({locator: ''}), 2, '`locator` field is empty'],
  ['an empty signature', 'add', {...deposit(), signature: ''}, 2, '`signature` field is empty'],
  ['an empty locator', 'get', {locator: '', signature: ''}, 2, '`locator` field is empty'],
  ['an empty signature', 'get', {locator, signature: ''}, 2, '`signature` field is empty'],
  ['an empty signature', 'info', {signature: ''}, 2, '`signature` field is empty'],
  ['a short key', 'register', {user_id: key.slice(2)}, 4, 'Wrong `user_id` field size. Expected 33, received 32'],
  [
    'a long locator',
    'get',
    {locator: `${locator}00`, signature},
    4,
    'Wrong `locator` field size. Expected 16, received 17',
  ],
  ['an odd number of digits', 'register', {user_id: key.slice(1)}, 5, 'Odd number of digits'],
  [
    'a digit that is none',
    'get',
    {locator: `${locator.slice(1)}g`, signature},
    5,
    "Invalid character 'g' at position 31",
  ],
  [
    'a digit that is none, escaped',
    'add',
    deposit({encrypted_blob: '0\t'}),
    5,
    "Invalid character '\\t' at position 1",
  ],
  ['a letter of two bytes', 'add', deposit({encrypted_blob: 'é'}), 5, "Invalid character 'Ã' at position 0"],
  [
    'a key off the curve',
    'register',
    {user_id: `02${'00'.repeat(32)}`},
    5,
    'Provided public key does not match expected format (33-byte compressed key)',
  ],
  ['a key that is a number', 'register', {user_id: 1}, 3, 'invalid type: integer `1`, expected a hex encoded string'],
  ['a signature that is a number', 'info', {signature: -1}, 3, 'invalid type: integer `-1`, expected a string'],
  ['a signature that is null', 'info', {signature: null}, 3, 'invalid type: null, expected a string'],
  [
    'a delay that is a fraction',
    'add',
    deposit({to_self_delay: 1.5}),
    3,
    'invalid type: floating point `1.5`, expected u32',
  ],
  [
    'a delay that is a whole fraction',
    'add',
    '{"appointment":{"to_self_delay":1.0',
    3,
    'invalid type: floating point `1.0`, expected u32',
  ],
  [
    'a delay in powers of ten',
    'add',
    '{"appointment":{"to_self_delay":1e2',
    3,
    'invalid type: floating point `100.0`, expected u32',
  ],
  [
    'a delay of minus zero',
    'add',
    '{"appointment":{"to_self_delay":-0,',
    3,
    'invalid type: floating point `-0.0`, expected u32',
  ],
  [
    'a delay past 64 bits',
    'add',
    '{"appointment":{"to_self_delay":18446744073709551616}}',
    3,
    'invalid type: floating point `18446744073709552000.0`, expected u32',
  ],
  ['a delay past all numbers', 'add', '{"appointment":{"to_self_delay":1e999}}', 6, 'number out of range'],
  [
    'a delay past 32 bits',
    'add',
    deposit({to_self_delay: 2 ** 32}),
    6,
    'invalid value: integer `4294967296`, expected u32',
  ],
  ['a delay below zero', 'add', deposit({to_self_delay: -1}), 6, 'invalid value: integer `-1`, expected u32'],
  ['a delay with a zero in front', 'add', '{"appointment":{"to_self_delay":01}}', 6, 'invalid number'],
  ['a delay with a point behind', 'add', '{"appointment":{"to_self_delay":1.}}', 6, 'invalid number'],
  ['a delay that is cut', 'add', '{"appointment":{"to_self_delay":1e', 6, 'EOF while parsing a value'],
  ['a sign alone', 'add', '{"appointment":{"to_self_delay":-', 6, 'EOF while parsing a value'],
  ['a delay that is text', 'add', deposit({to_self_delay: '42'}), 3, 'invalid type: string "42", expected u32'],
  ['a field twice', 'info', '{"signature":"x","signature":', 6, 'duplicate field `signature`'],
  ['a field twice, once escaped', 'info', '{"signature":"x","sign\\u0061ture":"x"}', 6, 'duplicate field `signature`'],
  [
    'a field twice, null at first',
    'add',
    '{"appointment":null,"appointment":null}',
    6,
    'duplicate field `appointment`',
  ],
  ['an open list that nobody asked for', 'info', '{"x":[1,2', 6, 'EOF while parsing a list'],
  ['a list with a hole', 'info', '{"x":[1,,2]}', 6, 'expected value'],
  ['a list with a comma at the end', 'info', '{"x":[1,]}', 6, 'trailing comma'],
  ['two values in a list without a comma', 'info', '{"x":[1 2]}', 6, 'expected `,` or `]`'],
  ['a bad number that nobody asked for', 'info', '{"x":00}', 6, 'invalid number'],
  ['values without end', 'info', `{"x":[${'0,'.repeat(2000)}`, 6, 'too many values'],
  ['fields without end', 'info', `{${'"x":0,'.repeat(2000)}`, 6, 'too many values'],
  ['nesting without end', 'info', `{"x":${'['.repeat(200)}`, 6, 'recursion limit exceeded'],
  [
    'a blob that is too long',
    'add',
    deposit({encrypted_blob: '00'.repeat(4097)}),
    34,
    '`encrypted_blob` field is too big. Expected at most 4096, received 4097',
  ],
];

for (const [what, endpoint, body, code, text] of rows) {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  test(`${endpoint}: ${what} is refused: ${bytes.toString().slice(0, 60)}`, (t) => {
    const refusal = t.throws(() => readers[endpoint](bytes), {instanceOf: Refusal})!;
    t.is(refusal.message, text);
    t.is(refusal.code as number, code);
    t.is(refusal.status, code === 34 ? 413 : 400);
  });
}

test('of two wrong fields the first one in the body is told, whatever the order that is usual', (t) => {
  const wrong = (body: string) => t.throws(() => readers.get(Buffer.from(body)), {instanceOf: Refusal})!.code;
  t.is(wrong('{"signature":1,"locator":"0"}'), 3);
  t.is(wrong('{"locator":"0","signature":1}'), 5);
  t.is(wrong('{"locator":"0","locator'), 5, 'what follows does not matter');
});

test('bytes that are not UTF-8 are refused in what is read', (t) => {
  const body = Buffer.concat([Buffer.from('{"signature":"'), Buffer.from([0xff]), Buffer.from('"}')]);
  t.is(t.throws(() => readers.info(body), {instanceOf: Refusal})!.message, 'invalid unicode code point');
});

test('hex is taken in either case, escaped or not, and fields that are not known are passed over', (t) => {
  const more = '"x":{"y":[null,true,-1.5e+3,"\\ud83d\\ude00",{}]},"__proto__":1,"x":2';
  t.is(registerBody(Buffer.from(` {${more},"user\\u005fid" :"\\u0030${key.slice(1).toUpperCase()}" } `)), key);
});

test('what a user has signed is made of what was read', (t) => {
  const body = JSON.stringify(deposit({locator: locator.toUpperCase(), encrypted_blob: 'BEef'}));
  const {message, ...read} = addAppointmentBody(Buffer.from(body), 2);
  t.is(Buffer.from(message).toString('hex'), `${locator}beef0000002a`);
  t.deepEqual(read, {locator, encryptedBlob: Buffer.from('beef', 'hex'), toSelfDelay: 42, signature});
  const question = getAppointmentBody(Buffer.from(JSON.stringify({locator: locator.toUpperCase(), signature})));
  t.is(Buffer.from(question.message).toString(), `get appointment ${locator}`);
});

test('an error repeats no more than the beginning of a long text', (t) => {
  const {message} = t.throws(() => registerBody(Buffer.from(JSON.stringify('x'.repeat(3000)))), {instanceOf: Refusal})!;
  t.true(message.length < 150);
});
