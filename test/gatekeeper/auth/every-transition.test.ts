import test, {type ExecutionContext} from 'ava';
import {transitions} from '../../../src/gatekeeper/auth/transitions.js';
import {type Ask, ask} from '../../support/devices.js';
import {publicKey} from '../../support/keys.js';
import {ScriptedPolicy} from '../../support/scripted-policy.js';
import {World} from '../../support/world.js';

/** A request in the state from which it goes, and what makes it go. */
interface Story {
  readonly world: World;
  readonly requestId: number;
  readonly move: () => Promise<unknown>;
  readonly closing: object | null;
}

const settings = {auth: 'user', requestTtl: 5, requestAttempts: 2} as const;
const login: Ask = {device: 2, kind: 'user_login'};

async function begin(
  t: ExecutionContext,
  answers: ConstructorParameters<typeof ScriptedPolicy>[0] = {},
): Promise<{world: World; policy: ScriptedPolicy}> {
  const policy = new ScriptedPolicy(answers);
  return {world: await World.begin(t, {settings, policies: [policy]}), policy};
}

/** A request about which the policy is asked at once, and then answers so. */
async function answeredAtOnce(t: ExecutionContext, answer: unknown, closing: object): Promise<Story> {
  const {world, policy} = await begin(t);
  await ask(world, {device: 2});
  const move = async () => {
    policy.set('callback', () => answer);
    await world.tower.auth.settled();
  };
  return {world, requestId: 1, move, closing: {actor: 'policy', height: 100, ...closing}};
}

/** A request whose answer waits for the block that comes. */
async function answeredInABlock(t: ExecutionContext, answer: unknown, closing: object): Promise<Story> {
  const {world} = await begin(t, {callback: () => -2, check: () => answer});
  await ask(world, {device: 2});
  await world.mine();
  await world.tower.auth.settled();
  const move = () => world.mine();
  return {world, requestId: 1, move, closing: {actor: 'policy', height: 102, ...closing}};
}

async function waiting(t: ExecutionContext, request: Ask = {device: 2}): Promise<World> {
  const {world} = await begin(t);
  await ask(world, request);
  return world;
}

/** A signup and a login of one device, the first of which is to be granted. */
async function twoWishes(t: ExecutionContext): Promise<World> {
  const world = await waiting(t);
  t.is((await ask(world, login)).requestId, 2);
  return world;
}

async function expired(t: ExecutionContext): Promise<World> {
  const world = await waiting(t);
  await world.mine(5);
  return world;
}

const superseded = {actor: 'tower', reason: 'authorized otherwise', userId: 1};

/** A device asks while its user is deleted, and has him back before anybody answers. */
async function restoredMeanwhile(world: World): Promise<void> {
  await world.tower.auth.authorizeUser(publicKey(2), 1, 'operator');
  await world.mineTo(112);
  await ask(world, {device: 2});
}

/** By the ends of a transition and whoever moves it; one that may come about in two ways has two. */
const stories: Readonly<Record<string, readonly ((t: ExecutionContext) => Promise<Story>)[]>> = {
  'pending approved policy': [(t) => answeredAtOnce(t, 7, {userId: 7, reason: 'approved'})],
  'pending approved block': [(t) => answeredInABlock(t, 7, {userId: 7, reason: 'approved'})],
  'pending approved operator': [
    async (t) => {
      const world = await waiting(t);
      const move = () => world.tower.auth.approve(1, {actor: 'operator'});
      return {world, requestId: 1, move, closing: {actor: 'operator', userId: 1}};
    },
    async (t) => {
      const world = await waiting(t);
      const move = () => world.tower.auth.authorizeUser(publicKey(2), 4, 'operator');
      return {world, requestId: 1, move, closing: {actor: 'operator', userId: 4}};
    },
  ],
  'pending approved program': [
    async (t) => {
      const world = await waiting(t);
      const move = () => world.tower.auth.approve(1, {actor: 'program'});
      return {world, requestId: 1, move, closing: {actor: 'program', userId: 1}};
    },
    async (t) => {
      const world = await waiting(t, {device: 2, kind: 'new_node'});
      const move = () => world.tower.auth.authorizeNode(publicKey(2), 'primary', 'program');
      return {world, requestId: 1, move, closing: {actor: 'program', userId: null, role: 'primary'}};
    },
  ],
  'pending denied policy': [(t) => answeredAtOnce(t, -1, {userId: null, reason: 'not authorized'})],
  'pending denied block': [
    (t) => answeredInABlock(t, -1, {userId: null, reason: 'not authorized'}),
    async (t) => {
      const {world} = await begin(t, {callback: () => -2, check: () => 3});
      await world.tower.auth.authorizeUser(publicKey(3), 3, 'operator');
      await world.mineTo(110);
      await ask(world, login);
      await world.mine();
      await world.tower.auth.settled();
      const closing = {actor: 'policy', height: 112, userId: null, reason: 'user 3 was deleted in this block'};
      return {world, requestId: 1, move: () => world.mine(), closing};
    },
  ],
  'pending denied operator': [
    async (t) => {
      const world = await waiting(t);
      const move = () => world.tower.auth.deny(1, {reason: 'no', actor: 'operator'});
      return {world, requestId: 1, move, closing: {actor: 'operator', reason: 'no', userId: null}};
    },
  ],
  'pending denied program': [
    async (t) => {
      const world = await waiting(t);
      const move = () => world.tower.auth.deny(1, {reason: 'no', actor: 'program'});
      return {world, requestId: 1, move, closing: {actor: 'program', reason: 'no', userId: null}};
    },
  ],
  'pending failed policy': [
    async (t) => {
      const {world} = await begin(t, {callback: () => -3});
      t.like(await ask(world, {device: 2}), {state: 'pending', attempts: 1});
      const move = async () => {
        await world.mine();
        await world.tower.auth.settled();
      };
      return {world, requestId: 1, move, closing: {actor: 'policy', height: 101, reason: 'general error'}};
    },
  ],
  'pending failed block': [
    async (t) => {
      const {world} = await begin(t, {callback: () => -2, check: () => 7});
      await world.tower.auth.authorizeUser(publicKey(3), 7, 'operator');
      await ask(world, {device: 2});
      for (let height = 101; height <= 103; height++) {
        await world.mine();
        await world.tower.auth.settled();
      }
      const closing = {actor: 'policy', height: 104, reason: 'user id 7 is in use', userId: null};
      return {world, requestId: 1, move: () => world.mine(), closing};
    },
  ],
  'pending expired block': [
    async (t) => {
      const world = await waiting(t);
      await world.mine(4);
      const reason = 'not decided within 5 blocks';
      return {world, requestId: 1, move: () => world.mine(), closing: {actor: 'chain', height: 105, reason}};
    },
  ],
  'pending superseded device': [
    async (t) => {
      const world = await waiting(t);
      const closing = {actor: 'device', reason: 'superseded by request 2'};
      return {world, requestId: 1, move: () => ask(world, {device: 2, info: 'other'}), closing};
    },
  ],
  'pending superseded policy': [
    async (t) => {
      const {world, policy} = await begin(t);
      await ask(world, {device: 2});
      await ask(world, login);
      const move = async () => {
        policy.kinds = ['user_signup'];
        policy.set('callback', () => 0);
        await world.tower.auth.settled();
      };
      return {world, requestId: 2, move, closing: superseded};
    },
    async (t) => {
      const {world, policy} = await begin(t);
      await restoredMeanwhile(world);
      await world.disconnect(1);
      await world.register(2);
      await world.mine();
      const move = async () => {
        policy.set('callback', () => 0);
        await world.tower.auth.settled();
      };
      return {world, requestId: 1, move, closing: {...superseded, height: 112}};
    },
  ],
  'pending superseded block': [
    async (t) => {
      const {world, policy} = await begin(t, {callback: () => -2, check: () => 0});
      policy.kinds = ['user_signup'];
      await ask(world, {device: 2});
      await ask(world, login);
      await world.mine();
      await world.tower.auth.settled();
      return {world, requestId: 2, move: () => world.mine(), closing: {...superseded, height: 102}};
    },
    async (t) => {
      const {world} = await begin(t, {callback: () => -2, check: () => 0});
      await restoredMeanwhile(world);
      await world.mine();
      await world.tower.auth.settled();
      await world.disconnect(2);
      await world.register(2);
      return {world, requestId: 1, move: () => world.mine(), closing: {...superseded, height: 112}};
    },
  ],
  'pending superseded operator': [
    async (t) => {
      const world = await twoWishes(t);
      return {world, requestId: 2, move: () => world.tower.auth.approve(1, {actor: 'operator'}), closing: superseded};
    },
    async (t) => {
      const world = await twoWishes(t);
      const move = () => world.tower.auth.authorizeUser(publicKey(2), 0, 'operator');
      return {world, requestId: 2, move, closing: superseded};
    },
    async (t) => {
      const world = await waiting(t);
      await world.changeSettings({auth: 'node'});
      const move = () => world.tower.auth.authorizeNode(publicKey(2), 'secondary', 'operator');
      return {world, requestId: 1, move, closing: {...superseded, role: 'secondary'}};
    },
  ],
  'pending superseded program': [
    async (t) => {
      const world = await twoWishes(t);
      return {world, requestId: 2, move: () => world.tower.auth.approve(1, {actor: 'program'}), closing: superseded};
    },
  ],
  'pending superseded disconnect': [
    async (t) => {
      const world = await expired(t);
      await world.tower.auth.requestRegistration(publicKey(2));
      const reason = 'superseded by request 1, which is signed';
      const closing = {actor: 'chain', height: 104, reason, userId: null};
      return {world, requestId: 2, move: () => world.disconnect(1), closing};
    },
  ],
  'expired pending disconnect': [
    async (t) => {
      const world = await expired(t);
      return {world, requestId: 1, move: () => world.disconnect(1), closing: null};
    },
  ],
  'expired superseded disconnect': [
    async (t) => {
      const world = await expired(t);
      await ask(world, {device: 2, info: 'newer'});
      const closing = {actor: 'chain', height: 104, reason: 'superseded after it had expired', userId: null};
      return {world, requestId: 1, move: () => world.disconnect(1), closing};
    },
    async (t) => {
      const world = await expired(t);
      await world.tower.auth.authorizeUser(publicKey(2), 0, 'operator');
      const closing = {actor: 'chain', height: 104, userId: null};
      return {world, requestId: 1, move: () => world.disconnect(1), closing};
    },
  ],
};

for (const {from, to, by, when} of transitions) {
  for (const [i, tell] of (stories[`${from} ${to} ${by}`] ?? []).entries()) {
    test(`${from} to ${to}: ${when} (${i + 1})`, async (t) => {
      const {world, requestId, move, closing} = await tell(t);
      t.is((await world.tower.auth.request(requestId)).state, from);
      await move();
      const after = await world.tower.auth.request(requestId);
      t.is(after.state, to);
      if (closing) t.like(after.closing, closing);
      else t.is(after.closing, null);
      t.is(after.info, to === 'pending' ? 'info' : null);
      t.deepEqual(await world.problems(), []);
      t.is(world.tower.halted, undefined);
      await world.restart();
      t.deepEqual(await world.tower.auth.request(requestId), after, 'also after a restart');
    });
  }
}

test('every transition has a story', (t) => {
  const names = transitions.map(({from, to, by}) => `${from} ${to} ${by}`);
  t.deepEqual(Object.keys(stories).sort(), names.sort());
});
