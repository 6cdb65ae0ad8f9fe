import {Buffer} from 'node:buffer';
import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {interrupted} from '../../../src/sim/interrupted.js';
import {StoryRecorder} from '../../../src/sim/report/recorder.js';
import {defaultGatekeeperSettings} from '../../../src/gatekeeper/settings.js';
import {renderSvg} from '../../../src/sim/report/svg.js';
import type {Story} from '../../../src/sim/report/story.js';
import {parseScenario, readScenario} from '../../../src/sim/scenario/scenario-file.js';
import type {Scenario, Step} from '../../../src/sim/scenario/scenario.js';
import {Simulation} from '../../../src/sim/simulation.js';
import {aStory, emptyHead, recording, recordingFrom, storedBy, storyOf, told} from '../../support/stories.js';
import {tempDir} from '../../support/temp-dir.js';
import {checkXml} from '../../support/xml.js';

const folder = 'fixtures/scenarios';

type Check = (story: Story, simulation: Simulation) => Promise<void>;

async function follow(scenario: Scenario, check: Check): Promise<void> {
  const recorder = new StoryRecorder({settings: scenario.tower, travels: true});
  const {startHeight, seed} = scenario.chain;
  const {tower: settings, steps} = scenario;
  const simulation = await Simulation.open({seed, startHeight, settings, ...recording(recorder)});
  await play(simulation, {recorder, steps, check});
}

/** Goes on in the world of a file. */
async function goOn(world: string, steps: readonly Step[], check: Check): Promise<void> {
  const recorder = new StoryRecorder({settings: defaultGatekeeperSettings, travels: true});
  const simulation = await Simulation.import(world, recordingFrom(recorder));
  await check(recorder.story(emptyHead, []), simulation);
  await play(simulation, {recorder, steps, check});
}

async function play(
  simulation: Simulation,
  {recorder, steps, check}: {recorder: StoryRecorder; steps: readonly Step[]; check: Check},
): Promise<void> {
  try {
    for (const step of steps) {
      await simulation.perform(step);
      await check(recorder.story({...emptyHead, height: simulation.height}, []), simulation);
    }
  } finally {
    await simulation.close();
  }
}

/** What users and requests have gone through, but for where in the picture; no log tells that a policy hung. */
const livesIn = ({users, requests}: Story) => [
  ...users.map(({id, name, changes}) => [id, name, ...changes.map((change) => ({...change, step: 0}))]),
  ...requests.map(({id, name, changes}) => {
    const told = changes.filter(({phase}) => phase !== 'hung');
    return [id, name, ...told.map((change) => ({...change, step: 0}))];
  }),
];

for (const file of readdirSync(folder).filter((name) => name.endsWith('.yaml'))) {
  test(`the story of ${file} says after every step what is on disk, also when it is cut in two`, async (t) => {
    const scenario = await readScenario(`${folder}/${file}`);
    const {steps} = scenario;
    const middle = Math.floor(steps.length / 2);
    const world = join(tempDir(t), 'middle.world');
    let checks = 0;
    let [whole, half]: (Story | undefined)[] = [];
    const check = async (story: Story, {tower}: Simulation, part: string) =>
      t.deepEqual(told(story), await storedBy(tower), `after step ${checks} of ${part}`);
    await follow(scenario, async (story, simulation) => {
      if (++checks === middle) await simulation.export(world);
      await check((whole = story), simulation, 'all');
    });
    t.is(checks, steps.length);
    checks = middle - 1;
    await goOn(world, steps.slice(middle), async (story, simulation) => {
      checks++;
      await check((half = story), simulation, 'the second half');
    });
    t.is(checks, steps.length);
    t.deepEqual(livesIn(half!), livesIn(whole!));
    t.is(half!.steps[half!.begins!]!.lines[0]!.text.split(';')[0], 'here this story begins');
    t.notThrows(() => checkXml(renderSvg(half!)));
  });
}

test('a story that goes back in time says after every step what is on disk', async (t) => {
  const steps = [
    'signup: {device: alice, callback: 0}',
    'mine: 4',
    'snapshot: young',
    'signup: {device: bob, callback: 0}',
    'signup: carol',
    'request_registration: {device: erin, check: 0}',
    'appointment: {user: alice, name: c, blob_bytes: 9000}',
    'mine: 6',
    'set: {expiry_delta: 7}',
    'reorg: {depth: 3, blocks: 5}',
    'snapshot: old',
    'restore: young',
    'signup: {device: dan, callback: 0}',
    'mine: 2',
    'request_registration: frank',
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
  let arrivals: readonly string[] = [];
  await follow(scenario, async (story, {tower}) => {
    t.deepEqual(told(story), await storedBy(tower), `after step ${story.steps.length}`);
    jumps = story.columns.filter(({isJump}) => isJump).length;
    arrivals = story.requests.map(({name, changes}) => `${name} ${changes[0]!.text}`.trim());
  });
  t.is(jumps, 4);
  t.true(arrivals.includes("carol's signup"));
  t.true(arrivals.includes("erin's signup unproven: nobody has signed it"));
});

test('a story in the world of a file goes back to snapshots of that file, and to whom it never saw', async (t) => {
  const world = join(tempDir(t), 'here.world');
  const tower = {...defaultGatekeeperSettings, subscriptionDuration: 10, expiryDelta: 2, auth: 'user'} as const;
  const first = await Simulation.open({settings: tower, startHeight: 100});
  for (const step of [
    {signup: {device: 'alice', callback: 0}},
    {mine: 4},
    {snapshot: 'young'},
    {signup: {device: 'bob', callback: 0}},
    {signup: 'carol'},
    {set: {expiry_delta: 20}},
    {reorg: {depth: 2, blocks: 30}},
    {snapshot: 'other'},
    {restore: 'young'},
    {mine: 3},
    {signup: {device: 'dan', callback: 0}},
    {mine: 40},
    {signup: {device: 'alice', callback: 0}},
  ])
    await first.step(step);
  await first.export(world);
  await first.close();
  const steps = [
    'mine: 2',
    'restore: other',
    'mine: 3',
    'approve: carol',
    'snapshot: late',
    'restore: young',
    'mine: 60',
    'roll_back: 130',
    'mine: 1',
    'restore: late',
    'roll_back: 133',
    'mine: 20',
  ];
  const yaml = `name: On\nfrom: here.world\nsteps:\n${steps.map((step) => `  - ${step}\n`).join('')}`;
  const actions = parseScenario(Buffer.from(yaml), 'on.yaml').steps;
  const seen: Story[] = [];
  await goOn(world, actions, async (story, simulation) => {
    t.deepEqual(told(story), await storedBy(simulation.tower), `after step ${seen.length}`);
    t.notThrows(() => checkXml(renderSvg(story)));
    seen.push(structuredClone(story));
  });
  t.is(seen.length, steps.length + 1);
  const names = ({users}: Story) => users.map(({name}) => name);
  t.deepEqual(names(seen[0]!), ['alice', 'dan', 'alice']);
  t.deepEqual(names(seen.at(-1)!), ['alice', 'dan, then bob', 'alice, then carol']);
  const marks = ({users}: Story) => users.map(({changes}) => changes.at(-1)!.mark);
  t.deepEqual(marks(seen[6]!), ['travelled', 'gone', 'gone']);
  const left = ({steps: all}: Story) => all.flatMap(({isLeft}, i) => (isLeft ? [i] : []));
  t.deepEqual(left(seen[1]!), []);
  const textsOf = (story: Story) => left(story).map((i) => story.steps[i]!.lines[0]!.text.split(/[:;]/)[0]);
  // What the two times have in common stays: alice's first days.
  const texts = textsOf(seen[2]!);
  t.deepEqual([texts[0], texts.at(-1)], ['dan asks to sign up (request 2)', '2 blocks, 148 to 149']);
});

test('who was deleted back then is another than who was not there', async (t) => {
  const steps = ['snapshot: empty', 'register: alice', 'mine: 14', 'snapshot: over', 'step_back: 3'];
  const journeys = ['restore: over', 'restore: empty'];
  const head = 'name: Gone\ntower: {subscription_duration: 10, expiry_delta: 3}\nchain: {start_height: 100}\nsteps:\n';
  const yaml = head + [...steps, ...journeys].map((step) => `  - ${step}\n`).join('');
  const drawn: string[] = [];
  await follow(parseScenario(Buffer.from(yaml), 'gone.yaml'), async (story) => void drawn.push(renderSvg(story)));
  t.regex(drawn.at(-2)!, /deleted, back then/);
  t.notRegex(drawn.at(-2)!, /not there, back then/);
  t.regex(drawn.at(-1)!, /not there, back then/);
});

test('blocks that were disconnected right before a story goes back in time are left once', async (t) => {
  const recorder = new StoryRecorder({settings: defaultGatekeeperSettings, travels: true});
  const simulation = await Simulation.open({startHeight: 100, ...recording(recorder)});
  t.teardown(() => simulation.close());
  for (const step of [{snapshot: 'here'}, {mine: 5}, {step_back: 2}, {restore: 'here'}]) await simulation.step(step);
  const story = recorder.story({...emptyHead, height: simulation.height}, []);
  t.deepEqual(told(story), await storedBy(simulation.tower));
  t.deepEqual(
    story.columns.map(({type, from, to}) => [type, from, to]),
    [
      ['blocks', 0, 100],
      ['blocks', 101, 103],
      ['blocks', 104, 105],
      ['undo', 104, 105],
      ['undo', 101, 103],
    ],
  );
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
