import test, {type ExecutionContext} from 'ava';
import {ask} from '../../../support/devices.js';
import {publicKey} from '../../../support/keys.js';
import {ScriptedPolicy} from '../../../support/scripted-policy.js';
import type {World, WorldOptions} from '../../../support/world.js';
import {registration} from '../support/device.js';
import {served} from '../support/served.js';

interface Registrar {
  readonly world: World;
  /** Registers a key; the text of the refusal, or the slots of the receipt. */
  register(device: number): Promise<unknown>;
}

async function begin(t: ExecutionContext, options: WorldOptions): Promise<Registrar> {
  const {world, connect} = await served(t, {}, options);
  const wire = await connect();
  return {
    world,
    async register(device) {
      const {status, json, headers} = await wire.ask(registration(device));
      const {available_slots: slots, error} = json as {available_slots?: number; error?: string};
      if (status === 200) return slots;
      t.deepEqual({status, json}, {status: 503, json: {error, error_code: 32}});
      t.is(headers['retry-after'], undefined, 'blocks come when they come; the text has the height');
      return error;
    },
  };
}

const user = {auth: 'user'} as const;
const pending = (id: number, height: number) =>
  `The tower has to authorize this key: request ${id} is pending, and is looked at from block ${height} on. Register again then`;

test('a key that has to be authorized is told its request and when it is looked at, and then gets its receipt', async (t) => {
  const {world, register} = await begin(t, {settings: user});
  t.is(await register(2), pending(1, 101));
  await world.mine();
  t.is(await register(2), pending(1, 102));
  t.is(world.tower.auth.pendingRequests, 1);
  await world.tower.auth.approve(1, {actor: 'operator'});
  t.is(await register(2), 10, 'as it is');
  t.is(await register(2), 20, 'and then it is renewed');
});

test('at the level of nodes, too', async (t) => {
  const {world, register} = await begin(t, {settings: {auth: 'node'}});
  t.is(await register(2), pending(1, 101));
  await world.tower.auth.approve(1, {role: 'secondary', actor: 'operator'});
  t.is(await register(2), 10);
  await world.tower.auth.authorizeNode(publicKey(3), 'primary', 'operator');
  t.is(await register(3), 'The key is not authorized');
});

test('a policy that answers at once gives the receipt at once, or says why not', async (t) => {
  const answers = new Map<string, unknown>([[publicKey(2), 0]]);
  const denied = {type: 'denied', reason: 'buy a coupon, and sign up'};
  const policy = new ScriptedPolicy({callback: ({context}) => answers.get(context.key) ?? denied});
  const {world, register} = await begin(t, {settings: user, policies: [policy]});
  t.is(await register(2), 10);
  t.is(
    await register(3),
    'The tower has to authorize this key: request 2 is denied (buy a coupon, and sign up). Register again from block 106 on',
  );
  const again = 'The tower has denied this key (buy a coupon, and sign up). Register again from block 106 on';
  t.is(await register(3), again);
  await world.mine(6);
  answers.set(publicKey(3), -2);
  t.is(await register(3), pending(3, 107));
});

test('what a device has signed is what its registration waits for, and what it was told stays its own', async (t) => {
  const {world, register} = await begin(t, {settings: user});
  await ask(world, {device: 2, kind: 'user_login'});
  t.is(await register(2), pending(1, 101));
  await world.tower.auth.deny(1, {reason: 'unpaid', actor: 'operator'});
  t.is(await register(2), 'The tower has denied this key. Register again from block 106 on');
});

test('where too many keys wait, the next one is told so, and devices that sign are not', async (t) => {
  const {world, register} = await begin(t, {settings: {...user, maxUnprovenRequests: 2}});
  const full =
    'The tower has to authorize this key, and too many keys wait for it already. Register again in a later block';
  await register(2);
  await register(3);
  t.is(await register(4), full);
  t.is(await register(3), pending(2, 101));
  t.like(await ask(world, {device: 4}), {state: 'pending'});
});

test('one address cannot write the log full with keys', async (t) => {
  const {world, register} = await begin(t, {settings: user});
  let device = 2;
  while (/pending/.test(String(await register(device)))) device++;
  const filed = device - 2;
  t.true(filed > 40 && filed < 60, `${filed} of them`);
  t.is(world.tower.auth.unprovenRequests, filed);
  const rows = (await world.log()).length;
  t.regex(String(await register(device)), /too many keys wait/);
  t.is((await world.log()).length, rows, 'a refusal leaves no trace');
  t.is(await register(2), pending(1, 101));
  await world.mine();
  t.is(await register(device), pending(device - 1, 102));
});
