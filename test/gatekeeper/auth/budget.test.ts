import test, {type ExecutionContext} from 'ava';
import {takeAnswer} from '../../../src/gatekeeper/auth/answers.js';
import {receive} from '../../../src/gatekeeper/auth/reception.js';
import type {Verdict} from '../../../src/store/request-row.js';
import {ask, infoHashOf} from '../../support/devices.js';
import {fakeKey} from '../../support/keys.js';
import {World} from '../../support/world.js';

const settings = {auth: 'user', authBudget: 2} as const;

/** Every request has been put off, and now its answer waits for a block. */
async function record(world: World, verdicts: readonly Verdict[]): Promise<void> {
  const outcomes = [{type: 'later'} as const, ...verdicts.map((verdict) => ({type: 'verdict', verdict}) as const)];
  const answer = (id: number, stage: 'callback' | 'check', outcome: (typeof outcomes)[number]) =>
    world.tower.gatekeeper.lock.submit({
      actor: 'policy',
      run: (transaction, publish) => takeAnswer(transaction, publish, {id, stage, outcome, actor: 'policy'}),
    });
  await Promise.all(verdicts.map((_, i) => answer(i + 1, 'callback', outcomes[0]!)));
  await Promise.all(verdicts.map((_, i) => answer(i + 1, 'check', outcomes[i + 1]!)));
}

/** As many requests, of as many devices, whose signatures nobody checks. */
async function receiveMany(world: World, count: number): Promise<void> {
  const {height, hash} = world.tower.tip!;
  const received = Array.from({length: count}, (_, i) => {
    const key = fakeKey(i);
    const info = {info: 'info', infoHash: infoHashOf('info'), nodeInfo: `{"public_key":"${key}"}`};
    const submission = {kind: 'user_signup', key, ...info, blockHeight: height, blockHash: hash} as const;
    return world.tower.gatekeeper.lock.submit({
      actor: `user:${key}`,
      run: (transaction, publish) => receive(transaction, publish, submission),
    });
  });
  await Promise.all(received);
}

const newUser: Verdict = {type: 'approve_user', userId: 0};
const deny: Verdict = {type: 'deny', reason: 'no'};

async function statesOf(world: World): Promise<string> {
  const {requests} = await world.tower.auth.requests({limit: 1_000});
  return requests.map(({state}) => state[0]).join('');
}

const begin = (t: ExecutionContext): Promise<World> => World.begin(t, {settings});

test('a block applies auth_budget answers, the next one the next, by request id', async (t) => {
  const world = await begin(t);
  for (let device = 2; device <= 6; device++) await ask(world, {device});
  await record(world, [deny, newUser, deny, deny, newUser]);
  const seen: string[] = [];
  for (let block = 1; block <= 4; block++) {
    await world.mine();
    seen.push(await statesOf(world));
  }
  t.deepEqual(seen, ['dappp', 'daddp', 'dadda', 'dadda']);
});

test('a block that goes takes no decision with it, and the one in its place has a budget of its own', async (t) => {
  const world = await begin(t);
  for (let device = 2; device <= 6; device++) await ask(world, {device});
  await record(world, [deny, deny, deny, deny, deny]);
  await world.mine();
  await world.reorg({depth: 1, blocks: 1});
  t.is(await statesOf(world), 'ddddp');
  t.like(await world.tower.auth.request(1), {closing: {height: 101}});
  t.deepEqual(await world.problems(), []);
});

test('an answer that has become needless costs nothing of the budget', async (t) => {
  const world = await begin(t);
  await ask(world, {device: 2});
  await ask(world, {device: 2, kind: 'user_login'});
  await ask(world, {device: 3});
  await ask(world, {device: 4});
  await record(world, [newUser, {type: 'approve_user', userId: 9}, newUser, newUser]);
  await world.mine();
  t.is(await statesOf(world), 'asap');
  t.is(world.userCount, 2);
  await world.mine();
  t.is(await statesOf(world), 'asaa');
});

test('an answer that cannot be carried out costs its part of the budget', async (t) => {
  const world = await begin(t);
  for (let device = 2; device <= 4; device++) await ask(world, {device});
  await record(world, [newUser, {type: 'approve_user', userId: 1}, newUser]);
  await world.mine();
  t.is(await statesOf(world), 'app');
  t.like(await world.tower.auth.request(2), {attempts: 1, answer: null, readyHeight: 102});
  t.like(await world.tower.auth.request(3), {attempts: 0, answer: {height: 100}});
});

test('a budget of more than is read at once is kept all the same', async (t) => {
  const world = await World.begin(t, {settings: {...settings, authBudget: 1_002}});
  await receiveMany(world, 1_005);
  await record(
    world,
    Array.from({length: 1_005}, () => deny),
  );
  await world.mine();
  t.is(world.tower.auth.pendingRequests, 3);
  await world.mine();
  t.is(world.tower.auth.pendingRequests, 0);
  t.deepEqual(await world.problems(), []);
});
