import test from 'ava';
import type {Question, Reply} from '../../../src/gatekeeper/auth/policy.js';
import type {RequestStage} from '../../../src/store/layout.js';
import type {PolicyAnswer, PolicyScript} from '../../../src/sim/scenario/scenario.js';
import {ScriptedPolicy} from '../../../src/sim/world/scripted-policy.js';

const key = 'a1';
const returns = (value: unknown): PolicyAnswer => ({type: 'returns', value});
const returned = (value: unknown): Reply => ({type: 'returned', value});

function aPolicy(script: Partial<PolicyScript>, budget = 100) {
  const stand = {height: 100, budget};
  const hangs: number[] = [];
  const scripted = {callback: [], check: [], ...script};
  const policy = new ScriptedPolicy({
    stand: () => stand,
    idOf: async (user) => (user === 'alice' ? 7 : undefined),
    onHang: async (_context, blocks) => void hangs.push(blocks),
  });
  const content = {key, kind: 'user_signup', proven: true, info: 'x', nodeInfo: '{}'} as const;
  policy.follow(content, scripted);
  policy.sent();
  const ask = (height: number, {requestId = 1, stage = 'check' as RequestStage, at = height} = {}): Promise<Reply> => {
    stand.height = at;
    const context = {requestId, key, proven: true, height, receivedHeight: 100, attempts: 0, formerUserId: null};
    const question: Question = {stage, kind: 'user_signup', info: 'x', nodeInfo: '{}', context};
    return policy.ask(question);
  };
  return {policy, content, ask, hangs};
}

test('each height has the next answer, and the last one stays', async (t) => {
  const {ask} = aPolicy({check: [returns(-2), {type: 'user', name: 'alice'}, returns('primary')]});
  t.deepEqual(await ask(101), returned(-2));
  t.deepEqual(await ask(105), returned(7));
  t.deepEqual(await ask(106), returned('primary'));
  t.deepEqual(await ask(107), returned('primary'));
});

test('asked again at the same height, it says the same', async (t) => {
  const {ask} = aPolicy({check: [returns(1), returns(2)]});
  t.deepEqual(await ask(101), returned(1));
  t.deepEqual(await ask(101), returned(1));
  t.deepEqual(await ask(102), returned(2));
  t.deepEqual(await ask(101, {requestId: 2}), returned(1));
});

test('callback and check go on by themselves', async (t) => {
  const {ask} = aPolicy({callback: [returns(-3), returns(-2)], check: [returns(0)]});
  t.deepEqual(await ask(101, {stage: 'callback'}), returned(-3));
  t.deepEqual(await ask(101), returned(0));
  t.deepEqual(await ask(102, {stage: 'callback'}), returned(-2));
});

test('a policy that hangs is unavailable for so many blocks, says so once, and has then failed', async (t) => {
  const {ask, hangs} = aPolicy({check: [{type: 'hangs', blocks: 3}, returns(0)]});
  for (const height of [101, 101, 102, 103]) t.is((await ask(height)).type, 'unavailable', `${height}`);
  t.is((await ask(105)).type, 'failed', 'it was not asked at 104');
  t.is((await ask(105)).type, 'failed');
  t.deepEqual(await ask(106), returned(0));
  t.deepEqual(hangs, [3]);
});

test('it throws, cannot be reached, and knows nobody of a name that nobody has', async (t) => {
  const {ask} = aPolicy({check: [{type: 'throws'}, {type: 'unavailable'}, {type: 'user', name: 'bob'}]});
  t.is((await ask(101)).type, 'failed');
  t.is((await ask(102)).type, 'unavailable');
  t.deepEqual(await ask(103), returned(-1));
});

test('a request keeps the answers with which it came', async (t) => {
  const {policy, content, ask} = aPolicy({check: [returns(1)]});
  t.deepEqual(await ask(101), returned(1));
  policy.follow(content, {callback: [], check: [returns(2)]});
  t.deepEqual(await ask(102), returned(1));
  t.deepEqual(await ask(102, {requestId: 2}), returned(2));
  policy.follow(content, undefined);
  t.deepEqual(await ask(103, {requestId: 2}), returned(2));
  t.is((await ask(103, {requestId: 3, stage: 'callback'})).type, 'unavailable', 'nobody answers for it');
});

test('it handles what a step so far has answers for, and a check without any knows nothing yet', async (t) => {
  const {policy, content, ask} = aPolicy({callback: [returns(-2)]});
  t.true(policy.handles('callback', 'user_signup'));
  t.false(policy.handles('check', 'user_signup'));
  t.false(policy.handles('callback', 'user_login'));
  policy.follow({...content, key: 'b2', kind: 'user_login'}, {callback: [returns(0)], check: []});
  t.true(policy.handles('callback', 'user_login'));
  policy.follow({...content, key: 'b2'}, {callback: [], check: [returns(0)]});
  t.true(policy.handles('check', 'user_signup'));
  policy.sent();
  t.deepEqual(await ask(101), returned(-2));
});

test('while a request is being sent, those that were there before hear nothing of it', async (t) => {
  const {policy, content, ask} = aPolicy({});
  let changes = 0;
  policy.onChange(() => changes++);
  policy.follow({...content, info: 'another'}, {callback: [returns(-1)], check: [returns(-1)]});
  for (const stage of ['callback', 'check'] as const) {
    t.true(policy.handles(stage, 'user_signup'));
    t.is((await ask(101, {stage})).type, 'unavailable', stage);
  }
  t.is(changes, 0);
  t.true(policy.sent());
  t.is(changes, 1);
  t.is((await ask(101, {stage: 'callback'})).type, 'unavailable');
  t.deepEqual(await ask(101), returned(-2));
  t.false(policy.sent(), 'there is nothing new since');
  policy.follow(content, {callback: [], check: [returns(7)]});
  t.true(policy.sent());
  t.deepEqual(await ask(102), returned(7), 'the same request sent again');
});

test('in the middle of a reorg it is not there', async (t) => {
  const {ask} = aPolicy({check: [returns(1), returns(2)]});
  t.is((await ask(99, {at: 101})).type, 'unavailable');
  t.deepEqual(await ask(101), returned(1));
});

test('a height has one budget of checks, however often a tower that is started again asks', async (t) => {
  const {ask} = aPolicy({callback: [returns(-2)], check: [returns(1)]}, 2);
  const types = (ids: readonly number[], height: number) =>
    Promise.all(ids.map(async (requestId) => (await ask(height, {requestId})).type));
  t.deepEqual(await types([1, 2], 101), ['returned', 'returned']);
  t.deepEqual(await types([3, 1, 2], 101), ['unavailable', 'returned', 'returned']);
  t.is((await ask(101, {requestId: 3, stage: 'callback'})).type, 'returned', 'a callback has none');
  t.deepEqual(await types([3, 4, 5], 102), ['returned', 'returned', 'unavailable']);
});

test('a check that knows nothing takes a turn like any other', async (t) => {
  const {policy, content, ask} = aPolicy({}, 1);
  policy.follow({...content, info: 'another'}, {callback: [], check: [returns(0)]});
  policy.sent();
  t.deepEqual(await ask(101), returned(-2));
  t.is((await ask(101, {requestId: 2})).type, 'unavailable');
  t.deepEqual(await ask(101), returned(-2));
  t.deepEqual(await ask(102, {requestId: 2}), returned(-2));
});
