import {readdirSync} from 'node:fs';
import test from 'ava';
import {interrupted} from '../../../src/sim/interrupted.js';
import {StoryRecorder} from '../../../src/sim/report/recorder.js';
import type {Story} from '../../../src/sim/report/story.js';
import {parseScenario, readScenario} from '../../../src/sim/scenario/scenario-file.js';
import type {Scenario} from '../../../src/sim/scenario/scenario.js';
import {Simulation} from '../../../src/sim/simulation.js';
import type {Tower} from '../../../src/tower/tower.js';
import {aStory, storyOf, stored, told} from '../../support/stories.js';

const folder = 'fixtures/scenarios';

/** What is on the disk of a tower. */
const storedBy = async ({tip, auth, gatekeeper}: Tower): Promise<object> => {
  const graceBlocks = gatekeeper.settings.expiryDelta;
  return stored(gatekeeper.userDb.rows, {tip: tip!, pending: auth.pendingRequests, graceBlocks});
};

async function follow(scenario: Scenario, check: (story: Story, tower: Tower) => Promise<void>): Promise<void> {
  const recorder = new StoryRecorder({settings: scenario.tower, travels: true});
  const {startHeight, seed} = scenario.chain;
  const simulation = await Simulation.open({
    seed,
    startHeight,
    settings: scenario.tower,
    onEvent: (event, names) => recorder.event(event, names),
    onEntry: (entry) => recorder.entry(entry),
  });
  try {
    for (const step of scenario.steps) {
      await simulation.perform(step);
      const {height} = simulation;
      const head = {
        title: '',
        about: undefined,
        outcome: {tone: 'plain', text: ''},
        height,
        facts: [],
        marks: [],
      } as const;
      await check(recorder.story(head, []), simulation.tower);
    }
  } finally {
    await simulation.close();
  }
}

for (const file of readdirSync(folder).filter((name) => name.endsWith('.yaml'))) {
  test(`the story of ${file} says after every step what is on disk`, async (t) => {
    const scenario = await readScenario(`${folder}/${file}`);
    let checks = 0;
    await follow(scenario, async (story, tower) => {
      t.deepEqual(told(story), await storedBy(tower), `after step ${++checks}`);
    });
    t.is(checks, scenario.steps.length);
  });
}

test('a story that goes back in time says after every step what is on disk', async (t) => {
  const steps = [
    'signup: {device: alice, callback: 0}',
    'mine: 4',
    'snapshot: young',
    'signup: {device: bob, callback: 0}',
    'signup: carol',
    'appointment: {user: alice, name: c, blob_bytes: 9000}',
    'mine: 6',
    'set: {expiry_delta: 7}',
    'reorg: {depth: 3, blocks: 5}',
    'snapshot: old',
    'restore: young',
    'signup: {device: dan, callback: 0}',
    'mine: 2',
    'mine: 9',
    'roll_back: 111',
    'mine: 1',
    'restore: old',
    'approve: carol',
    'mine: 12',
    'roll_back: 108',
    'mine: 30',
  ];
  const head =
    'name: Back and forth\ntower: {auth: user, subscription_duration: 10, expiry_delta: 2}\nchain: {start_height: 100}\nsteps:\n';
  const scenario = parseScenario(Buffer.from(head + steps.map((step) => `  - ${step}\n`).join('')), 'back.yaml');
  let jumps = 0;
  await follow(scenario, async (story, tower) => {
    t.deepEqual(told(story), await storedBy(tower), `after step ${story.steps.length}`);
    jumps = story.columns.filter(({isJump}) => isJump).length;
  });
  t.is(jumps, 4);
});

test('what a story has left behind is told, and marked', async (t) => {
  const steps = ['register: alice', 'snapshot: s', 'register: bob', 'mine: 2', 'register: carol', 'mine: 1'];
  const journeys = ['roll_back: 102', 'register: dan', 'restore: s', 'mine: 1'];
  const yaml = `name: Left\nchain: {start_height: 100}\nsteps:\n${[...steps, ...journeys].map((step) => `  - ${step}\n`).join('')}`;
  const seen: (readonly [string, boolean])[][] = [];
  await follow(parseScenario(Buffer.from(yaml), 'left.yaml'), async (story) => {
    seen.push(story.steps.map(({lines, isLeft = false}) => [lines[0]!.text.split(/[ :]/, 3).join(' '), isLeft]));
  });
  const leftBy = (step: number) => seen[step - 1]!.filter(([, isLeft]) => isLeft).map(([text]) => text);
  t.deepEqual(leftBy(6), []);
  t.deepEqual(leftBy(7), ['1 block ']);
  t.deepEqual(leftBy(10), [
    'bob registers ',
    '2 blocks, 101',
    'carol registers ',
    '1 block ',
    'rolled back from',
    'dan registers ',
  ]);
  t.is(seen.at(-1)!.length, 11);
});

test('a tower that is killed at every step has the same users, requests and chain in its story', async (t) => {
  const scenario = await readScenario(`${folder}/deletion-undone.yaml`);
  const [calm, killed] = [await storyOf(scenario), await storyOf(interrupted(scenario))];
  const lives = ({users, columns}: Story) => ({
    users: users.map(({name, changes}) => [name, changes.map(({mark, state, available}) => [mark, state, available])]),
    tips: columns
      .filter(({lane}) => lane === 0)
      .map(({to}) => to)
      .at(-1),
  });
  t.deepEqual(lives(killed), lives(calm));
  t.true(killed.steps.some(({lines}) => lines.some(({mark}) => mark === '○')));
});

test('branches that were left hang a lane lower than what they were left for, one inside the other', async (t) => {
  const {columns} = await aStory('mine: 5', 'reorg: {depth: 2, blocks: 3}', 'reorg: {depth: 4, blocks: 5}');
  t.deepEqual(
    columns.map(({type, from, to, lane, parent}) => [type, from, to, lane, parent]),
    [
      ['blocks', 0, 100, 0, undefined],
      ['blocks', 101, 102, 0, 0],
      ['blocks', 103, 103, 1, 1],
      ['blocks', 104, 105, 2, 2],
      ['undo', 104, 105, 2, undefined],
      ['blocks', 104, 106, 1, 2],
      ['undo', 103, 106, 1, undefined],
      ['blocks', 103, 107, 0, 1],
    ],
  );
});

test('quiet blocks are one step, and those at its ends keep their hashes', async (t) => {
  const {steps, columns} = await aStory('register: alice', 'mine: 9', 'mine: 4000');
  t.deepEqual(
    steps.map(({height, lines}) => [height, lines.map(({text}) => text)]),
    [
      [100, ['the tower starts on a chain of 100 blocks, seed bartizan']],
      [100, ['alice registers: 5 slots, expires at 110, in 10 blocks, about 2 hours']],
      [109, ['9 blocks, 101 to 109: nothing falls due']],
      [110, ['the subscription of alice expired; 3 blocks of grace, until 113']],
      [112, ['2 blocks, 111 to 112: nothing falls due']],
      [113, ['alice is deleted, with all appointments: the grace period is over']],
      [4109, ['3,996 blocks, 114 to 4109: nothing falls due']],
    ],
  );
  t.deepEqual(Object.keys(columns.at(-1)!.hashes), ['114', '4109']);
  for (const hash of Object.values(columns.at(-1)!.hashes)) t.regex(hash, /^[0-9a-f]{64}$/);
});

test('what was expected and did not come is kept with its line, its step and what came instead', async (t) => {
  const {unmet, steps} = await aStory('register: alice', 'expect: [{alice: active}, {alice: expired}]', 'mine: 1');
  t.like(unmet, [{step: 2, line: 6, claim: 'alice is expired', actual: 'alice is active'}]);
  t.like(steps[2], {kind: 'check', met: 1, unmet: 1});
});

test('a hundred and one users are deleted and restored, though an event names a hundred', async (t) => {
  const names = Array.from({length: 101}, (_, i) => `user-${i}`);
  const {users, steps} = await aStory(
    ...names.map((name) => `register: ${name}`),
    'mine: 13',
    'register: user-0',
    'set: {expiry_delta: 50}',
    'reorg: {depth: 4, blocks: 5}',
  );
  t.is(users.length, 102);
  t.is(users.filter(({changes}) => changes.some(({mark}) => mark === 'deleted')).length, 101);
  // Whose key has registered anew stays deleted.
  t.is(users.filter(({changes}) => changes.some(({mark}) => mark === 'restored')).length, 100);
  t.like(steps.at(-1), {height: 114, active: 1, grace: 100});
});
