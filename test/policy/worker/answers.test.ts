import test from 'ava';
import type {Question} from '../../../src/gatekeeper/auth/policy.js';
import {maxReasonCharacters} from '../../../src/gatekeeper/auth/policy.js';
import {maxTextUnits} from '../../../src/policy/worker/carried.js';
import {maxInFlight} from '../../../src/policy/worker/interview.js';
import {PolicyTrial, questionOf} from '../../support/policy-trial.js';

/** A policy whose signup callback gives what a JavaScript expression does. */
const evaluating = 'export const user_signup = (info) => (0, eval)(info);';
const returned = (value: unknown) => ({type: 'returned', value});

const everyFunction = ['user_signup', 'user_login', 'checkUserSignup', 'checkUserLogin', 'new_node', 'checkNewNode']
  .map((name) => `export const ${name} = (...given) => JSON.stringify(['${name}', ...given]);`)
  .join('\n');

const calls: readonly (readonly [Pick<Question, 'stage' | 'kind' | 'info'>, (question: Question) => unknown[]])[] = [
  [
    {stage: 'callback', kind: 'user_signup', info: 'in'},
    ({nodeInfo, context}) => ['user_signup', 'in', nodeInfo, context],
  ],
  [{stage: 'callback', kind: 'user_login', info: ''}, ({nodeInfo, context}) => ['user_login', '', nodeInfo, context]],
  [{stage: 'callback', kind: 'new_node', info: null}, ({nodeInfo, context}) => ['new_node', nodeInfo, context]],
  [
    {stage: 'check', kind: 'user_signup', info: 'in'},
    ({context}) => ['checkUserSignup', 'in', {public_key: '02'}, context],
  ],
  [
    {stage: 'check', kind: 'user_login', info: 'in'},
    ({context}) => ['checkUserLogin', 'in', {public_key: '02'}, context],
  ],
  [{stage: 'check', kind: 'new_node', info: null}, ({context}) => ['checkNewNode', {public_key: '02'}, context]],
];

test.serial('each function is given what the device sent and what the tower knows', async (t) => {
  const trial = await PolicyTrial.open(t, everyFunction);
  t.is(trial.worker.name, 'policy');
  for (const [part, expected] of calls) {
    const question = questionOf(part);
    const reply = await trial.worker.ask(question);
    t.deepEqual(reply, returned(JSON.stringify(expected(question))), `${part.stage} ${part.kind}`);
  }
});

test.serial('a policy handles what it has functions for, and a check alone answers -2 for its callback', async (t) => {
  const trial = await PolicyTrial.open(
    t,
    'export const user_signup = () => 1; export const checkUserLogin = () => 2; const checkNewNode = 3;',
  );
  const handled = (['callback', 'check'] as const).map((stage) =>
    (['user_signup', 'user_login', 'new_node'] as const).map((kind) => trial.worker.handles(stage, kind)),
  );
  t.deepEqual(handled, [
    [true, true, false],
    [false, true, false],
  ]);
  t.deepEqual(await trial.ask('', {stage: 'callback', kind: 'user_login'}), returned(-2));
  t.deepEqual(await trial.ask('', {stage: 'check', kind: 'user_login'}), returned(2));
  t.is((await trial.ask('', {stage: 'check', kind: 'user_signup'})).type, 'unavailable');
  t.is((await trial.ask('', {kind: 'new_node'})).type, 'unavailable');
});

const values: readonly (readonly [expression: string, value: unknown])[] = [
  ['7', 7],
  ['-2', -2],
  ['-0', -0],
  ['NaN', NaN],
  ['-Infinity', -Infinity],
  ['1.5', 1.5],
  ['true', true],
  ['undefined', undefined],
  ['null', null],
  ['""', ''],
  ['"primary"', 'primary'],
  ['"\\u0000\\ud800 \u{1f3f0}"', '\u0000\ud800 \u{1f3f0}'],
  ['12345678901234567890n', 12345678901234567890n],
  ['1n << 1000000n', 1n << 256n],
  ['-(1n << 1000000n)', -(1n << 256n)],
  ['"x".repeat(1e7)', 'x'.repeat(maxTextUnits)],
  ['Promise.resolve(-1)', -1],
  ['({then: (resolve) => resolve(5)})', 5],
  ['(async () => { await null; return "secondary"; })()', 'secondary'],
  ['({get then() { return 3; }})', {}],
  ['({a: 1})', {}],
  ['new Date()', {}],
  ['Array(1e6).fill("x")', {}],
  ['new Proxy({}, {ownKeys() { throw new Error("no"); }})', {}],
  ['({get a() { throw new Error("a trap"); }})', {}],
  ['Object(1)', {}],
  ['Promise.resolve({get a() { throw new Error("a trap"); }})', {}],
];

test.serial('a value arrives as it is, or as an empty one of its type', async (t) => {
  const trial = await PolicyTrial.open(t, evaluating);
  for (const [expression, value] of values) t.deepEqual(await trial.ask(expression), returned(value), expression);
  for (const [expression, type] of [
    ['() => 1', 'function'],
    ['(class {})', 'function'],
    ['Symbol("s")', 'symbol'],
    ['(async () => Symbol.iterator)()', 'symbol'],
  ] as const) {
    const reply = await trial.ask(expression);
    t.is(reply.type === 'returned' && typeof reply.value, type, expression);
  }
  t.is(trial.all('loaded').length, 1, 'the process has lived through all of them');
});

const thrown: readonly (readonly [expression: string, reason: string])[] = [
  ['(() => { throw new Error("no such user"); })()', 'no such user'],
  ['(() => { throw new TypeError("first\\nsecond"); })()', 'first'],
  ['(() => { throw new Error("\\n\\n  third"); })()', 'third'],
  ['(() => { throw new Error("\\u001b[31mred\\u0007"); })()', '[31mred'],
  ['(() => { throw "text"; })()', 'text'],
  ['(() => { throw undefined; })()', 'undefined'],
  ['(() => { throw null; })()', 'null'],
  ['(() => { throw new Error(""); })()', 'it threw something without a message'],
  ['(() => { throw Object.create(null); })()', 'something that cannot be shown'],
  ['(() => { throw {toString() { throw 1; }}; })()', 'something that cannot be shown'],
  [
    '(() => { const e = new Error(); Object.defineProperty(e, "message", {get() { throw 1; }}); throw e; })()',
    'something that cannot be shown',
  ],
  ['(() => { const e = new Error(); e.message = 5; throw e; })()', '5'],
  ['(() => { throw Symbol("s"); })()', 'Symbol(s)'],
  ['Promise.reject(new Error("rejected"))', 'rejected'],
  ['({get then() { throw new Error("a trap"); }})', 'a trap'],
  ['({then() { throw new Error("another"); }})', 'another'],
  ['nothing.of.it', 'nothing is not defined'],
  ['JSON.parse("a secret")', 'SyntaxError'],
];

test.serial('whatever a policy throws fails the question with the first line of its message', async (t) => {
  const trial = await PolicyTrial.open(t, evaluating);
  for (const [expression, reason] of thrown) {
    t.deepEqual(await trial.ask(expression), {type: 'failed', reason}, expression);
  }
  const reply = await trial.ask('(() => { throw new Error("x".repeat(1e7)); })()');
  t.is(reply.type === 'failed' && reply.reason.length, maxReasonCharacters);
  t.is(trial.all('loaded').length, 1);
});

test.serial('questions are begun in the order in which they were asked, so many at a time', async (t) => {
  const trial = await PolicyTrial.open(
    t,
    `let begun = 0, active = 0;
    export async function user_signup() {
      const turn = ++begun;
      const most = ++active;
      await new Promise((resolve) => setTimeout(resolve, 10));
      active--;
      return turn + ' ' + most;
    }`,
  );
  const replies = await Promise.all(Array.from({length: 50}, () => trial.ask('')));
  const seen = replies.map((reply) => (reply.type === 'returned' ? String(reply.value).split(' ').map(Number) : []));
  t.deepEqual(
    seen.map(([turn]) => turn),
    Array.from({length: 50}, (_, i) => i + 1),
  );
  t.is(Math.max(...seen.map(([, most]) => most!)), maxInFlight);
});

test.serial('a policy cannot write where the tower reads its answers', async (t) => {
  const trial = await PolicyTrial.open(t, evaluating);
  t.deepEqual(await trial.ask('typeof process.send'), returned('undefined'));
});
