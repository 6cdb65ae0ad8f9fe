import {AsyncResource} from 'node:async_hooks';
import test from 'ava';
import {SimulatedChain} from '../../src/chain/index.js';
import {Rejection} from '../../src/errors/index.js';
import {KillSwitch} from '../../src/sim/world/kill-switch.js';
import {Simulation, type SimulationOptions} from '../../src/sim/simulation.js';
import {ExpectationUnmet} from '../../src/sim/world/unmet.js';
import type {TowerEvent} from '../../src/tower/events.js';
import {ManualTimers} from '../support/manual-timers.js';

const settings = {subscriptionSlots: 5, subscriptionDuration: 10, expiryDelta: 3};

const aSimulation = (options: SimulationOptions = {}) => Simulation.open({settings, startHeight: 100, ...options});

test('a simulation does what it is told, one thing after the other, and says what came of it', async (t) => {
  const simulation = await aSimulation();
  const register = simulation.perform({type: 'register', user: 'alice'});
  const mine = simulation.perform({type: 'mine', blocks: 10});
  const stateOf = (state: 'active' | 'expired') =>
    simulation.perform({type: 'expect', expectations: [{type: 'user', user: 'alice', state}]});
  t.deepEqual(await Promise.all([register, mine]), [[], []]);
  t.like(await stateOf('expired'), [{met: true}]);
  t.like(await stateOf('active'), [{met: false, actual: 'alice is expired'}]);
  t.like(await simulation.perform({type: 'renew', user: 'bob'}), [
    {met: false, claim: 'bob has a subscription to renew', actual: 'bob had none and registered anew'},
  ]);
  t.is(simulation.height, 110);
  t.is(simulation.blocks, 10);
  t.is(simulation.tower.tip?.hash, simulation.chain.tip.hash);
  await simulation.close();
});

test('whoever looks on sees tower and rows after every block and step, and every event', async (t) => {
  const seen: string[] = [];
  const events: TowerEvent[] = [];
  const simulation: Simulation = await aSimulation({
    onEvent: (event) => events.push(event),
    afterBlock: () => void seen.push(`block ${heightNow()}`),
    afterStep: (action, {tower}) => void seen.push(`${action.type}, ${tower.gatekeeper.registeredUsers.size} users`),
  });
  const heightNow = () => simulation.tower.tip?.height;
  await simulation.perform({type: 'register', user: 'alice'});
  await simulation.perform({type: 'mine', blocks: 2});
  t.deepEqual(seen, ['register, 1 users', 'block 101', 'block 102', 'mine, 1 users']);
  t.deepEqual(
    events.map(({type}) => type),
    ['started', 'user_registered', 'block_connected', 'block_connected'],
  );
  await simulation.close();
});

test('a source over the simulated chain, and a disk that ends the tower, change nothing of what comes out', async (t) => {
  const disk = new KillSwitch();
  let sources = 0;
  const plain = await aSimulation();
  const troubled = await aSimulation({
    guards: [disk],
    source: (chain) => {
      sources++;
      const copy = new SimulatedChain({seed: 'another'});
      chain.onWake(() => {
        for (const raw of chain.arrivals()) copy.submit(raw);
      });
      return copy;
    },
  });
  for (const simulation of [plain, troubled]) {
    await simulation.perform({type: 'register', user: 'alice'});
    disk.arm('kill_before_commit');
    await simulation.perform({type: 'mine', blocks: 12});
    disk.arm('kill_after_commit');
    await simulation.perform({type: 'renew', user: 'alice'});
    await simulation.perform({type: 'reorg', depth: 4, blocks: 6});
  }
  t.is(sources, 1);
  t.is(await troubled.digest(), await plain.digest());
  await plain.close();
  await troubled.close();
});

test('each step has its method, which answers with the user, or throws as the tower does', async (t) => {
  const simulation = await aSimulation();
  t.like(await simulation.register('alice'), {
    id: 1,
    state: 'active',
    slots: 5,
    start: 100,
    expiry: 110,
    appointments: 0,
  });
  await simulation.appointment({user: 'alice', name: 'channel-1', blobBytes: 2049});
  await simulation.mineToNext();
  t.like(await simulation.user('alice'), {state: 'expired', slots: 3, appointments: 1});
  t.like(await simulation.renew('alice'), {slots: 8, expiry: 120});
  t.like(await simulation.extend('alice', 5), {expiry: 125});
  t.like(await simulation.extend({user: 'alice', blocks: 2}), {expiry: 127});
  await t.throwsAsync(simulation.extend({user: 'alice'} as never), {
    message: /^extend\.blocks: expected a whole number/,
  });
  await simulation.reorg({depth: 2, blocks: 2});
  t.is(simulation.height, 110);
  await simulation.stepBack();
  await simulation.branch({name: 'rival', at: 105, blocks: 5});
  await simulation.switchTo('main');
  await simulation.expect({tip: 109, users: 1}, {user: 'alice', state: 'active', appointments: 1});
  await simulation.delete('alice');
  t.is(await simulation.user('alice'), undefined);
  await simulation.expectRefusal({extend: {user: 'alice', blocks: 1}}, 'USER_NOT_FOUND');
  await t.throwsAsync(simulation.extend('alice', 1), {code: 'TOWER_USER_NOT_FOUND', instanceOf: Rejection});

  await simulation.set({auth: 'user'});
  await simulation.signup({device: 'phone', as: 'bob', nodeInfo: {type: 'android'}, check: [-2, 0]});
  t.is(await simulation.mineUntil(async () => (await simulation.user('bob')) !== undefined, {within: 9}), 3);
  await simulation.login({device: 'laptop', as: 'bob'});
  await simulation.approve({device: 'laptop', user: 'bob'});
  await simulation.login('tablet');
  await simulation.deny({device: 'tablet', reason: 'never seen'});
  await simulation.node('core');
  await simulation.authorize({device: 'core', role: 'primary'});
  await simulation.revoke('laptop');
  await simulation.authorize({device: 'pc', user: 0, as: 'carol'});
  t.like(await simulation.register('pc'), {id: 3, slots: 5});
  t.like(await simulation.register('pc'), {id: 3, slots: 10});
  t.like(await simulation.renew('pc'), {id: 3, slots: 15});
  t.like(await simulation.renew('carol'), {id: 3, slots: 20});
  t.like(await simulation.extend('carol', 1), {id: 3});
  await simulation.restart();
  await simulation.expect(
    {user: 'bob', devices: 1},
    {device: 'core', role: 'primary'},
    {device: 'laptop', state: 'unknown'},
  );
  await simulation.step({mine: 1, note: 'as in a file'});
  await simulation.close();
});

test('what is otherwise than expected is said with its height, and what makes no sense is refused', async (t) => {
  const told: string[] = [];
  const simulation = await aSimulation({onEntry: ({type}) => void told.push(type)});
  await simulation.register('alice');
  const error = await t.throwsAsync(simulation.expect({alice: 'expired', tip: 7}), {
    instanceOf: ExpectationUnmet,
    code: 'TOWER_EXPECTATION_UNMET',
  });
  t.is(
    error?.message,
    'at height 100: expected that alice is expired, but alice is active\nat height 100: expected that the tip is 7, but the tip is 100',
  );
  t.like(error, {
    height: 100,
    hint: 'Compare it with what led there: Simulation.open({onEntry: console.log}) shows each line of the story.',
    expected: ['alice is expired', 'the tip is 7'],
    actual: ['alice is active', 'the tip is 100'],
  });
  const said = async (promise: Promise<unknown>) => (await t.throwsAsync(promise))?.message;
  t.is(
    await said(simulation.mineUntil(() => false, {within: 3})),
    'at height 103: expected that what mineUntil waits for holds within 3 blocks, but it does not',
  );
  t.is(
    await said(simulation.mineToNext('timeout')),
    'at height 103: expected that a request times out in a block to come, but nothing does',
  );
  t.is(
    await said(simulation.renew('bob')),
    'at height 103: expected that bob has a subscription to renew, but bob had none and registered anew',
  );
  t.is(await said(simulation.mine(0)), 'mine: expected a whole number from 1 to 1000000');
  t.is(await said(simulation.step({mien: 1} as object)), 'there is no step mien; did you mean mine?');
  t.is(
    await said(simulation.step({mine: 1, reorg: {depth: 1}})),
    'one step does one thing, and this one has mine and reorg',
  );
  t.is(
    await said(simulation.expect({alice: 'gone' as 'active'})),
    'expect.0.alice: expected active, expired or unknown',
  );
  told.length = 0;
  t.is(await said(simulation.switchTo('nix')), 'there is no branch nix; there is main');
  t.regex((await said(simulation.branch({name: 'far', at: 900, blocks: 1})))!, /cannot begin at 900/);
  t.regex((await said(simulation.stepBack(900)))!, /cannot go 900 back/);
  t.regex((await said(simulation.reorg({depth: 900})))!, /cannot replace 900/);
  t.deepEqual(told, []);
  await simulation.close();
});

test('what goes wrong in a simulation changes nothing of what comes out, once it is healed', async (t) => {
  const [sound, troubled] = [await aSimulation(), await aSimulation({troubles: {}})];
  await troubled.fault('disk_fails', 2);
  await troubled.fault('lose_notifications');
  for (const simulation of [sound, troubled]) {
    await simulation.register('alice');
    await simulation.mine(4);
  }
  await troubled.fault('heal');
  t.is(await troubled.digest(), await sound.digest());
  await t.throwsAsync(sound.fault('heal'), {code: 'TOWER_INVALID_PARAMETER', message: /`troubles: {}`/});
  await sound.close();
  await troubled.close();
});

test('blocks come by themselves, between what else is done, until that is ended', async (t) => {
  const timers = new ManualTimers();
  const simulation = await aSimulation();
  const end = simulation.autoMine({everyMs: 1_000, timers});
  for (let height = 101; height <= 103; height++) {
    timers.pass(999);
    await simulation.register('alice');
    t.is(simulation.height, height - 1);
    timers.pass(1);
    await simulation.expect({tip: height});
  }
  await end();
  timers.pass(10_000);
  await simulation.expect({tip: 103});

  const endInVain = simulation.autoMine({everyMs: 1, timers});
  await simulation.close();
  timers.pass(1);
  await t.throwsAsync(endInVain());
});

const refusedWith = (message: string | RegExp) => ({code: 'TOWER_INVALID_PARAMETER', instanceOf: Rejection, message});

test('a setting or option that is none is refused by name, as a scenario file refuses it', async (t) => {
  const open = (options: unknown) => Simulation.open(options as SimulationOptions);
  const wrong: [options: unknown, message: string | RegExp][] = [
    [
      {settings: {subscriptionDuratoin: 10}},
      'options.settings: there is no subscriptionDuratoin; did you mean subscriptionDuration?',
    ],
    [{setings: {}}, 'options: there is no setings; did you mean settings?'],
    [
      {settings: {subscriptionDuration: 'ten'}},
      'options.settings.subscriptionDuration: expected a whole number from 1 to 4294967295',
    ],
    [{settings: {auth: 'maybe'}}, 'options.settings.auth: expected none, node or user'],
    [{rememberedBlocks: -1}, 'options.rememberedBlocks: expected a whole number from 0 to 1000000'],
    [{startHeight: 0.5}, 'options.startHeight: expected a whole number from 0 to 1000000'],
    [{seed: ''}, /^options\.seed: /],
    [{openRows: 5}, 'options.openRows: expected a function'],
    [{troubles: true}, /^options\.troubles: expected `troubles: {}`/],
    [null, /^options: expected options/],
  ];
  for (const [options, message] of wrong) await t.throwsAsync(open(options), refusedWith(message));
  const imports = Simulation.import as (path?: unknown, options?: unknown) => Promise<Simulation>;
  await t.throwsAsync(imports(), refusedWith(/^path: expected a text/));
  await t.throwsAsync(imports('here.world', {seed: 1}), refusedWith(/^options: there is no seed/));

  const simulation = await open({settings: {subscriptionDuration: 10, auth: undefined}, startHeight: 100});
  t.like(await simulation.register('alice'), {expiry: 110});
  const set = (given: unknown) => simulation.set(given as object);
  await t.throwsAsync(set({foo: 1}), refusedWith(/^settings: there is no foo; known here: subscriptionSlots, /));
  await t.throwsAsync(set({subscription_slots: 7}), refusedWith(/did you mean subscriptionSlots\?$/));
  await t.throwsAsync(set({expiryDelta: -1}), refusedWith(/^settings\.expiryDelta: /));
  await t.throwsAsync(set({subscriptionDuration: 'ten'}), refusedWith(/^settings\.subscriptionDuration: /));
  await t.throwsAsync(set({}), refusedWith('settings: expected at least one setting'));
  await t.throwsAsync(simulation.restart('hard' as 'clean'), refusedWith(/^restart: expected clean, /));
  await t.throwsAsync(simulation.fork(undefined, {mirror: {}} as object), refusedWith(/^options: there is no mirror/));
  t.is(simulation.tower.gatekeeper.settings.expiryDelta, 6);
  await simulation.close();
});

test('what is no name, number or function is refused, and nothing has happened', async (t) => {
  const simulation = await aSimulation();
  const digest = await simulation.digest();
  const any = simulation as unknown as Record<string, (...values: unknown[]) => Promise<unknown>>;
  for (const name of [undefined, 5, '', '1 bad name!', 'none', {user: 'alice'}])
    for (const method of ['register', 'renew'])
      await t.throwsAsync(any[method]!.call(simulation, name), refusedWith(/expected the name of a user/));
  const wrong: [method: string, values: unknown[], message: string | RegExp][] = [
    ['user', [undefined], 'user: expected the name or the id of a user'],
    ['reorg', [], /^reorg: expected a reorg such as/],
    ['reorg', [{depth: 1, block: 2}], 'reorg: there is no block; did you mean blocks?'],
    ['step', [null], 'expected a step as a scenario file has it, such as {mine: 3}'],
    ['step', [{constructor: 1}], /^there is no step constructor/],
    ['appointment', [], /^appointment: expected an appointment/],
    ['appointment', [{user: 'alice', name: 'x', blobBytes: 1, devise: 'b'}], /no devise; did you mean device\?$/],
    ['signup', [null], /^signup: expected the name of a device/],
    ['requestRegistration', [{device: 'x', signedBy: 'y'}], /there is no signed_by/],
    ['mineUntil', [() => false], /^mineUntil: expected how many blocks/],
    ['mineUntil', [() => false, {within: -1}], /^mineUntil\.within: expected a whole number/],
    ['mineUntil', ['x', {within: 1}], 'mineUntil: expected a function that says whether it holds'],
    ['mineTo', [5_000_000], '4999900 blocks would have been mined, more than 1000000'],
    ['export', [], /^path: /],
    ['expect', [{user: 'bob', slot: 3}], 'expect.0.slot: there is no slot; did you mean slots?'],
    ['expect', [{tipp: 3}], 'expect.0.tipp: there is no tipp; did you mean tip?'],
    ['expect', [{bob: 3}], 'expect.0.bob: expected active, expired or unknown'],
    ['expect', [{bob: 'activ'}], 'expect.0.bob: expected active, expired or unknown; did you mean active?'],
    ['perform', [{mine: 3}], /^perform takes an action such as .* step\(\{mine: 3\}\)$/],
    ['perform', [undefined], /^perform takes an action such as/],
    ['perform', [{type: 'mien'}], /and was given the type mien, which there is not/],
    ['fault', ['heal', 3], 'fault: heal takes no amount: it heals all that is wrong'],
    ['fault', ['disk_fail'], 'fault: there is no disk_fail; did you mean disk_fails?'],
    [
      'expectRefusal',
      [{renew: 'bob'}, 'NOT_AUTHORISED'],
      'refuse.code: there is no NOT_AUTHORISED; did you mean NOT_AUTHORIZED?',
    ],
  ];
  for (const [method, values, message] of wrong)
    await t.throwsAsync(any[method]!.call(simulation, ...values), refusedWith(message), method);
  t.throws(() => simulation.autoMine({everyMs: -1}), refusedWith(/^autoMine\.everyMs: expected a whole number/));
  t.is(await simulation.digest(), digest);
  t.is(simulation.height, 100);
  await simulation.close();
});

test('a simulation that is closed says so, whatever it is asked', async (t) => {
  const simulation = await aSimulation();
  const done: string[] = [];
  const mined = simulation.mine(3).then(() => done.push('mined'));
  const registered = simulation.register('alice').then(({start}) => done.push(`registered at ${start}`));
  await Promise.all([mined, registered]);
  await simulation.close();
  t.deepEqual(done, ['mined', 'registered at 103']);
  const isClosed = {code: 'TOWER_HALTED', message: 'the simulation is closed'};
  await t.throwsAsync(simulation.mine(), isClosed);
  await t.throwsAsync(simulation.user('alice'), isClosed);
  await t.throwsAsync(simulation.digest(), isClosed);
  t.throws(() => simulation.height, isClosed);
  t.throws(() => simulation.tower, isClosed);
  await t.throwsAsync(simulation.user('nobody'), isClosed);
  t.throws(() => simulation.snapshots, isClosed);
  t.throws(() => simulation.dropSnapshot('x'), isClosed);
  const error = t.throws(() => simulation.autoMine({everyMs: 50}), isClosed);
  t.regex(String((error as Partial<Rejection>).hint), /Simulation\.open/);
  await simulation.close();
});

test('blocks that come by themselves end with the simulation, and with the first that cannot be mined', async (t) => {
  const timers = new ManualTimers();
  const simulation = await aSimulation();
  const end = simulation.autoMine({everyMs: 1_000, timers});
  await simulation.close();
  t.is(timers.pending, 0);
  await t.throwsAsync(end(), {code: 'TOWER_HALTED', message: 'the simulation is closed'});

  // Nobody asks for the end of these, and nothing is thrown at nobody.
  const mirror = {source: new SimulatedChain(), submit: async () => Promise.reject(new Error('no more blocks'))};
  const stuck = await aSimulation({mirror, startHeight: 0});
  stuck.autoMine({everyMs: 1, timers});
  timers.pass(1);
  await t.throwsAsync(stuck.mine(), {message: 'no more blocks'});
  timers.pass(1);
  t.is(timers.pending, 0);
  await stuck.close();
});

test('who looks on may look, and whatever he starts is refused instead of waiting for itself', async (t) => {
  const refused = {
    code: 'TOWER_INVALID_PARAMETER',
    instanceOf: Rejection,
    message: /^the function given to \w+ only looks on/,
  };
  const acts: ((simulation: Simulation) => Promise<unknown>)[] = [
    (it) => it.mine(1),
    (it) => it.register('alice'),
    (it) => it.mineUntil(() => true, {within: 1}),
    (it) => it.fork(),
    (it) => it.close(),
  ];
  for (const act of acts) {
    const simulation = await aSimulation();
    const holds = async () => {
      await Promise.resolve();
      await act(simulation);
      return true;
    };
    await t.throwsAsync(simulation.mineUntil(holds, {within: 3}), refused);
    const other = await simulation.fork();
    t.is(await simulation.mineUntil(async () => other.mine().then(() => other.height === 103), {within: 9}), 2);
    await other.close();

    // What somebody else starts meanwhile has its turn, and what an onlooker has left for later, too.
    let later: (() => Promise<void>) | undefined;
    const [mined, registered] = [
      simulation.mineUntil(
        () => {
          later ??= AsyncResource.bind(() => simulation.mine());
          return simulation.height === 104;
        },
        {within: 9},
      ),
      simulation.register('bob'),
    ];
    t.is(await mined, 2);
    t.is((await registered).start, 104);
    await later?.();
    t.is(simulation.height, 105);
    await simulation.close();
  }
  for (const hook of ['afterStep', 'afterBlock'] as const) {
    const simulation: Simulation = await aSimulation({[hook]: async () => void (await simulation.mine())});
    await t.throwsAsync(simulation.mine(2), refused, hook);
    await simulation.close();
  }
});

test('blocks are mined to the next that is due, also where that is known only on the way', async (t) => {
  const simulation = await aSimulation({settings: {...settings, auth: 'user', requestTtl: 40}});
  await simulation.signup({device: 'phone', as: 'bob', check: [-2, 0]});
  await simulation.mineToNext();
  t.is(simulation.height, 113);
  await simulation.expect({bob: 'expired'});
  await simulation.mineToNext();
  t.is(simulation.height, 116);
  await simulation.expect({users: 0});
  await simulation.close();
});

test('who is let in on the way to a time-out takes its place, and where nothing is left, that is said', async (t) => {
  const simulation = await aSimulation({settings: {...settings, auth: 'user', requestTtl: 8}});
  await simulation.signup({device: 'phone', as: 'bob', check: [-2, 0]});
  await t.throwsAsync(simulation.mineToNext('timeout'), {message: /^at height 103: .* but nothing does$/});
  await simulation.expect({request: {device: 'phone', state: 'approved', closed: 103}});
  await simulation.login('laptop');
  await simulation.mineToNext();
  await simulation.expect({request: {device: 'laptop', state: 'expired'}, tip: 111, bob: 'active'});
  await simulation.close();
});
