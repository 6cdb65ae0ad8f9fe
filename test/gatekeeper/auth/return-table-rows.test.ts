import test from 'ava';
import type {Reply} from '../../../src/gatekeeper/auth/policy.js';
import type {RequestDetails} from '../../../src/gatekeeper/auth/views.js';
import type {RequestKind, RequestStage} from '../../../src/store/layout.js';
import {ask} from '../../support/devices.js';
import {publicKey} from '../../support/keys.js';
import {ScriptedPolicy} from '../../support/scripted-policy.js';
import {World} from '../../support/world.js';

/*
 * What becomes of a request when a policy answers so, on a tower: the return table, row by row. `user n`, `node role`
 * and `denied` are decisions; `later` waits for the check; `again` has cost an attempt; `waiting` has cost nothing.
 */

const retry = 'again: general error';
const denied = 'denied: not authorized';
const typed = (what: string) => `again: a user id was expected, ${what} came`;
const roled = (what: string) => `again: "primary" or "secondary" was expected, ${what} came`;

type Row = readonly [name: string, reply: Reply, signup: string, login: string, node: string];
const returned = (value: unknown): Reply => ({type: 'returned', value});
/** The same for every kind. */
const all = (name: string, reply: Reply, outcome: string): Row => [name, reply, outcome, outcome, outcome];
const noUserId = (value: unknown, what: string, node = roled(what)): Row => [
  what,
  returned(value),
  typed(what),
  typed(what),
  node,
];
const notWhole = (value: number): Row => {
  const outcome = `again: a user id is a whole number, ${value} came`;
  return [String(value), returned(value), outcome, outcome, roled(String(value))];
};

/** User 7 is there already. */
const rows: readonly Row[] = [
  all('-1', returned(-1), denied),
  all('-2', returned(-2), 'later'),
  all('-3', returned(-3), retry),
  ['0', returned(0), 'user 8', 'again: a login needs a user id, and 0 stands for a new user', roled('0')],
  ['a free user id', returned(5), 'user 5', 'user 5', roled('5')],
  ['a user id in use', returned(7), 'again: user id 7 is in use', 'user 7', roled('7')],
  ['the highest user id', returned(4294967295), 'user 4294967295', 'user 4294967295', roled('4294967295')],
  [
    'a user id past u32',
    returned(4294967296),
    'again: a user id is at most 4294967295, 4294967296 came',
    'again: a user id is at most 4294967295, 4294967296 came',
    roled('4294967296'),
  ],
  ['"primary"', returned('primary'), typed('a text of 7 characters'), typed('a text of 7 characters'), 'node primary'],
  ['"secondary"', returned('secondary'), typed('a text of 9 characters'), typed('a text of 9 characters'), 'node secondary'],
  noUserId('', 'a text of 0 characters', denied),
  noUserId(null, 'null', denied),
  noUserId(undefined, 'nothing', denied),
  noUserId('7', 'a text of 1 characters', roled('the text "7"')),
  noUserId(true, 'true'),
  noUserId(7n, 'a bigint'),
  noUserId({user_id: 7}, 'an object'),
  noUserId(Promise.resolve(7).then.bind(null), 'a function'),
  notWhole(NaN),
  notWhole(Infinity),
  notWhole(1.5),
  all('a denial in words', {type: 'denied', reason: 'not today'}, 'denied: not today'),
  all('a policy that fails', {type: 'failed', reason: 'it threw'}, 'again: it threw'),
  all('a policy that is not there', {type: 'unavailable', reason: 'down'}, 'waiting'),
]; // prettier-ignore

const kinds: readonly RequestKind[] = ['user_signup', 'user_login', 'new_node'];

for (const [name, reply, ...outcomes] of rows) {
  for (const [i, kind] of kinds.entries()) {
    const outcome = outcomes[i]!;
    test(`${name}, as the callback's answer for ${kind}: ${outcome}`, async (t) => {
      t.is(await outcomeOf(t, 'callback', kind, reply), outcome);
    });
    test(`${name}, as the check's answer for ${kind}: ${outcome}`, async (t) => {
      t.is(await outcomeOf(t, 'check', kind, reply), outcome);
    });
  }
}

test('a negative number without a meaning is an error from the callback and a denial from the check', async (t) => {
  for (const kind of kinds) {
    t.is(await outcomeOf(t, 'callback', kind, returned(-4)), 'again: -4 has no meaning here');
    t.is(await outcomeOf(t, 'check', kind, returned(-4)), 'denied: not authorized (-4)');
  }
});

/** Asks at the stage, and tells what has become of the request once the answer counts. */
async function outcomeOf(
  t: Parameters<typeof World.begin>[0],
  stage: RequestStage,
  kind: RequestKind,
  reply: Reply,
): Promise<string> {
  const answer = () => (reply.type === 'returned' ? reply.value : reply);
  const policy = new ScriptedPolicy(stage === 'callback' ? {callback: answer} : {callback: () => -2, check: answer});
  const world = await World.begin(t, {settings: {auth: 'user'}, policies: [policy]});
  const {auth} = world.tower;
  await auth.authorizeUser(publicKey(3), 7, 'operator');
  await world.changeSettings({auth: kind === 'new_node' ? 'node' : 'user'});
  await ask(world, {device: 2, kind});
  if (stage === 'check') {
    await world.mine();
    await auth.settled();
    t.is((await auth.request(1)).state, 'pending', 'a check decides nothing before the next block');
    // The answer of a check counts in the next block, in which nobody is to be asked once more.
    policy.set('check', undefined);
    await world.mine();
  }
  const {height} = world;
  const request = await auth.request(1);
  t.is(policy.asked.length, stage === 'check' ? 2 : 1);
  t.deepEqual(await world.problems(), []);
  const device = (await auth.status(publicKey(2))).device;
  t.deepEqual(device?.userId ?? null, request.closing?.userId ?? null);
  t.deepEqual(device?.role ?? null, request.closing?.role ?? null);
  if (request.state === 'approved' || request.state === 'denied') t.is(request.closing?.height, height);
  return told(world, request, stage);
}

function told(world: World, request: RequestDetails, stage: RequestStage): string {
  const {state, closing, attempts, readyHeight} = request;
  const askedAt = stage === 'check' ? 101 : 100;
  if (state === 'approved') return closing!.role ? `node ${closing!.role}` : `user ${closing!.userId}`;
  if (state !== 'pending') return `${state}: ${closing!.reason}`;
  if (readyHeight === askedAt && attempts === 0) return 'waiting';
  const postponed = world.events.findLast(({type}) => type === 'request_postponed') as {reason: string; height: number};
  if (readyHeight !== postponed.height + 1) return `ready at ${readyHeight}`;
  return attempts === 0 && request.stage === 'check' ? 'later' : `again: ${postponed.reason}`;
}
