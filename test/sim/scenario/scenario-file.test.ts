import {Buffer} from 'node:buffer';
import test from 'ava';
import fc from 'fast-check';
import {BartizanError} from '../../../src/errors/index.js';
import {parseScenario, readScenario} from '../../../src/sim/scenario/scenario-file.js';
import {stepNames} from '../../../src/sim/scenario/scenario-schema.js';

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
      maxUnprovenRequests: 1_000,
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

test('every way to move the chain is read, and what an operator does with users', (t) => {
  const {steps} = parse(
    story(
      'register: alice',
      'mine_to_next: deletion',
      'mine_until: {expect: {alice: unknown, tip: 200}, within: 20}',
      'step_back: 2',
      'branch: {name: rival, at: 110, blocks: 3}',
      'branch: {name: rival, blocks: 1}',
      'switch_to: main',
      'snapshot: before-that',
      'restore: before-that',
      'export: worlds/there.world',
      'roll_back: 100',
      'extend: {user: alice, blocks: 5}',
      'delete: alice',
      'refuse: {delete: {user: 7}, code: USER_NOT_FOUND}',
    ),
  );
  t.deepEqual(
    steps.slice(1).map((step) => ({...step, line: 0})),
    [
      {type: 'mine_to_next', due: 'deletion'},
      {
        type: 'mine_until',
        expectations: [
          {type: 'user', user: 'alice', state: 'unknown'},
          {type: 'tip', height: 200},
        ],
        within: 20,
      },
      {type: 'step_back', blocks: 2},
      {type: 'branch', name: 'rival', at: 110, blocks: 3},
      {type: 'branch', name: 'rival', blocks: 1},
      {type: 'switch_to', branch: 'main'},
      {type: 'snapshot', name: 'before-that'},
      {type: 'restore', name: 'before-that'},
      {type: 'export', file: 'worlds/there.world'},
      {type: 'roll_back', height: 100},
      {type: 'extend', user: 'alice', blocks: 5},
      {type: 'delete', user: 'alice'},
      {type: 'refuse', request: {type: 'delete', user: 7}, code: 'TOWER_USER_NOT_FOUND'},
    ].map((step) => ({...step, line: 0})),
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

test('every step of authorization is read, in full and in short', (t) => {
  const {steps} = parse(
    story(
      'signup: phone',
      'signup: {device: phone, as: alice, info: invite 7, node_info: {type: android, ports: [1]}, callback: -2, check: [-2, 0]}',
      'login: {device: laptop, as: alice, check: alice, signed_at: 118, signed_by: phone}',
      'request_registration: core',
      'request_registration: {device: core, as: carol, check: [-2, 0]}',
      'node: {device: core, callback: [{hang: 3}, throw, unavailable, primary, "", null, .nan, {return: "7"}]}',
      'approve: phone',
      'approve: {device: phone, kind: user_signup, user: 7}',
      'approve: {id: 3, role: secondary}',
      'deny: {device: laptop, reason: no invite}',
      'authorize: {device: tablet, user: 0, as: bob}',
      'authorize: {device: core, role: primary}',
      'revoke: tablet',
      'appointment: {user: alice, device: laptop, name: a, blob_bytes: 1}',
      'refuse: {signup: {device: watch, info: x}, code: DENIED_COOLDOWN}',
      'refuse: {revoke: watch, code: DEVICE_NOT_FOUND}',
      'set: {auth: user, auth_budget: 2, request_ttl: 3, request_attempts: 4, max_pending_requests: 5, denied_cooldown: 6, proof_window: 7, max_unproven_requests: 8}',
    ),
  );
  const returns = (value: unknown) => ({type: 'returns', value});
  const check = {callback: [returns(-2)], check: [returns(-2), returns(0)]};
  const node = {type: 'android', ports: [1]};
  const request = {device: 'phone'};
  t.deepEqual(
    steps.map((step): unknown => ({...step, line: undefined})),
    [
      {type: 'signup', device: 'phone'},
      {type: 'signup', device: 'phone', as: 'alice', info: 'invite 7', nodeInfo: node, script: check},
      {
        type: 'login',
        device: 'laptop',
        as: 'alice',
        script: {callback: [returns(-2)], check: [{type: 'user', name: 'alice'}]},
        signedAt: 118,
        signedBy: 'phone',
      },
      {type: 'request_registration', device: 'core'},
      {type: 'request_registration', device: 'core', as: 'carol', script: check},
      {
        type: 'node',
        device: 'core',
        script: {
          callback: [
            {type: 'hangs', blocks: 3},
            {type: 'throws'},
            {type: 'unavailable'},
            ...['primary', '', null, Number.NaN, '7'].map(returns),
          ],
          check: [],
        },
      },
      {type: 'approve', request},
      {type: 'approve', request: {...request, kind: 'user_signup'}, user: 7},
      {type: 'approve', request: {id: 3}, role: 'secondary'},
      {type: 'deny', request: {device: 'laptop'}, reason: 'no invite'},
      {type: 'authorize', device: 'tablet', user: 0, as: 'bob'},
      {type: 'authorize', device: 'core', role: 'primary'},
      {type: 'revoke', device: 'tablet'},
      {type: 'appointment', user: 'alice', device: 'laptop', name: 'a', blobBytes: 1},
      {type: 'refuse', request: {type: 'signup', device: 'watch', info: 'x'}, code: 'TOWER_DENIED_COOLDOWN'},
      {type: 'refuse', request: {type: 'revoke', device: 'watch'}, code: 'TOWER_DEVICE_NOT_FOUND'},
      {
        type: 'set',
        settings: {
          auth: 'user',
          authBudget: 2,
          requestTtl: 3,
          requestAttempts: 4,
          maxPendingRequests: 5,
          deniedCooldown: 6,
          proofWindow: 7,
          maxUnprovenRequests: 8,
        },
      },
    ].map((step) => ({...step, line: undefined})),
  );
});

test('devices and requests are expected as users are', (t) => {
  const {steps} = parse(
    story(
      'signup: {device: phone, as: alice}',
      'expect: {device: phone, user: alice, role: none, pending: 1}',
      'expect: {device: phone, state: unknown, user: none}',
      'expect: {user: 7, devices: 2, request: {device: phone, kind: user_signup, state: denied, reason: why, user: none}}',
      'expect: {request: {id: 2, proven: false, user: alice, role: primary, attempts: 3, closed: 120, by: operator}, alice: unknown}',
    ),
  );
  t.deepEqual(
    steps.flatMap((step) => (step.type === 'expect' ? (step.expectations as readonly unknown[]) : [])),
    [
      {type: 'device', device: 'phone', user: 'alice', role: null},
      {type: 'pending', count: 1},
      {type: 'device', device: 'phone', state: 'unknown', user: null},
      {type: 'user', user: 7, devices: 2},
      {
        type: 'request',
        request: {device: 'phone', kind: 'user_signup'},
        state: 'denied',
        reason: 'why',
        user: null,
      },
      {type: 'user', user: 'alice', state: 'unknown'},
      {
        type: 'request',
        request: {id: 2},
        proven: false,
        user: 'alice',
        role: 'primary',
        attempts: 3,
        closed: 120,
        by: 'operator',
      },
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
  'story.yaml:1:9: chain: unknown key "wheel"; known here: start_height, seed, node',
);
test(
  'that writes two worlds into one file',
  saying,
  story('export: a.world', 'export: b.world', 'export: ./a.world'),
  'story.yaml:5:13: export: ./a.world has been written by then; give each world a file',
);
test(
  'that writes over the world in which it begins',
  saying,
  `from: a.world\n${story('export: a.world')}`,
  'story.yaml:4:13: export: the story begins in a.world, and would not begin there again',
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
  'story.yaml:4:18: blob_bytes: is missing; expected a whole number from 0 to 16777216',
);
test(
  'with a mistyped state',
  saying,
  story('register: alice', 'expect: {alice: activ}'),
  'story.yaml:4:21: alice: expected active, expired or unknown, not "activ"; did you mean "active"?',
);
test(
  'with a mistyped fact',
  saying,
  story(
    'register: alice',
    'expect: {user: alice, slot: 3}',
    'expect: [{alice: active}, {tipp: 3}]',
    'expect: {alice: 3}',
  ),
  'story.yaml:4:33: slot: there is no slot; did you mean slots?',
  'story.yaml:5:38: tipp: there is no tipp; did you mean tip?',
  'story.yaml:6:21: alice: expected active, expired or unknown, not 3',
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
    'user, device, request, state, slots, start, expiry, appointments, devices, role, pending, tip, users, ' +
    'primary, secondary, throw, unavailable, none',
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
test(
  'whose policy answers something unsayable',
  saying,
  story(
    'signup: {device: phone, check: [0, {hang: 0}]}',
    'signup: {device: phone, check: {hang: 0}}',
    'signup: {device: phone, check: [{hnag: 3}]}',
    'signup: {device: phone, callback: true}',
  ),
  'story.yaml:3:47: hang: expected a whole number from 1 to 1000000, not 0',
  'story.yaml:4:43: hang: expected a whole number from 1 to 1000000, not 0',
  'story.yaml:5:37: check: expected what the policy answers: a number, the name of a user, primary, secondary, throw, unavailable, {hang: 3} or {return: ...}, not a map of hnag',
  'story.yaml:6:39: callback: expected what the policy answers: a number, the name of a user, primary, secondary, throw, unavailable, {hang: 3} or {return: ...}, not true',
);
test(
  'with the key of the device in node_info',
  saying,
  story('node: {device: core, node_info: {public_key: x}}'),
  'story.yaml:3:37: node_info: expected a map such as {type: android}, without public_key, which is the key of the device',
);
test(
  'that calls a request in two ways, or in none',
  saying,
  story('signup: phone', 'approve: {device: phone, id: 1}', 'deny: {reason: no}', 'expect: {request: {state: denied}}'),
  ...['4:14: approve', '5:11: deny', '6:23: request'].map(
    (place) =>
      `story.yaml:${place}: expected the device whose newest request is meant, and its kind where that is not clear, or an id`,
  ),
);
test(
  'that gives a user and a role at once, or neither',
  saying,
  story('signup: phone', 'approve: {device: phone, user: 1, role: primary}', 'authorize: {device: phone}'),
  'story.yaml:4:14: approve: expected a user or a role, not both',
  'story.yaml:5:16: authorize: expected either a user or a role',
);
test(
  'that mixes up what users and devices have',
  saying,
  story(
    'signup: phone',
    'expect: {device: phone, slots: 1}',
    'expect: {device: phone, state: active}',
    'expect: {user: phone, state: authorized}',
    'expect: {user: none, state: unknown}',
    'expect: {role: primary}',
    'expect: {device: phone}',
    'expect: {request: {device: phone}}',
  ),
  'story.yaml:4:22: device: expected something about the device, such as its user',
  'story.yaml:4:36: slots: belongs to a user; give him a map of his own',
  'story.yaml:5:36: state: expected authorized or unknown, for a device',
  'story.yaml:6:34: state: expected active, expired or unknown, for a user',
  'story.yaml:7:20: user: expected a user, and none is nobody',
  'story.yaml:8:20: role: the role of whom? Add the key device',
  'story.yaml:9:22: device: expected something about the device, such as its user',
  'story.yaml:10:23: request: expected something about the request, such as state',
);
test(
  'with a device or a user of whom nobody has heard',
  saying,
  story(
    'approve: phnoe',
    'signup: {device: phone, as: alice, check: [bob, 0]}',
    'approve: {device: phone, user: alcie}',
    'expect: {device: phnoe, user: alise}',
    'expect: {request: {device: tablet, state: pending}}',
    'refuse: {revoke: tablet, code: REQUEST_CLOSED}',
    'refuse: {revoke: stranger, code: DEVICE_NOT_FOUND}',
  ),
  'story.yaml:3:14: approve: phnoe has not asked for anything by then; add `- signup: phnoe` before',
  'story.yaml:4:47: signup: no step registers a user called bob; add `- register: bob`',
  'story.yaml:5:36: approve: alcie has not registered by then; did you mean "alice"?',
  'story.yaml:6:14: expect: no step has a device called phnoe; did you mean "phone"?',
  'story.yaml:6:14: expect: no step registers a user called alise; did you mean "alice"?',
  'story.yaml:7:14: expect: no step has a device called tablet; add `- signup: tablet`',
  'story.yaml:8:22: refuse: tablet has not asked for anything by then; add `- signup: tablet` before',
);
test(
  'whose proof names a block to come',
  saying,
  story('signup: {device: phone, signed_at: 121}', 'refuse: {node: {device: core, signed_at: 200}, code: STALE_PROOF}'),
  'story.yaml:3:40: signed_at: the chain is only at 120 by then',
  'story.yaml:4:46: signed_at: the chain is only at 120 by then',
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
test('with a key twice', saying, 'name: a\nname: b\n', 'story.yaml:2:1: the key stands there twice; give it once');
test(
  'with a bracket that is never closed',
  saying,
  'name: a\ntower: {auth: user\nsteps:\n  - mine: 1\n',
  'story.yaml:3:1: this begins in the wrong column, or lacks the space behind its dash, or a { or [ above is never closed',
);
test(
  'with a quote that is never closed',
  saying,
  'name: "a\n',
  'story.yaml:1:7: the text in quotes that begins here does not end; is the closing quote missing?',
);
test(
  'indented by a tab',
  saying,
  'name: a\nsteps:\n\t- mine: 1\n',
  'story.yaml:3:1: a tab stands where the line is indented; use spaces',
);
test(
  'with a step in another column',
  saying,
  'name: a\nsteps:\n  - mine: 1\n - mine: 2\n',
  'story.yaml:4:1: a colon stands where none can be, or a line begins in a column that fits none above it; a text with ": " in it needs quotes, and what belongs together begins in one column',
);
test(
  'with a text that must be in quotes',
  saying,
  'name: `a`\n',
  'story.yaml:1:7: a text cannot begin with `; put it into quotes',
);
test(
  'with an escape that is none',
  saying,
  'name: "\\q"\n',
  'story.yaml:1:8: \\q means nothing in a text in double quotes; use single quotes',
);
test(
  'with a dash that lacks its space',
  saying,
  'name: a\nsteps:\n  - mine: 1\n  -mine: 2\n',
  'story.yaml:4:1: this begins in the wrong column, or lacks the space behind its dash, or a { or [ above is never closed',
);
test(
  'with something behind a value',
  saying,
  'name: "a" b\n',
  'story.yaml:1:11: this belongs to nothing that stands before it; is a dash, a comma, a quote, or the space behind a colon missing?',
);
test(
  'with a comma missing',
  saying,
  'name: a\ntower: {auth: user expiry_delta: 2}\n',
  'story.yaml:2:15: a comma is missing between { } or [ ], or a list with dashes stands there; write [one, two]',
);
test(
  'that is two documents',
  saying,
  'name: a\n---\nname: b\n',
  'story.yaml:2:1: a file holds one document; take out the `---` and what follows it',
);
test(
  'that is empty',
  saying,
  '',
  'story.yaml:1:1: expected a scenario, with the keys name, about, from, tower, chain, steps, not an empty value',
);
test('nested without end', saying, '['.repeat(100_000), 'story.yaml:1:1: the YAML is nested deeper than 32 levels');
test(
  'that unfolds through aliases',
  saying,
  Array.from('bcdefghij', (name, index) => {
    const alias = index === 0 ? 'x' : `*${'bcdefghij'[index - 1]}`;
    return `${name}: &${name} [${Array(9).fill(alias).join(', ')}]\n`;
  }).join(''),
  'story.yaml:7:8: with its aliases, the YAML has more than 1000000 values',
);

test('an alias repeats what its anchor holds, and 50,000 of them are read at once', (t) => {
  const {steps} = parse(story('&tick {mine: 2}', ...Array<string>(50_000).fill('*tick')));
  t.is(steps.length, 50_001);
  t.like(steps.at(-1), {type: 'mine', blocks: 2, line: 50_003});
});

/** Each with what is said of it. */
const branchStories: readonly (readonly [steps: string[], says: string])[] = [
  [
    ['switch_to: nix'],
    '3:16: switch_to: there is no branch nix by then; add `- branch: {name: nix, blocks: 1}` before',
  ],
  [
    ['branch: {name: rival, blocks: 1}', 'switch_to: rivl'],
    '4:16: switch_to: there is no branch rivl by then; did you mean "rival"?',
  ],
  [
    ['snapshot: s', 'branch: {name: late, blocks: 1}', 'restore: s', 'switch_to: late'],
    '6:16: switch_to: there is no branch late by then; add `- branch: {name: late, blocks: 1}` before',
  ],
  [
    ['branch: {name: rival, blocks: 1}', 'branch: {name: rival, at: 3, blocks: 1}'],
    '4:31: branch: rival is there already by then: it goes on where it ends, without a height',
  ],
  [
    ['branch: {name: rival, at: 900, blocks: 1}'],
    '3:31: branch: rival cannot begin at 900: the chain is only at 120 by then',
  ],
];

test('a branch that no step has begun by then is found in the text, where that can be known', (t) => {
  for (const [steps, says] of branchStories) t.is(problemsOf(story(...steps)), `story.yaml:${says}`);
  t.is(problemsOf(story('branch: {name: rival, blocks: 1}', 'switch_to: rival', 'switch_to: main')), 'none');
  t.is(
    problemsOf(
      story('snapshot: s', 'branch: {name: b, blocks: 1}', 'snapshot: t', 'restore: s', 'restore: t', 'switch_to: b'),
    ),
    'none',
  );
  const again = ['branch: {name: a, blocks: 3}', 'roll_back: 120', 'branch: {name: a, at: 119, blocks: 1}'];
  t.is(problemsOf(story(...again)), 'none');
  // Another of the file's own world may be meant, or one that a broken step would have begun.
  t.is(problemsOf('name: A story\nfrom: other.world\nsteps:\n  - switch_to: rival\n'), 'none');
  t.regex(problemsOf(story('branch: {name: rival}', 'switch_to: rival')), /^story\.yaml:3:[^\n]*$/);
});

test('an alias that stands inside what it repeats, or for nothing, is named with its line', (t) => {
  t.is(
    problemsOf('name: A story\nsteps: &a\n  - mine: 1\n  - *a\n'),
    'story.yaml:4:5: *a stands inside &a, which begins in line 3: it would hold itself without end',
  );
  t.is(problemsOf(story('mine: &x 3', 'mine: *y')), 'story.yaml:4:11: *y stands for nothing: there is &x');
  t.is(
    problemsOf(story('mine: *y')),
    'story.yaml:3:11: *y stands for nothing: no value before it has an anchor; write the value itself, or put the text into quotes',
  );
  t.regex(
    problemsOf(`name: A story\nchain: ${'['.repeat(40)}${']'.repeat(40)}\n`),
    /^story\.yaml:2:40: the YAML is nested/,
  );
});

test('a number out of all bounds is named once, as it is written, and so is a height that needs too many blocks', (t) => {
  t.is(
    problemsOf(
      'name: A story\nchain: {start_height: 99999999999999999999}\nsteps:\n  - mine: 1e30\n  - mine_to: 999999999\n',
    ),
    [
      'story.yaml:2:23: start_height: expected a whole number from 0 to 1000000, not 99999999999999999999',
      'story.yaml:4:11: mine: expected a whole number from 1 to 1000000, not 1e30',
      'story.yaml:5:5: 999999999 blocks would have been mined by then; a scenario may mine 1000000',
    ].join('\n'),
  );
});

/** What a newcomer writes, and what is said of it. */
const slips: readonly (readonly [text: string, says: string])[] = [
  [story('mine 1'), '3:5: expected a step such as `- mine: 1`, not "mine 1"; behind `mine` belong a colon and a space'],
  [story('mine:1'), '3:5: expected a step such as `- mine: 1`, not "mine:1"; a space is missing behind the colon'],
  [
    'name: A story\nsteps:\n  -mine: 1\n',
    '3:3: steps: expected a list of steps such as `- mine: 1`; a space is missing behind the dash',
  ],
  [story('mine: 1_000'), '3:11: mine: expected a whole number from 1 to 1000000, not "1_000"; write 1000'],
  [
    story('expect:\n    alice: active'),
    '4:5: alice stands beside expect, which is empty; indent it further to put it inside',
  ],
  [
    'name: "A story\nsteps:\n  - mine: 1\n',
    '1:7: the text in quotes that begins here does not end; is the closing quote missing?',
  ],
  [
    story("note: 'it's fine'"),
    `3:15: a text in quotes ends before this; double a ' that stands inside '...', and write \\" inside "..."`,
  ],
  [
    `\`\`\`yaml\n${story('mine: 1')}`,
    '1:1: what begins here goes over several lines, and none ends a key; is a colon or a quote missing?',
  ],
];

test('what a newcomer leaves out is named where it is missing', (t) => {
  for (const [text, says] of slips) t.is(problemsOf(text), `story.yaml:${says}`);
  t.regex(problemsOf(story('fault: rpc_bsy')), /not "rpc_bsy"; did you mean "rpc_busy"\?$/);
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
  const steps = fc.dictionary(fc.constantFrom(...stepNames, 'x'), fc.jsonValue(), {maxKeys: 2});
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
