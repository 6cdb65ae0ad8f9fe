import {Buffer} from 'node:buffer';
import test from 'ava';
import fc from 'fast-check';
import {BartizanError} from '../../src/errors/index.js';
import {parseScenario, readScenario} from '../../src/sim/scenario-file.js';

const parse = (text: string) => parseScenario(Buffer.from(text), 'story.yaml');

/** Message of the error that the text ends in. */
function problemsOf(text: string | Uint8Array): string {
  try {
    parseScenario(Buffer.from(text), 'story.yaml');
  } catch (error) {
    if (!(error instanceof BartizanError) || error.code !== 'TOWER_INVALID_SCENARIO') throw error;
    return error.message;
  }
  return 'none';
}

const story = (...steps: string[]) => `name: A story\nsteps:\n${steps.map((step) => `  - ${step}\n`).join('')}`;

test('a scenario is read with every default filled in', (t) => {
  t.deepEqual(parse(story('register: alice', 'mine: 3')), {
    name: 'A story',
    tower: {
      subscriptionSlots: 10_000,
      subscriptionDuration: 4320,
      expiryDelta: 6,
      renewal: 'extend',
      auth: 'none',
      authBudget: 100,
      requestTtl: 144,
      requestAttempts: 8,
      maxPendingRequests: 100_000,
      deniedCooldown: 6,
      proofWindow: 6,
    },
    chain: {startHeight: 120, seed: 'bartizan'},
    steps: [
      {type: 'register', user: 'alice', line: 3},
      {type: 'mine', blocks: 3, line: 4},
    ],
  });
});

test('every kind of step is read, and a note may stand beside any of them', (t) => {
  const {steps} = parse(
    story(
      'register: {user: alice}',
      'renew: alice\n    note: Just in time.',
      'appointment: {user: alice, name: channel-1, blob_bytes: 2049}',
      'mine_to: 200',
      'reorg: {depth: 3, blocks: 5}',
      'reorg: {depth: 3}',
      'restart: kill_before_commit',
      'set: {expiry_delta: 2, renewal: reset}',
      'refuse: {appointment: {user: alice, name: b, blob_bytes: 1}, code: NOT_ENOUGH_SLOTS}',
      'refuse: {register: bob, code: TOWER_NO_TIP}',
      'note: The end.',
    ),
  );
  t.deepEqual(
    steps.map((step) => ({...step, line: undefined})),
    [
      {type: 'register', user: 'alice'},
      {type: 'renew', user: 'alice', note: 'Just in time.'},
      {type: 'appointment', user: 'alice', name: 'channel-1', blobBytes: 2049},
      {type: 'mine_to', height: 200},
      {type: 'reorg', depth: 3, blocks: 5},
      {type: 'reorg', depth: 3, blocks: 4},
      {type: 'restart', kind: 'kill_before_commit'},
      {type: 'set', settings: {expiryDelta: 2, renewal: 'reset'}},
      {
        type: 'refuse',
        request: {type: 'appointment', user: 'alice', name: 'b', blobBytes: 1},
        code: 'TOWER_NOT_ENOUGH_SLOTS',
      },
      {type: 'refuse', request: {type: 'register', user: 'bob'}, code: 'TOWER_NO_TIP'},
      {type: 'note', note: 'The end.'},
    ].map((step) => ({...step, line: undefined})),
  );
});

test('an expectation is written in full, in short, or as a list of both', (t) => {
  const {steps} = parse(
    story(
      'register: alice',
      'expect: {user: alice, state: active, slots: 5, start: 1, expiry: 2, appointments: 0, users: 1}',
      'expect: [{alice: expired}, {tip: 120}]',
    ),
  );
  t.deepEqual(
    steps.flatMap((step) => (step.type === 'expect' ? step.expectations : [])),
    [
      {type: 'user', user: 'alice', state: 'active', slots: 5, start: 1, expiry: 2, appointments: 0},
      {type: 'users', count: 1},
      {type: 'user', user: 'alice', state: 'expired'},
      {type: 'tip', height: 120},
    ],
  );
});

const saying = test.macro({
  exec(t, text: string, ...messages: string[]) {
    t.deepEqual(problemsOf(text).split('\n'), messages);
  },
  title: (claim) => `a scenario ${claim} is refused, with the place and a way out`,
});

test(
  'with an unknown step',
  saying,
  story('register: alice', 'regsiter: bob'),
  'story.yaml:4:5: unknown step "regsiter"; did you mean "register"?',
);
test(
  'with an unknown key in a section',
  saying,
  `tower: {subscription_slot: 3}\n${story('mine: 1')}`,
  'story.yaml:1:9: tower: unknown key "subscription_slot"; did you mean "subscription_slots"?',
);
test(
  'with an unknown key that resembles none',
  saying,
  `chain: {wheel: 3}\n${story('mine: 1')}`,
  'story.yaml:1:9: chain: unknown key "wheel"; known here: start_height, seed',
);
test(
  'with a word instead of a number',
  saying,
  story('mine: many'),
  'story.yaml:3:11: mine: expected a whole number from 1 to 1000000, not "many"',
);
test(
  'with a number out of range',
  saying,
  `tower: {expiry_delta: -1}\n${story('mine: 1')}`,
  'story.yaml:1:23: expiry_delta: expected a whole number from 0 to 4294967295, not -1',
);
test(
  'with a key left out',
  saying,
  story('register: alice', 'appointment: {user: alice, name: a}'),
  'story.yaml:4:18: blob_bytes: is missing; expected a whole number from 0 to 4294967295',
);
test(
  'with a mistyped state',
  saying,
  story('register: alice', 'expect: {alice: activ}'),
  'story.yaml:4:21: alice: expected active, expired or unknown, not "activ"; did you mean "active"?',
);
test(
  'with a mistyped user',
  saying,
  story('register: alice', 'expect: {alcie: active}', 'expect: {user: alise, state: active}', 'renew: alicee'),
  'story.yaml:4:14: expect: no step registers a user called alcie; did you mean "alice"?',
  'story.yaml:5:14: expect: no step registers a user called alise; did you mean "alice"?',
  'story.yaml:6:12: renew: alicee has not registered by then; did you mean "alice"?',
);
test(
  'with a user who has not registered yet',
  saying,
  story('renew: alice', 'register: alice'),
  'story.yaml:3:12: renew: alice has not registered by then; add `- register: alice` before',
);
test(
  'that uses a key of expect as a user name',
  saying,
  story('register: slots'),
  'story.yaml:3:15: user: expected the name of a user, which cannot be one of ' +
    'user, state, slots, start, expiry, appointments, tip, users',
);
test(
  'that mines to a height of the past',
  saying,
  story('mine: 5', 'reorg: {depth: 2}', 'mine_to: 125'),
  'story.yaml:5:14: mine_to: 125 is in the past: the chain is already at 126 by then; use 126 or more, or a reorg',
);
test(
  'that reorganises more than the chain',
  saying,
  `chain: {start_height: 2}\n${story('reorg: {depth: 3}')}`,
  'story.yaml:4:20: depth: the chain has only 2 blocks above genesis by then, fewer than 3',
);
test(
  'that reorganises deeper than the tower undoes',
  saying,
  story('mine: 30', 'reorg: {depth: 100, blocks: 101}', 'reorg: {depth: 101}'),
  'story.yaml:5:20: depth: the fork point would be at 50, and the tower undoes nothing below 51 by then',
);
test(
  'whose new branch does not win',
  saying,
  story('reorg: {depth: 3, blocks: 3}'),
  'story.yaml:3:31: blocks: expected more blocks than depth: a branch of equal or less work does not replace ours',
);
test(
  'that mines more than its limit',
  saying,
  story('mine: 500000', 'mine: 500000'),
  'story.yaml:4:5: 1000120 blocks would have been mined by then; a scenario may mine 1000000',
);
test(
  'with two actions in one step',
  saying,
  story('mine: 1\n    register: bob'),
  'story.yaml:4:5: one step does one thing, and this one has mine and register: give each its own "-"',
);
test('a scenario with an unknown code is refused, with those there are', (t) => {
  const message = problemsOf(story('refuse: {register: alice, code: NO_TOP}'));
  t.regex(message, /^story\.yaml:3:37: code: expected .*NOT_ENOUGH_SLOTS.*, not "NO_TOP"; did you mean "NO_TIP"\?$/);
});
test(
  'with fields of nobody',
  saying,
  story('expect: {slots: 4}'),
  'story.yaml:3:21: slots: the slots of whom? Add the key user',
);
test('with a key twice', saying, 'name: a\nname: b\n', 'story.yaml:2:1: map keys must be unique');
test(
  'that is two documents',
  saying,
  'name: a\n---\nname: b\n',
  'story.yaml:2:1: a scenario is one document; take out the `---` and what follows it',
);
test(
  'that is empty',
  saying,
  '',
  'story.yaml:1:1: expected a scenario, with the keys name, about, tower, chain, steps, not an empty value',
);
test('nested without end', saying, '['.repeat(100_000), 'story.yaml:1:1: the YAML is nested deeper than 32 levels');
test(
  'that unfolds through aliases',
  saying,
  Array.from('bcdefghij', (name, index) => {
    const alias = index === 0 ? 'x' : `*${'bcdefghij'[index - 1]}`;
    return `${name}: &${name} [${Array(9).fill(alias).join(', ')}]\n`;
  }).join(''),
  'story.yaml:1:1: with its aliases, the YAML has more than 1000000 values',
);

test('an alias repeats what its anchor holds, and 50,000 of them are read at once', (t) => {
  const {steps} = parse(story('&tick {mine: 2}', ...Array<string>(50_000).fill('*tick')));
  t.is(steps.length, 50_001);
  t.like(steps.at(-1), {type: 'mine', blocks: 2, line: 50_003});
});

test('all problems of a file are named at once, in their order, and at most twenty of them', (t) => {
  const messages = problemsOf(`nome: x\n${story(...Array<string>(30).fill('mine: 0'))}`).split('\n');
  t.is(messages.length, 21);
  t.is(messages[0], 'story.yaml:1:1: unknown key "nome"; did you mean "name"?');
  t.regex(messages[19]!, /^story\.yaml:22:11: mine: /);
  t.is(messages[20], 'and 11 more problems in story.yaml');
});

test('a file beyond the limits, or not UTF-8, is refused', (t) => {
  t.regex(problemsOf('#'.repeat(1024 * 1024 + 1)), /1048577 bytes, and a scenario at most 1048576$/);
  t.regex(
    problemsOf(
      story(...Array<string>(100_001).fill('mine: 1'))
        .replaceAll('  - ', '- ')
        .replaceAll(' 1', ' 1'),
    ),
    /at most 100000 steps/,
  );
  t.regex(problemsOf(Uint8Array.of(0x6e, 0xff, 0xfe)), /not text in UTF-8$/);
});

test('a file that cannot be read is named', async (t) => {
  await t.throwsAsync(readScenario('no/such.yaml'), {code: 'TOWER_FILE_FAILED', message: /no\/such\.yaml/});
});

test('whatever the text, the answer is a scenario or a named problem', (t) => {
  const value = fc.oneof(
    fc.constantFrom('alice', 'mine', '{', '[', '- ', '&a', '*a', '\n', ': ', '1', '"'),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(value), (parts) => {
      t.is(typeof problemsOf(parts.join('')), 'string');
      t.is(typeof problemsOf(story(parts.join(''))), 'string');
    }),
    {numRuns: 300},
  );
});

test('whatever a step holds, a problem is on a line of the file', (t) => {
  const steps = fc.dictionary(
    fc.constantFrom('register', 'renew', 'appointment', 'mine', 'reorg', 'expect', 'refuse', 'set', 'note', 'x'),
    fc.jsonValue(),
    {maxKeys: 2},
  );
  fc.assert(
    fc.property(fc.array(steps, {maxLength: 5}), (list) => {
      const text = JSON.stringify({name: 'x', steps: list}, null, 1);
      const lines = text.split('\n').length;
      for (const message of problemsOf(text).split('\n')) {
        const line = /^story\.yaml:(\d+):\d+: ./.exec(message)?.[1];
        if (line === undefined) t.regex(message, /^none$|more problems/);
        else t.true(Number(line) <= lines);
      }
    }),
    {numRuns: 300},
  );
});
