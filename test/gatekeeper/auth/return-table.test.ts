import test from 'ava';
import fc from 'fast-check';
import {maxReasonCharacters, type Reply} from '../../../src/gatekeeper/auth/policy.js';
import {type Outcome, readReply} from '../../../src/gatekeeper/auth/return-table.js';
import type {RequestKind, RequestStage} from '../../../src/store/layout.js';

const stages: readonly RequestStage[] = ['callback', 'check'];
const kinds: readonly RequestKind[] = ['user_signup', 'user_login', 'new_node'];

const user = (userId: number): Outcome => ({type: 'verdict', verdict: {type: 'approve_user', userId}});
const node = (role: 'primary' | 'secondary'): Outcome => ({type: 'verdict', verdict: {type: 'approve_node', role}});
const deny = (reason = 'not authorized'): Outcome => ({type: 'verdict', verdict: {type: 'deny', reason}});
const error = (reason: string): Outcome => ({type: 'error', reason});
const later: Outcome = {type: 'later'};

const trap = new Proxy(
  {},
  {
    get() {
      throw new Error('a look inside');
    },
  },
);
const {proxy: revoked, revoke} = Proxy.revocable({}, {});
revoke();

/** What came, and what it means: for a signup, a login and a node; a pair where callback and check differ. */
type Meaning = Outcome | readonly [callback: Outcome, check: Outcome];
const pair = (callback: Outcome, check: Outcome): Meaning => [callback, check];
const noUser = (what: string): Outcome => error(`a user id was expected, ${what} came`);
const noRole = (what: string): Outcome => error(`"primary" or "secondary" was expected, ${what} came`);
const loginZero = error('a login needs a user id, and 0 stands for a new user');
const notWhole = (what: string): Outcome => error(`a user id is a whole number, ${what} came`);
const tooHigh = (what: string): Outcome => error(`a user id is at most 4294967295, ${what} came`);
const meaningless = (what: string): Meaning =>
  pair(error(`${what} has no meaning here`), deny(`not authorized (${what})`));

const rows: readonly (readonly [name: string, value: unknown, signup: Meaning, login: Meaning, node: Meaning])[] = [
  ['0', 0, user(0), loginZero, noRole('0')],
  ['-0', -0, user(0), loginZero, noRole('0')],
  ['1', 1, user(1), user(1), noRole('1')],
  ['7.0', 7.0, user(7), user(7), noRole('7')],
  ['the highest user id', 4294967295, user(4294967295), user(4294967295), noRole('4294967295')],
  ['one above it', 4294967296, tooHigh('4294967296'), tooHigh('4294967296'), noRole('4294967296')],
  ['the highest safe integer', 2 ** 53 - 1, tooHigh('9007199254740991'), tooHigh('9007199254740991'), noRole('9007199254740991')],
  ['1e300', 1e300, tooHigh('1e+300'), tooHigh('1e+300'), noRole('1e+300')],
  ['-1', -1, deny(), deny(), deny()],
  ['-2', -2, later, later, later],
  ['-3', -3, error('general error'), error('general error'), error('general error')],
  ['-4', -4, meaningless('-4'), meaningless('-4'), meaningless('-4')],
  ['-1e300', -1e300, meaningless('-1e+300'), meaningless('-1e+300'), meaningless('-1e+300')],
  ['0.5', 0.5, notWhole('0.5'), notWhole('0.5'), noRole('0.5')],
  ['-1.5', -1.5, notWhole('-1.5'), notWhole('-1.5'), noRole('-1.5')],
  ['the smallest positive number', Number.MIN_VALUE, notWhole('5e-324'), notWhole('5e-324'), noRole('5e-324')],
  ['NaN', NaN, notWhole('NaN'), notWhole('NaN'), noRole('NaN')],
  ['Infinity', Infinity, notWhole('Infinity'), notWhole('Infinity'), noRole('Infinity')],
  ['-Infinity', -Infinity, notWhole('-Infinity'), notWhole('-Infinity'), noRole('-Infinity')],
  ['"primary"', 'primary', noUser('a text of 7 characters'), noUser('a text of 7 characters'), node('primary')],
  ['"secondary"', 'secondary', noUser('a text of 9 characters'), noUser('a text of 9 characters'), node('secondary')],
  ['an empty text', '', noUser('a text of 0 characters'), noUser('a text of 0 characters'), deny()],
  ['null', null, noUser('null'), noUser('null'), deny()],
  ['undefined', undefined, noUser('nothing'), noUser('nothing'), deny()],
  ['"Primary"', 'Primary', noUser('a text of 7 characters'), noUser('a text of 7 characters'), noRole('the text "Primary"')],
  ['" primary"', ' primary', noUser('a text of 8 characters'), noUser('a text of 8 characters'), noRole('the text " primary"')],
  ['"0"', '0', noUser('a text of 1 characters'), noUser('a text of 1 characters'), noRole('the text "0"')],
  ['"-1"', '-1', noUser('a text of 2 characters'), noUser('a text of 2 characters'), noRole('the text "-1"')],
  ['a long text', 'x'.repeat(21), noUser('a text of 21 characters'), noUser('a text of 21 characters'), noRole('a text of 21 characters')],
  ['a line break', '\n', noUser('a text of 1 characters'), noUser('a text of 1 characters'), noRole('the text "\\n"')],
  ['true', true, noUser('true'), noUser('true'), noRole('true')],
  ['false', false, noUser('false'), noUser('false'), noRole('false')],
  ['a bigint', 1n, noUser('a bigint'), noUser('a bigint'), noRole('a bigint')],
  ['a symbol', Symbol('primary'), noUser('a symbol'), noUser('a symbol'), noRole('a symbol')],
  ['a function', () => 1, noUser('a function'), noUser('a function'), noRole('a function')],
  ['an object', {user_id: 1}, noUser('an object'), noUser('an object'), noRole('an object')],
  ['an array', [1], noUser('an object'), noUser('an object'), noRole('an object')],
  ['a boxed number', Object(1), noUser('an object'), noUser('an object'), noRole('an object')],
  ['a boxed text', Object('primary'), noUser('an object'), noUser('an object'), noRole('an object')],
  ['a promise that nobody awaited', Promise.resolve(1), noUser('an object'), noUser('an object'), noRole('an object')],
  ['an object that throws when looked at', trap, noUser('an object'), noUser('an object'), noRole('an object')],
  ['a revoked proxy', revoked, noUser('an object'), noUser('an object'), noRole('an object')],
]; // prettier-ignore

for (const [name, value, ...meanings] of rows) {
  kinds.forEach((kind, i) => {
    const meaning = meanings[i]!;
    stages.forEach((stage, n) => {
      const outcome = 'type' in meaning ? meaning : meaning[n]!;
      test(`${name}, returned for ${kind} at stage ${stage}, is read as ${spell(outcome)}`, (t) => {
        t.deepEqual(readReply(stage, kind, {type: 'returned', value}), outcome);
      });
    });
  });
}

for (const kind of kinds) {
  for (const stage of stages) {
    test(`a policy that failed is an error and one that is unavailable costs no attempt, for ${kind} at stage ${stage}`, (t) => {
      const reason = 'it took longer than 1000 ms';
      t.deepEqual(readReply(stage, kind, {type: 'failed', reason}), error(reason));
      t.deepEqual(readReply(stage, kind, {type: 'unavailable', reason}), {type: 'unavailable', reason});
    });
  }
}

test('a denial in words of its own keeps them, on one line', (t) => {
  for (const kind of kinds) {
    t.deepEqual(readReply('check', kind, {type: 'denied', reason: 'no such\ncoupon'}), deny('no such coupon'));
    t.deepEqual(readReply('check', kind, {type: 'denied', reason: ' '}), deny());
  }
});

test('the reason of a failure is one line that fits', (t) => {
  for (const type of ['failed', 'unavailable'] as const) {
    const long = readReply('check', 'new_node', {type, reason: `one\ntwo\0${'x'.repeat(10_000)}`});
    t.true('reason' in long && long.reason.length === maxReasonCharacters && long.reason.startsWith('one two x'));
    t.like(readReply('check', 'new_node', {type, reason: ''}), {reason: 'no reason given'});
  }
});

test('whatever comes back, it is read without throwing, and no user id leaves the range', (t) => {
  const values = fc.oneof(fc.anything({withBigInt: true, withNullPrototype: true}), fc.double(), fc.string());
  const replies: fc.Arbitrary<Reply> = values.map((value) => ({type: 'returned', value}));
  fc.assert(
    fc.property(fc.constantFrom(...stages), fc.constantFrom(...kinds), replies, (stage, kind, reply) => {
      const outcome = readReply(stage, kind, reply);
      if (outcome.type === 'error') t.true(outcome.reason.length <= maxReasonCharacters);
      if (outcome.type !== 'verdict' || outcome.verdict.type !== 'approve_user') return;
      const {userId} = outcome.verdict;
      t.true(Number.isInteger(userId) && userId >= (kind === 'user_login' ? 1 : 0) && userId <= 4294967295);
      t.not(kind, 'new_node');
    }),
    {numRuns: 2000},
  );
});

function spell(outcome: Outcome): string {
  return outcome.type === 'verdict' ? outcome.verdict.type : outcome.type;
}
