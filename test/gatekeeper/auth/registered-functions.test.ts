import test from 'ava';
import {systemTimers} from '../../../src/chain/timers.js';
import type {Question, Reply} from '../../../src/gatekeeper/auth/policy.js';
import {
  functionLimitMs,
  RegisteredFunctions,
  type SlowCall,
} from '../../../src/gatekeeper/auth/registered-functions.js';
import type {RequestKind} from '../../../src/store/layout.js';
import {ManualTimers} from '../../support/manual-timers.js';

const kinds: readonly RequestKind[] = ['user_signup', 'user_login', 'new_node'];
const context = {
  requestId: 7,
  key: '02ab',
  proven: true,
  height: 120,
  receivedHeight: 119,
  attempts: 0,
  formerUserId: null,
};
const asked = (kind: RequestKind): Question => ({
  stage: 'callback',
  kind,
  info: kind === 'new_node' ? null : 'coupon 12',
  nodeInfo: '{"public_key": "02ab"}',
  context,
});
const returned = (value: unknown): Reply => ({type: 'returned', value});
const failed = (reason: string): Reply => ({type: 'failed', reason});

function setUp(slow: SlowCall[] = []) {
  const timers = new ManualTimers();
  return {timers, functions: new RegisteredFunctions({timers, onSlow: (call) => slow.push(call)})};
}

function deferred() {
  let resolve!: (value: unknown) => void;
  let reject!: (thrown: unknown) => void;
  const promise = new Promise((...both) => ([resolve, reject] = both));
  return {promise, resolve, reject};
}

/** Registers a function of any kind that takes no interest in its arguments. */
const give = (functions: RegisteredFunctions, kind: RequestKind, fn: () => unknown): void =>
  functions.register(kind, kind === 'new_node' ? 1 : 2, fn);

test('a function is given what its kind has, and the context if it asks for one argument more', async (t) => {
  const {functions} = setUp();
  const calls: unknown[] = [];
  const note = (...args: unknown[]) => calls.push(args);
  for (const kind of kinds) {
    const own = kind === 'new_node' ? [asked(kind).nodeInfo] : ['coupon 12', asked(kind).nodeInfo];
    functions.register(kind, own.length, note);
    await functions.ask(asked(kind));
    functions.register(kind, own.length + 1, note);
    await functions.ask(asked(kind));
    t.deepEqual(calls.splice(0), [own, [...own, context]], kind);
  }
});

test('a function that changes the context it was given changes nothing of ours', async (t) => {
  const {functions} = setUp();
  functions.register('new_node', 2, (_, given) => Object.assign(given, {requestId: 8}));
  const question = asked('new_node');
  await functions.ask(question);
  t.is(question.context.requestId, 7);
});

test('only registered kinds are handled, and only at the stage of the callback', (t) => {
  const {functions} = setUp();
  give(functions, 'user_login', () => -2);
  t.deepEqual(
    kinds.map((kind) => functions.handles('callback', kind)),
    [false, true, false],
  );
  t.false(functions.handles('check', 'user_login'));
});

test('listeners hear of every change, when it is in force', (t) => {
  const {functions} = setUp();
  const seen: boolean[] = [];
  functions.onChange(() => seen.push(functions.handles('callback', 'new_node')));
  give(functions, 'new_node', () => 'primary');
  functions.register('new_node', 1, null);
  t.deepEqual(seen, [true, false]);
});

test('a second function takes the place of the first', async (t) => {
  const {functions} = setUp();
  give(functions, 'user_signup', () => 1);
  give(functions, 'user_signup', () => 2);
  t.deepEqual(await functions.ask(asked('user_signup')), returned(2));
});

test('where no function is registered, nobody can be asked', async (t) => {
  const {functions} = setUp();
  const unavailable: Reply = {type: 'unavailable', reason: 'no function user_signup is registered'};
  t.deepEqual(await functions.ask(asked('user_signup')), unavailable);
  give(functions, 'user_signup', () => 1);
  t.deepEqual(await functions.ask({...asked('user_signup'), stage: 'check'}), unavailable);
  functions.register('user_signup', 2, null);
  t.deepEqual(await functions.ask(asked('user_signup')), unavailable);
});

const wrong: readonly (readonly [what: string, name: unknown, count: unknown, fn: unknown, reason: string])[] = [
  ['an unknown name', 'user_signout', 2, () => -2, 'unknown_name'],
  ['a name in other letters', 'USER_SIGNUP', 2, () => -2, 'unknown_name'],
  ['a name that every object has', 'constructor', 2, () => -2, 'unknown_name'],
  ['no name', undefined, 2, () => -2, 'unknown_name'],
  ['too few arguments', 'user_signup', 1, () => -2, 'argument_count'],
  ['too many arguments', 'user_login', 4, () => -2, 'argument_count'],
  ['two arguments too many for a node', 'new_node', 3, () => -2, 'argument_count'],
  ['no arguments', 'new_node', 0, () => -2, 'argument_count'],
  ['any number of arguments', 'new_node', -1, () => -2, 'argument_count'],
  ['a number of arguments that is a text', 'new_node', '1', () => -2, 'argument_count'],
  ['no function', 'new_node', 1, undefined, 'no_function'],
  ['a text for a function', 'new_node', 1, 'primary', 'no_function'],
];
for (const [what, name, count, fn, reason] of wrong) {
  test(`${what} cannot be registered, and what was registered stays`, async (t) => {
    const {functions} = setUp();
    for (const kind of kinds) give(functions, kind, () => 1);
    const register = () => functions.register(name as string, count as number, fn as () => unknown);
    t.like(t.throws(register, {code: 'TOWER_INVALID_FUNCTION'}), {facts: {reason}});
    for (const kind of kinds) t.deepEqual(await functions.ask(asked(kind)), returned(1));
  });
}

test('what is returned comes back as it is, and takes no timer', async (t) => {
  const {functions, timers} = setUp();
  for (const value of [0, -0, NaN, 'primary', '', null, undefined, true, 5n]) {
    give(functions, 'new_node', () => value);
    t.deepEqual(await functions.ask(asked('new_node')), returned(value));
    t.is(timers.pending, 0);
  }
});

test('an object that is no promise comes back too', async (t) => {
  const {functions, timers} = setUp();
  give(functions, 'new_node', () => ({role: 'primary'}));
  t.deepEqual(await functions.ask(asked('new_node')), returned({role: 'primary'}));
  t.is(timers.pending, 0);
});

test('a promise is waited for, as is anything with a then', async (t) => {
  const {functions, timers} = setUp();
  const resolving = deferred();
  give(functions, 'user_signup', () => resolving.promise);
  const reply = functions.ask(asked('user_signup'));
  timers.pass(functionLimitMs - 1);
  resolving.resolve(12);
  t.deepEqual(await reply, returned(12));
  give(functions, 'user_login', () => ({then: (settle: (value: number) => void) => settle(13)}));
  t.deepEqual(await functions.ask(asked('user_login')), returned(13));
  t.is(timers.pending, 0);
});

test('a promise that takes too long has failed, and what it says later is not heard', async (t) => {
  const {functions, timers} = setUp();
  for (const ending of ['resolve', 'reject'] as const) {
    const settling = deferred();
    give(functions, 'user_signup', () => settling.promise);
    const reply = functions.ask(asked('user_signup'));
    timers.pass(functionLimitMs);
    settling[ending](12);
    t.deepEqual(await reply, failed('user_signup took longer than 1000 ms'));
  }
});

const raise = (thrown: unknown): never => {
  throw thrown;
};
const noDatabase = () => raise(new Error('no database'));
const throwing: readonly (readonly [what: string, fn: () => unknown, reason: string])[] = [
  ['an error', noDatabase, 'no database'],
  ['a text', () => raise('no database'), 'no database'],
  ['nothing', () => raise(undefined), 'undefined'],
  ['what quotes a secret', () => JSON.parse('a secret') as unknown, 'SyntaxError'],
  ['an object without a prototype', () => raise(Object.create(null)), 'something that has no text'],
  ['what cannot be read', () => raise(new Proxy(new Error(), {get: noDatabase})), 'something that has no text'],
  ['in a promise', () => Promise.reject(new Error('no database')), 'no database'],
  ['in a then', () => ({then: noDatabase}), 'no database'],
  ['on a look at then', () => Object.defineProperty({}, 'then', {get: noDatabase}), 'no database'],
  [
    'on a look at its own promise',
    () => Object.defineProperty(Promise.resolve(1), 'then', {get: noDatabase}),
    'no database',
  ],
];
for (const [what, fn, reason] of throwing) {
  test(`a function that throws has failed: ${what}`, async (t) => {
    const {functions, timers} = setUp();
    give(functions, 'user_signup', fn);
    t.deepEqual(await functions.ask(asked('user_signup')), failed(`user_signup threw: ${reason}`));
    t.is(timers.pending, 0);
  });
}

test('a call that holds the program up is reported, and its answer counts', async (t) => {
  const slow: SlowCall[] = [];
  const {functions, timers} = setUp(slow);
  const after = (ms: number, value: unknown) => () => {
    timers.pass(ms);
    return value;
  };
  give(functions, 'user_signup', after(functionLimitMs, 1));
  t.deepEqual(await functions.ask(asked('user_signup')), returned(1));
  t.deepEqual(slow, []);
  give(functions, 'user_signup', after(functionLimitMs + 5, 2));
  t.deepEqual(await functions.ask(asked('user_signup')), returned(2));
  t.deepEqual(slow, [{name: 'user_signup', requestId: 7, spentMs: 1005}]);
});

test('time that a function spends before it returns a promise counts', async (t) => {
  const {functions, timers} = setUp();
  give(functions, 'user_signup', () => {
    timers.pass(functionLimitMs - 10);
    return new Promise(() => undefined);
  });
  const reply = functions.ask(asked('user_signup'));
  timers.pass(10);
  t.deepEqual(await reply, failed('user_signup took longer than 1000 ms'));
});

test('questions do not wait for each other', async (t) => {
  const {functions, timers} = setUp();
  give(functions, 'user_signup', () => new Promise(() => undefined));
  give(functions, 'user_login', () => Promise.resolve(3));
  const hanging = functions.ask(asked('user_signup'));
  t.deepEqual(await functions.ask(asked('user_login')), returned(3));
  timers.pass(functionLimitMs);
  t.is((await hanging).type, 'failed');
});

test('closing ends what waits, and leaves no timer', async (t) => {
  const {functions, timers} = setUp();
  give(functions, 'user_signup', () => new Promise(() => undefined));
  const waiting = [functions.ask(asked('user_signup')), functions.ask(asked('user_signup'))];
  await functions.close();
  for (const reply of await Promise.all(waiting)) t.is(reply.type, 'unavailable');
  t.is(timers.pending, 0);
  t.false(functions.handles('callback', 'user_signup'));
});

test('with real timers, a promise that never settles fails', async (t) => {
  const functions = new RegisteredFunctions({timers: systemTimers, limitMs: 5});
  give(functions, 'new_node', () => new Promise(() => undefined));
  t.deepEqual(await functions.ask(asked('new_node')), failed('new_node took longer than 5 ms'));
});
