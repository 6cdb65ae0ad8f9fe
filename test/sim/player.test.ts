import {Buffer} from 'node:buffer';
import {defaultGatekeeperSettings} from '../../src/gatekeeper/settings.js';
import test from 'ava';
import fc from 'fast-check';
import {SimulatedChain} from '../../src/chain/index.js';
import {interrupted} from '../../src/sim/interrupted.js';
import {renderTimeline} from '../../src/sim/timeline/render-timeline.js';
import type {Scenario, Step} from '../../src/sim/scenario/scenario.js';
import {parseScenario} from '../../src/sim/scenario/scenario-file.js';
import {type StepMap, toStep} from '../../src/sim/scenario/step-map.js';
import {type Outcome, type SimulationParts, simulate} from '../../src/sim/player.js';
import type {TimelineEntry} from '../../src/sim/timeline/timeline.js';
import type {Mirror} from '../../src/sim/world/chain-driver.js';
import {LevelStore, MemoryStore} from '../../src/store/index.js';
import {verify} from '../../src/store/verify.js';
import {tempDir} from '../support/temp-dir.js';
import {anyAction, anyAuthAction, isImpossible} from './any-action.js';

const settings = {
  ...defaultGatekeeperSettings,
  subscriptionSlots: 5,
  subscriptionDuration: 10,
  expiryDelta: 3,
  renewal: 'extend',
} as const;

const head = `name: A story
tower: {subscription_slots: 5, subscription_duration: 10, expiry_delta: 3}
chain: {start_height: 100}
steps:
`;

/** A story of steps; the first is on line 5. */
const aStory = (...steps: string[]) =>
  parseScenario(Buffer.from(head + steps.map((step) => `  - ${step}\n`).join('')), 'story.yaml');

function play(scenario: Scenario, parts: Partial<SimulationParts> = {}): Promise<Outcome> {
  const rows = new MemoryStore();
  return simulate(scenario, {openRows: async () => rows, ...parts});
}

async function timelineOf(scenario: Scenario): Promise<string[]> {
  const entries: TimelineEntry[] = [];
  await play(scenario, {onEntry: (entry) => entries.push(entry)});
  return renderTimeline(entries)
    .split('\n')
    .map((line) => line.trim());
}

const fails = test.macro({
  async exec(t, lines: string[], ...told: RegExp[]) {
    const scenario = aStory(...lines);
    const {verdict, unmetLines} = await play(scenario);
    t.deepEqual(unmetLines, [4 + lines.length]);
    t.is(verdict.expectations.unmet, 1);
    const timeline = await timelineOf(scenario);
    for (const line of told)
      t.true(
        timeline.some((it) => line.test(it)),
        `${line} in\n${timeline.join('\n')}`,
      );
  },
  title: (claim) => `${claim} is unmet, with its line and what is instead`,
});

test(
  'a wrong number',
  fails,
  ['register: alice', 'expect: {user: alice, state: active, slots: 4, expiry: 110}'],
  /✗ expected that alice is active: slots 4, expiry 110, but slots 5$/,
);
test(
  'a wrong state',
  fails,
  ['register: alice', 'mine: 9', 'expect: {alice: expired}'],
  /✗ expected that alice is expired, but alice is active$/,
);
test(
  'a wrong state and number',
  fails,
  ['register: alice', 'expect: {user: alice, state: expired, start: 1, expiry: 2}'],
  /✗ .*, but alice is active, with start 100, expiry 110$/,
);
test(
  'a user who is not there',
  fails,
  ['register: alice', 'mine: 13', 'expect: {user: alice, slots: 5}'],
  /✗ expected that alice has slots 5, but alice is unknown$/,
);
test(
  'a user who is still there',
  fails,
  ['register: alice', 'mine: 12', 'expect: {alice: unknown}'],
  /✗ expected that alice is unknown, but alice is expired$/,
);
test('a wrong tip', fails, ['mine: 2', 'expect: {tip: 101}'], /✗ expected that the tip is 101, but the tip is 102$/);
test(
  'a wrong number of users',
  fails,
  ['register: alice', 'expect: {users: 2}'],
  /✗ expected that the tower has 2 users, but the tower has 1 user$/,
);
test(
  'a request that is refused unasked',
  fails,
  ['register: alice', 'appointment: {user: alice, name: a, blob_bytes: 99999}'],
  /⊘ alice sends appointment a of 99,999 bytes: refused, .* \[TOWER_NOT_ENOUGH_SLOTS\]$/,
  /✗ expected that alice sends appointment a of 99,999 bytes: accepted, but it was refused with TOWER_NOT_ENOUGH_SLOTS$/,
);
test(
  'a request that is accepted although it should be refused',
  fails,
  ['refuse: {register: alice, code: NO_TIP}'],
  /✗ expected that it is refused with TOWER_NO_TIP, but it was accepted$/,
);
test(
  'a refusal with another code',
  fails,
  [
    'refuse: {appointment: {user: bob, name: a, blob_bytes: 1}, code: AUTHENTICATION_FAILURE}',
    'refuse: {appointment: {user: bob, name: a, blob_bytes: 1}, code: NOT_ENOUGH_SLOTS}',
  ],
  /✗ .*, but it was refused with TOWER_AUTHENTICATION_FAILURE$/,
);
test(
  'a renewal without a subscription',
  fails,
  ['register: alice', 'mine: 13', 'renew: alice'],
  /✗ expected that alice has a subscription to renew, but alice had none and registered anew$/,
);

const asks = ['set: {auth: user}', 'signup: {device: phone, as: alice, callback: 0}'];
test(
  'a device of somebody else',
  fails,
  [...asks, 'signup: {device: tablet, as: bob}', 'expect: {device: phone, user: bob, role: primary}'],
  /✗ expected that phone belongs to bob, is a primary, but phone belongs to alice, has no role$/,
);
test(
  'a device that is not there',
  fails,
  [...asks, 'signup: {device: tablet, as: bob}', 'expect: {device: tablet, user: alice}'],
  /✗ expected that tablet belongs to alice, but tablet is unknown$/,
);
test(
  'a device that is there',
  fails,
  [...asks, 'expect: {device: phone, state: unknown}'],
  /✗ expected that phone is unknown, but phone is authorized$/,
);
test(
  'a wrong fact of a request',
  fails,
  [
    ...asks,
    'expect: {request: {device: phone, state: denied, user: none, closed: 101, by: operator, attempts: 1, reason: no}}',
  ],
  /✗ .*, but the request of phone is approved, says "approved", leads to alice, has 0 failed attempts, was closed at 100, was closed by policy$/,
);
test(
  'a fact that a pending request has not yet',
  fails,
  [
    'set: {auth: user}',
    'signup: phone',
    'expect: {request: {id: 1, proven: false, closed: 100, by: operator, reason: no}}',
  ],
  /✗ .*, but request 1 is proven, has no reason, is open, is open$/,
);
test(
  'a request that nobody has sent',
  fails,
  [...asks, 'expect: {request: {device: phone, kind: user_login, user: none}}'],
  /✗ expected that phone's login leads to nobody, but phone's login is not there$/,
);
test(
  'a wrong number of pending requests',
  fails,
  ['set: {auth: user}', 'signup: phone', 'expect: {pending: 0}'],
  /✗ expected that 0 requests wait, but 1 request waits$/,
);
test(
  'a decision for a user who has not been there yet',
  fails,
  ['set: {auth: user}', 'signup: {device: phone, as: alice}', 'approve: {device: phone, user: alice}'],
  /⊘ the operator approves the request of phone for alice: refused, alice has not been a user yet \[TOWER_USER_NOT_FOUND\]$/,
);

test('a hung policy is told of at the height at which it was asked, after the block', async (t) => {
  const timeline = await timelineOf(
    aStory(
      'set: {auth: user}',
      'signup: {device: phone, check: [{hang: 1}, 0]}',
      'mine: 1',
      'restart: clean',
      'mine: 3',
    ),
  );
  t.deepEqual(timeline.slice(3), [
    "100 … phone's signup is to be decided later",
    "101 … the policy hangs over phone's signup, for 1 block",
    '101 ○ the tower is stopped and started again',
    "102 ! attempt 1 at phone's signup failed: the policy did not answer in time; the next is at 103",
    "103 » phone's signup is answered: a new user; a coming block decides",
    "104 + phone's signup is approved by the policy: phone belongs to phone, a new user with 5 slots, expires at 114, in 10 blocks, about 2 hours",
  ]);
});

test(
  'a wait that was in vain',
  fails,
  ['register: alice', 'mine_until: {expect: [{alice: unknown}, {users: 0}], within: 12}'],
  /^112 ✗ expected that within 12 blocks, alice is unknown, and the tower has 0 users, but alice is expired, and the tower has 1 user$/,
);
test(
  'a next due that is not there',
  fails,
  ['mine_to_next: timeout'],
  /✗ expected that a request times out in a block to come, but nothing does$/,
);

test('a chain goes on to what falls due, steps back, and switches between branches', async (t) => {
  const timeline = await timelineOf(
    aStory(
      'register: alice',
      'mine_to_next: due',
      'mine_to_next: due',
      'step_back: 2',
      'mine_until: {expect: {alice: unknown}, within: 9}',
      'branch: {name: rival, at: 112, blocks: 1}',
      'switch_to: rival',
      'branch: {name: rival, blocks: 1}',
      'branch: {name: main, blocks: 3}',
      'switch_to: rival',
      'expect: {tip: 114}',
    ),
  );
  const gone = '113 † alice is deleted, with all appointments: the grace period is over';
  const back = '113 ↑ alice is back, with all appointments: the block that deleted alice is gone';
  t.deepEqual(timeline.slice(2), [
    '101–109 · 9 blocks, nothing falls due',
    '110 ◔ the subscription of alice expired; 3 blocks of grace, until 113',
    '111–112 · 2 blocks, nothing falls due',
    gone,
    '113 ↩ the last 2 blocks of the chain go, and nothing comes in their place',
    back,
    '112 ↩ 1 block, disconnected',
    '112 · 1 block, nothing falls due',
    gone,
    '113 ✓ alice is unknown, after 2 blocks',
    '113 ├ branch rival leaves the chain at 112 and grows by 1 block',
    '113 ⇄ branch rival becomes the best chain, whatever its work',
    back,
    gone,
    '113 ├ branch rival grows by 1 block',
    '114 · 1 block, nothing falls due',
    '114 ├ branch main grows by 3 blocks',
    '114 ↩ 1 block, disconnected',
    back,
    gone,
    '114–116 · 3 blocks, nothing falls due',
    '116 ⇄ branch rival becomes the best chain, whatever its work',
    '116–114 ↩ 3 blocks, disconnected',
    back,
    gone,
    '114 · 1 block, nothing falls due',
    '114 ✓ the tip is 114',
  ]);
});

test('an operator extends a subscription and deletes a user', async (t) => {
  const timeline = await timelineOf(
    aStory('register: alice', 'extend: {user: alice, blocks: 7}', 'mine: 17', 'delete: alice', 'expect: {users: 0}'),
  );
  t.deepEqual(timeline.slice(2), [
    "100 ↻ the operator adds 7 blocks to alice's subscription: it expires at 117, in 17 blocks, about 3 hours",
    '101–116 · 16 blocks, nothing falls due',
    '117 ◔ the subscription of alice expired; 3 blocks of grace, until 120',
    '117 † the operator deletes alice, for good',
    '117 ✓ the tower has 0 users',
  ]);
});

test('going back to before a change of settings goes back to the grace period that held then', async (t) => {
  for (const back of ['roll_back: 103', 'restore: start']) {
    const steps = ['mine: 5', 'snapshot: start', 'set: {expiry_delta: 7}', 'mine_to: 111', back, 'mine_to: 111'];
    const timeline = await timelineOf(aStory('register: alice', ...steps));
    t.deepEqual(
      timeline.filter((line) => line.includes('expired')),
      [
        '110 ◔ the subscription of alice expired; 7 blocks of grace, until 117',
        '110 ◔ the subscription of alice expired; 3 blocks of grace, until 113',
      ],
      back,
    );
  }
});

test('time goes back, with and without the tower going down at every step', async (t) => {
  const scenario = aStory(
    'register: alice',
    'snapshot: start',
    'mine: 12',
    'register: bob',
    'reorg: {depth: 3, blocks: 5}',
    'expect: {alice: unknown, bob: active, tip: 114}',
    'roll_back: 112',
    'expect: {alice: expired, users: 2}',
    'roll_back: 105',
    'expect: {alice: active, users: 1}',
    'restore: start',
    'expect: {tip: 100, users: 1}',
  );
  const outcome = await play(scenario);
  t.deepEqual(outcome.unmetLines, []);
  t.deepEqual(await play(interrupted(scenario)), outcome);
  const timeline = await timelineOf(scenario);
  t.true(timeline.includes('100 ◆ snapshot start is taken'));
  t.true(timeline.includes('105 ◇ rolled back from 112: everything is as it was at 105'));
  t.is(timeline.at(-3), '100 ◇ everything is as it was in snapshot start');

  const node = new SimulatedChain({seed: 1});
  const mirror = {source: node, submit: async (raws: readonly Uint8Array[]) => raws.forEach((raw) => node.submit(raw))};
  for (const step of ['restore: here', 'roll_back: 100'])
    await t.throwsAsync(play(aStory('snapshot: here', 'mine: 1', step), {mirror}), {code: 'TOWER_NO_TIME_TRAVEL'});
});

test('what the chain cannot do ends the story', async (t) => {
  // As a program tells it: of most of these, a file is refused before it is played.
  const impossible: StepMap[][] = [
    [{mine_to_next: 'due'}, {mine_to: 109}],
    [{branch: {name: 'a', blocks: 1}}, {branch: {name: 'a', at: 3, blocks: 1}}],
    [{branch: {name: 'a', at: 109, blocks: 1}}],
    [{branch: {name: 'a', blocks: 1}}, {switch_to: 'b'}],
    [{branch: {name: 'a', blocks: 1}}, {step_back: 102}],
  ];
  const said = [
    'height 109 is in the past: the chain is at 110',
    'there is a branch a already: it goes on where it ends, without a height',
    'branch a cannot begin at 109: the chain is at 100',
    'there is no branch b; there are main, a',
    'the chain has 101 blocks above genesis; it cannot go 102 back',
  ];
  const begun = aStory('register: alice');
  for (const [index, maps] of impossible.entries()) {
    const message = said[index]!;
    const steps = [...begun.steps, ...maps.map((map, i) => ({...toStep(map), line: 6 + i}) as Step)];
    await t.throwsAsync(play({...begun, steps}), {code: 'TOWER_INVALID_PARAMETER', message});
  }
  const node = new SimulatedChain({seed: 1});
  const mirror = {source: node, submit: async (raws: readonly Uint8Array[]) => raws.forEach((raw) => node.submit(raw))};
  await t.throwsAsync(play(aStory('step_back: 1'), {mirror}), {code: 'TOWER_NO_TIME_TRAVEL'});
});

test('a story goes on after what is unmet', async (t) => {
  const {verdict, unmetLines} = await play(
    aStory('expect: {tip: 1}', 'mine: 1', 'expect: {tip: 101}', 'expect: {tip: 2}'),
  );
  t.deepEqual(unmetLines, [5, 8]);
  t.deepEqual(verdict.expectations, {met: 1, unmet: 2});
});

test('the verdict counts the blocks that the steps mined, and the seed decides the digest', async (t) => {
  const scenario = aStory('register: alice', 'mine: 5', 'reorg: {depth: 2, blocks: 4}');
  const {verdict} = await play(scenario);
  t.like(verdict, {scenario: 'A story', seed: 'bartizan', chain: 'simulated', height: 107, blocks: 9});
  t.regex(verdict.digest, /^[0-9a-f]{64}$/);
  t.is((await play(scenario)).verdict.digest, verdict.digest);
  const other = await play(scenario, {seed: 7});
  t.is(other.verdict.seed, 7);
  t.not(other.verdict.digest, verdict.digest);
});

test('a request that a kill lost is sent again, and one that was on disk is not', async (t) => {
  const timeline = await timelineOf(
    aStory('restart: kill_before_commit', 'register: alice', 'restart: kill_after_commit', 'renew: alice'),
  );
  t.deepEqual(timeline.slice(1), [
    '100 ○ the tower is killed right before a commit (alice registers is lost), and started again',
    '100 + alice registers: 5 slots, expires at 110, in 10 blocks, about 2 hours',
    '100 ↻ alice renews: 10 slots, expires at 120, in 20 blocks, about 3 hours',
    '100 ○ the tower is killed right after a commit, and started again',
  ]);
});

test('a kill that finds no commit is a plain restart at the end, or when the next one is asked for', async (t) => {
  const timeline = await timelineOf(
    aStory('restart: kill_before_commit', 'restart: kill_after_commit', 'expect: {users: 0}'),
  );
  t.deepEqual(timeline.slice(1), [
    '100 ○ the tower is stopped and started again',
    '100 ✓ the tower has 0 users',
    '100 ○ the tower is stopped and started again',
  ]);
});

test('settings are changed at a restart, also when the change itself is lost', async (t) => {
  const timeline = await timelineOf(
    aStory(
      'restart: kill_before_commit',
      'set: {expiry_delta: 9}',
      'register: alice',
      'mine: 18',
      'expect: {alice: expired}',
      'mine: 1',
      'expect: {alice: unknown}',
    ),
  );
  t.deepEqual(timeline.slice(1, 3), [
    '100 ○ the tower is killed right before a commit (the change of settings is lost), and started again',
    '100 = the operator restarts the tower with expiry_delta = 9',
  ]);
  t.true(timeline.every((line) => !line.includes('✗')));
});

test('a node that is given the blocks brings the tower to the same state', async (t) => {
  const scenario = aStory(
    'register: alice',
    'mine: 12',
    'restart: kill_after_commit',
    'mine: 3',
    'register: bob',
    'restart: kill_before_commit',
    'reorg: {depth: 9, blocks: 10}',
    'mine: 20',
  );
  const node = new SimulatedChain({seed: 'another'});
  const mirrored = await play(scenario, {
    mirror: {source: node, submit: async (raws) => raws.forEach((raw) => node.submit(raw))},
  });
  const alone = await play(scenario);
  t.is(mirrored.verdict.chain, 'bitcoind');
  t.deepEqual({...mirrored.verdict, chain: 'simulated'}, alone.verdict);
});

test('a failing node or store ends the run with its error, and leaves the store closed', async (t) => {
  const path = tempDir(t);
  const failing = async () => {
    throw new Error('no power');
  };
  const mirror = {source: new SimulatedChain({seed: 1}), submit: failing};
  const openRows = () => LevelStore.open(path);
  await t.throwsAsync(simulate(aStory('mine: 1'), {openRows, mirror}), {message: 'no power'});
  await t.notThrowsAsync(simulate(aStory('mine: 1'), {openRows}));
  await t.throwsAsync(simulate(aStory('mine: 1'), {openRows: failing}), {message: 'no power'});
});

/** Leaves out stories that go further back than the chain or the tower can. */
async function possible(played: Promise<Outcome>): Promise<Outcome> {
  try {
    return await played;
  } catch (error) {
    fc.pre(!isImpossible(error));
    throw error;
  }
}

test('whatever happens, a tower that goes down at every step ends in the state of one that never does', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyAction, {minLength: 1, maxLength: 25}), async (actions) => {
      const steps = actions.map((it, index) => ({...it, line: index}));
      const scenario: Scenario = {name: 'any', tower: settings, chain: {startHeight: 30, seed: 1}, steps};
      const {verdict, unmetLines} = await possible(play(scenario));
      t.deepEqual(await play(interrupted(scenario)), {verdict, unmetLines});
    }),
    {numRuns: 40},
  );
});

test('requests end in the same state, however often the tower goes down, and whoever hands it the blocks', async (t) => {
  const tower = {...settings, auth: 'user', authBudget: 2, requestTtl: 8, deniedCooldown: 2} as const;
  await fc.assert(
    fc.asyncProperty(fc.array(anyAuthAction, {minLength: 1, maxLength: 30}), async (actions) => {
      const steps = actions.map((it, index) => ({...it, line: index}));
      const scenario: Scenario = {name: 'any', tower, chain: {startHeight: 30, seed: 1}, steps};
      const rows = new MemoryStore();
      const {verdict, unmetLines} = await possible(play(scenario, {openRows: async () => rows}));
      t.deepEqual((await verify(rows)).problems, []);
      t.deepEqual(await play(interrupted(scenario)), {verdict, unmetLines});
      const mirrored = await play(scenario, {mirror: aSlowNode()});
      t.deepEqual({...mirrored.verdict, chain: 'simulated'}, verdict);
    }),
    {numRuns: 40},
  );
});

/** Hands on every block by itself, so that the tower may stop at each. */
function aSlowNode(): Mirror {
  const source = new SimulatedChain({seed: 'another'});
  return {
    source,
    submit: async (raws) => {
      for (const raw of raws) {
        source.submit(raw);
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    choose: async (choices) => {
      for (const {type, hash} of choices) source[type](hash);
    },
  };
}
