import test, {type ExecutionContext} from 'ava';
import {takeAnswer} from '../../../src/gatekeeper/auth/answers.js';
import {ask, submissionOf} from '../../support/devices.js';
import {HeldPolicy} from '../../support/held-policy.js';
import {publicKey} from '../../support/keys.js';
import {until} from '../../support/until.js';
import {World} from '../../support/world.js';

/** A request whose check thinks about it. */
async function thinking(
  t: ExecutionContext,
): Promise<{world: World; policy: HeldPolicy; answer: (value: unknown) => Promise<void>}> {
  const policy = new HeldPolicy();
  const world = await World.begin(t, {settings: {auth: 'user', requestTtl: 4}, policies: [policy]});
  const answer = async (value: unknown) => {
    const [held] = policy.open;
    const heard = world.events.length;
    held!.reply({type: 'returned', value});
    await until(() => world.events.length > heard);
  };
  await world.tower.auth.submit(submissionOf(world, {device: 2}), {wait: false});
  await until(() => policy.open.length === 1);
  await answer(-2);
  await world.mine();
  await until(() => policy.open.length === 1);
  return {world, policy, answer};
}

const late = (state: string) => ({type: 'answer_late', requestId: 1, state});

test('an answer to a request that an operator has decided counts for nothing', async (t) => {
  const {world, answer} = await thinking(t);
  await world.tower.auth.deny(1, {reason: 'no', actor: 'operator'});
  const digest = await world.tower.digest();
  await answer(7);
  t.like(world.events.at(-1), late('denied'));
  await world.mine();
  t.like(await world.tower.auth.request(1), {state: 'denied', closing: {reason: 'no'}});
  t.is(world.userCount, 0);
  await world.disconnect(1);
  t.is(await world.tower.digest(), digest);
});

test('an answer to a request that the device has replaced counts for nothing, also not for the one in its place', async (t) => {
  const {world, policy, answer} = await thinking(t);
  await world.tower.auth.submit(submissionOf(world, {device: 2, info: 'other'}), {wait: false});
  await until(() => policy.open.length === 2);
  await answer(7);
  t.like(world.events.at(-1), late('superseded'));
  await world.mine();
  t.like(await world.tower.auth.request(2), {state: 'pending', stage: 'callback', answer: null});
  t.is(world.userCount, 0);
});

test('an answer after some blocks is recorded, and counts in the next one', async (t) => {
  const {world, answer} = await thinking(t);
  await world.mine(2);
  await answer(7);
  t.like(await world.tower.auth.request(1), {state: 'pending', answer: {height: 103}});
  await world.disconnect(2);
  t.like(await world.tower.auth.request(1), {state: 'pending', answer: {height: 103}}, 'it stands');
  await world.mine();
  t.like(await world.tower.auth.request(1), {state: 'approved', closing: {height: 102, userId: 7}});
});

test('an answer to a request that has timed out counts for nothing, unless the block is gone by then', async (t) => {
  const {world, policy, answer} = await thinking(t);
  await world.mine(3);
  t.is((await world.tower.auth.request(1)).state, 'expired');
  await world.disconnect(1);
  await answer(7);
  t.like(world.events.at(-1), {type: 'answer_recorded'});
  t.like(await world.tower.auth.request(1), {state: 'pending', answer: {height: 103}});
  t.deepEqual(policy.open, [], 'nobody is asked about it again');
  await world.mine();
  t.like(await world.tower.auth.request(1), {state: 'expired'}, 'phase 3 comes before phase 4');

  const second = await thinking(t);
  await second.world.mine(3);
  await second.answer(7);
  t.like(second.world.events.at(-1), late('expired'));
});

test('an answer to a tower that is gone reaches nobody, and the next tower asks again', async (t) => {
  const {world, policy} = await thinking(t);
  const [former] = policy.open;
  await world.restart();
  await until(() => policy.open.length === 2);
  former!.reply({type: 'returned', value: 7});
  await world.mine(2);
  t.like(await world.tower.auth.request(1), {state: 'pending', answer: null});
  t.is(world.userCount, 0);
  t.deepEqual(await world.problems(), []);
});

test('of two answers that wait for one block, the one to the older request counts first', async (t) => {
  const {world, policy} = await thinking(t);
  await world.tower.auth.submit(submissionOf(world, {device: 3}), {wait: false});
  await until(() => policy.open.length === 2);
  policy.open[1]!.reply({type: 'returned', value: -2});
  await world.mine();
  await until(() => policy.open.length === 2);
  const [older, newer] = policy.open;
  newer!.reply({type: 'returned', value: 0});
  await until(() => world.events.filter(({type}) => type === 'answer_recorded').length === 1);
  older!.reply({type: 'returned', value: 0});
  await until(() => world.events.filter(({type}) => type === 'answer_recorded').length === 2);
  await world.mine();
  t.like(await world.tower.auth.status(publicKey(2)), {device: {userId: 1}});
  t.like(await world.tower.auth.status(publicKey(3)), {device: {userId: 2}});
});

test('a device asks while another question hangs, and is answered', async (t) => {
  const {world, policy} = await thinking(t);
  policy.set((stage) => stage === 'check');
  t.like(await ask(world, {device: 3}), {state: 'pending'});
  await world.tower.auth.approve(2, {actor: 'operator'});
  t.is(world.userCount, 1);
});

test('an answer to a question of another stage counts for nothing', async (t) => {
  const {world} = await thinking(t);
  const verdict = {type: 'approve_user', userId: 7} as const;
  await world.tower.gatekeeper.lock.submit({
    actor: 'policy',
    run: (transaction, publish) =>
      takeAnswer(transaction, publish, {
        id: 1,
        stage: 'callback',
        outcome: {type: 'verdict', verdict},
        actor: 'policy',
      }),
  });
  t.like(world.events.at(-1), late('pending'));
  t.like(await world.tower.auth.request(1), {state: 'pending', stage: 'check', answer: null});
});
