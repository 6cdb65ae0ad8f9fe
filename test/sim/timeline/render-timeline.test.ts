import test from 'ava';
import {defaultGatekeeperSettings} from '../../../src/gatekeeper/settings.js';
import {plain} from '../../../src/sim/timeline/paint.js';
import {renderTimeline} from '../../../src/sim/timeline/render-timeline.js';
import {requestText} from '../../../src/sim/timeline/request-text.js';
import type {Refusable} from '../../../src/sim/scenario/scenario.js';
import {Timeline, type TimelineEntry} from '../../../src/sim/timeline/timeline.js';
import {renderVerdict} from '../../../src/sim/verdict.js';
import type {TowerEvent} from '../../../src/tower/events.js';

const settings = {
  ...defaultGatekeeperSettings,
  subscriptionSlots: 10,
  subscriptionDuration: 10,
  expiryDelta: 2,
  renewal: 'extend',
} as const;

const aTimeline = () =>
  new Timeline({
    settings,
    names: {
      ownerOf: (key) => ({a1: 'alice', b2: 'bob', c3: 'phone', d4: 'core'})[key] ?? key,
      nameOf: (id) => ({1: 'alice', 2: 'bob'})[id] ?? `user ${id}`,
      appointmentOf: () => 'channel-1',
      request: (id) =>
        (
          ({
            1: {id, kind: 'user_signup', device: 'phone', as: 'alice'},
            2: {id, kind: 'user_login', device: 'phone', as: 'alice'},
            3: {id, kind: 'new_node', device: 'core', as: 'core'},
          }) as const
        )[id],
    },
  });

const connected = (height: number, ...userIds: number[]): TowerEvent => ({
  type: 'block_connected',
  height,
  hash: `hash ${height}`,
  header: '',
  deletedUsers: userIds.length,
  userIds,
});
const disconnected = (height: number, ...userIds: number[]): TowerEvent => ({
  type: 'block_disconnected',
  height,
  hash: `hash ${height}`,
  restoredUsers: userIds.length,
  userIds,
});
const registered = (userId: number, key: string): TowerEvent => ({
  type: 'user_registered',
  height: 100,
  key,
  userId,
  availableSlots: 10,
  subscriptionStart: 100,
  subscriptionExpiry: 110,
});

function told(...events: TowerEvent[]): string[] {
  const timeline = aTimeline();
  const entries = events.map((event) => timeline.entryOf(event)).filter((entry) => entry !== undefined);
  return renderTimeline(entries).split('\n');
}
const from = (first: number, last: number) =>
  Array.from({length: last - first + 1}, (_, index) => connected(first + index));

test('a subscription is told from its registration to its deletion, and quiet blocks share a line', (t) => {
  t.deepEqual(told(registered(1, 'a1'), ...from(101, 111), connected(112, 1), ...from(113, 114)), [
    '        100 + alice registers: 10 slots, expires at 110, in 10 blocks, about 2 hours',
    '    101–109 · 9 blocks, nothing falls due',
    '        110 ◔ the subscription of alice expired; 2 blocks of grace, until 112',
    '        111 · 1 block, nothing falls due',
    '        112 † alice is deleted, with all appointments: the grace period is over',
    '    113–114 · 2 blocks, nothing falls due',
  ]);
});

test('a reorg is told down and up again, with who comes back and who goes', (t) => {
  const up = [registered(1, 'a1'), registered(2, 'b2'), ...from(101, 111), connected(112, 1, 2), connected(113)];
  const down = [disconnected(113), disconnected(112, 1, 2), disconnected(111), disconnected(110), disconnected(109)];
  t.deepEqual(told(...up, ...down, connected(109)).slice(-6), [
    '        113 ↩ 1 block, disconnected',
    '        112 ↑ alice and bob are back, with all appointments: the block that deleted them is gone',
    '        111 ↩ 1 block, disconnected',
    '        110 ↑ the subscriptions of alice and bob are active again',
    '        109 ↩ 1 block, disconnected',
    '        109 · 1 block, nothing falls due',
  ]);
});

test('a renewal moves the expiry that is told', (t) => {
  const renewed: TowerEvent = {
    ...registered(1, 'a1'),
    type: 'subscription_renewed',
    subscriptionExpiry: 111,
  } as TowerEvent;
  t.deepEqual(told(registered(1, 'a1'), renewed, ...from(101, 111)).slice(-2), [
    '    101–110 · 10 blocks, nothing falls due',
    '        111 ◔ the subscription of alice expired; 2 blocks of grace, until 113',
  ]);
});

test('of many users the first are named and the others counted', (t) => {
  const entry: TimelineEntry = {
    type: 'connected',
    height: 7,
    hash: '',
    expired: {count: 0, first: []},
    graceBlocks: 2,
    expiredRequests: {count: 0, first: []},
    deleted: {count: 1_000_000, first: ['a', 'b', 'c', 'd', 'e', 'f', 'g']},
  };
  t.regex(renderTimeline([entry]), /† a, b, c, d, e and 999,995 others are deleted/);
});

const received = (requestId: number, supersedes: number | null = null): TowerEvent => ({
  type: 'request_received',
  height: 100,
  requestId,
  kind: 'user_signup',
  key: 'c3',
  infoHash: null,
  nodeInfo: '{}',
  proven: true,
  proofHeight: 100,
  supersedes,
});
const postponed = (height: number, attempts: number, reason = 'general error'): TowerEvent => ({
  type: 'request_postponed',
  height,
  requestId: 1,
  stage: 'check',
  attempts,
  readyHeight: height + 1,
  reason,
});
const decided = (
  requestId: number,
  state: 'approved' | 'denied' | 'failed' | 'superseded',
  decidedBy = 'policy',
): TowerEvent => ({
  type: 'request_decided',
  height: 106,
  requestId,
  kind: 'user_signup',
  key: 'c3',
  state,
  decidedBy,
  reason: 'a reason',
  userId: null,
  role: null,
});
const authorized = (key: string, userId: number | null, requestId: number | null, isNew = false): TowerEvent => ({
  type: 'device_authorized',
  height: 106,
  key,
  userId,
  role: key === 'd4' ? 'primary' : null,
  requestId,
  created: isNew ? {availableSlots: 10, subscriptionExpiry: 116} : null,
});

test('a request is told from its arrival to its approval, and a block of which something is told is not quiet', (t) => {
  const story = [
    received(1),
    postponed(100, 0, 'later'),
    ...from(101, 102),
    postponed(102, 0, 'later'),
    connected(103),
    postponed(103, 0, 'later'),
    connected(104),
    postponed(104, 1),
    connected(105),
    {type: 'answer_recorded', height: 105, requestId: 1, verdict: {type: 'approve_user', userId: 0}} as TowerEvent,
    connected(106),
    authorized('c3', 1, 1, true),
    decided(1, 'approved'),
    ...from(107, 116),
  ];
  t.deepEqual(told(...story), [
    '        100 ? phone asks to sign up as alice (request 1)',
    "        100 … phone's signup is to be decided later",
    '        101 · 1 block, nothing falls due',
    "        102 … the policy does not know about phone's signup yet, and is asked again in each block",
    '        103 · 1 block, nothing falls due',
    "        104 ! attempt 1 at phone's signup failed: general error; the next is at 105",
    "        105 » phone's signup is answered: a new user; a coming block decides",
    "        106 + phone's signup is approved by the policy: phone belongs to alice, a new user with 10 slots, expires at 116, in 10 blocks, about 2 hours",
    '    107–115 · 9 blocks, nothing falls due',
    '        116 ◔ the subscription of alice expired; 2 blocks of grace, until 118',
  ]);
});

test('what else becomes of requests and devices has a line each', (t) => {
  const verdicts: TowerEvent[] = [
    {type: 'answer_recorded', height: 106, requestId: 1, verdict: {type: 'approve_user', userId: 2}},
    {type: 'answer_recorded', height: 106, requestId: 3, verdict: {type: 'approve_node', role: 'secondary'}},
    {type: 'answer_recorded', height: 106, requestId: 1, verdict: {type: 'deny', reason: 'not authorized'}},
    {type: 'answer_late', height: 106, requestId: 2, state: 'expired'},
  ];
  const entries = [
    received(2, 1),
    {...received(3), proven: false} as TowerEvent,
    ...verdicts,
    connected(106),
    authorized('c3', 1, 2),
    decided(2, 'approved', 'operator'),
    decided(1, 'denied', 'operator'),
    decided(1, 'failed'),
    decided(1, 'superseded', 'tower'),
    authorized('d4', null, 3),
    decided(3, 'approved', 'operator'),
    authorized('c3', 1, null),
    {type: 'device_revoked', height: 106, key: 'c3', userId: 1, role: 'secondary'} as TowerEvent,
    {type: 'device_revoked', height: 106, key: 'd4', userId: null, role: 'primary'} as TowerEvent,
    {...connected(107), expiredRequests: {count: 1, ids: [1]}} as TowerEvent,
    {...disconnected(107), restoredRequests: {count: 2, ids: [1, 3]}} as TowerEvent,
  ];
  t.deepEqual(told(...entries), [
    '        100 ? phone asks to log in as alice (request 2, instead of request 1)',
    '        100 ? core asks to join as a node (request 3, unproven)',
    "        106 » phone's signup is answered: bob; a coming block decides",
    "        106 » core's node request is answered: secondary; a coming block decides",
    "        106 » phone's signup is answered: denied, not authorized; a coming block decides",
    "        106 » an answer to phone's login comes too late: it is expired",
    '        106 · 1 block, nothing falls due',
    "        106 + phone's login is approved by the operator: phone belongs to alice",
    "        106 – phone's signup is denied by the operator: a reason",
    "        106 – phone's signup has failed for good: a reason",
    "        106 – phone's signup is superseded: a reason",
    "        106 + core's node request is approved by the operator: core is a primary and belongs to nobody",
    '        106 + phone is authorized: phone belongs to alice',
    '        106 – phone is revoked; it was a device of alice and a secondary',
    '        106 – core is revoked; it was a primary',
    "        107 ◔ phone's signup expired: nobody decided in time",
    "        107 ↑ phone's signup and core's node request are pending again: the block in which they expired is gone",
  ]);
});

test('refused requests and decisions are clauses', (t) => {
  const clauses = (
    [
      {type: 'signup', device: 'phone', as: 'alice'},
      {type: 'login', device: 'phone', as: 'phone'},
      {type: 'node', device: 'core'},
      {type: 'request_registration', device: 'phone'},
      {type: 'request_registration', device: 'phone', as: 'alice'},
      {type: 'appointment', user: 'alice', device: 'phone', name: 'a', blobBytes: 1},
      {type: 'approve', request: {device: 'phone'}},
      {type: 'approve', request: {device: 'phone', kind: 'user_login'}, user: 'alice'},
      {type: 'approve', request: {id: 3}, role: 'primary'},
      {type: 'deny', request: {id: 3}, reason: 'no'},
      {type: 'authorize', device: 'phone', user: 0},
      {type: 'authorize', device: 'phone', user: 7},
      {type: 'revoke', device: 'phone'},
    ] satisfies Refusable[]
  ).map(requestText);
  t.deepEqual(clauses, [
    'phone asks to sign up as alice',
    'phone asks to log in',
    'core asks to join as a node',
    'phone asks to be registered',
    'phone asks to be registered as alice',
    'alice (phone) sends appointment a of 1 byte',
    'the operator approves the request of phone',
    "the operator approves phone's login for alice",
    'the operator approves request 3 as primary',
    'the operator denies request 3',
    'the operator authorizes phone for a new user',
    'the operator authorizes phone for user 7',
    'the operator revokes phone',
  ]);
});

test('restarts, settings, refusals, notes and expectations each have their line', (t) => {
  const entries: TimelineEntry[] = [
    {type: 'started', height: 120, seed: 7},
    {type: 'note', height: 120, text: 'Once upon a time.'},
    {type: 'restarted', height: 120, kind: 'clean', lost: undefined},
    {type: 'restarted', height: 120, kind: 'kill_before_commit', lost: 'alice registers'},
    {type: 'restarted', height: 120, kind: 'kill_after_commit', lost: undefined},
    {type: 'settings_changed', height: 120, changed: {expiryDelta: 9, renewal: 'reset'}},
    {
      type: 'refused',
      height: 120,
      request: {type: 'appointment', user: 'bob', name: 'x', blobBytes: 4096},
      code: 'TOWER_NOT_ENOUGH_SLOTS',
      reason: '2 more slots are needed, 1 is available',
      isExpected: false,
    },
    {
      type: 'refused',
      height: 120,
      request: {type: 'renew', user: 'bob'},
      code: 'TOWER_NO_TIP',
      reason: 'no block yet',
      isExpected: true,
    },
    {type: 'reorg', height: 120, depth: 2, blocks: 3},
    {type: 'exported', height: 121, file: 'here.world'},
    {type: 'expected', height: 121, met: true, claim: 'bob is active', actual: 'bob is active'},
    {type: 'expected', height: 121, met: false, claim: 'bob has 2 slots', actual: 'he has 3'},
  ];
  t.deepEqual(renderTimeline(entries).split('\n'), [
    '        120 ● the tower starts on a chain of 120 blocks, seed 7',
    '',
    '             Once upon a time.',
    '        120 ○ the tower is stopped and started again',
    '        120 ○ the tower is killed right before a commit (alice registers is lost), and started again',
    '        120 ○ the tower is killed right after a commit, and started again',
    '        120 = the operator restarts the tower with expiry_delta = 9, renewal = reset',
    '        120 ⊘ bob sends appointment x of 4,096 bytes: refused, 2 more slots are needed, 1 is available [TOWER_NOT_ENOUGH_SLOTS]',
    '        120 ✓ bob renews: refused, no block yet [TOWER_NO_TIP]',
    '        120 ↩ reorg: 2 blocks replaced by 3, fork point 118',
    '        121 ◆ the world is written into here.world',
    '        121 ✓ bob is active',
    '        121 ✗ expected that bob has 2 slots, but he has 3',
  ]);
});

test('the verdict says whether all held, and how to see it again', (t) => {
  const verdict = {
    scenario: 'x',
    seed: 7,
    chain: 'simulated',
    height: 4447,
    blocks: 4328,
    digest: 'd1',
    expectations: {met: 12, unmet: 0},
  } as const;
  t.is(
    renderVerdict(verdict, plain, 1234),
    '✓ all 12 expectations are met  4,328 blocks on the simulated chain in 1.2 s, tip 4447\n  seed 7  digest d1',
  );
  t.regex(
    renderVerdict({...verdict, expectations: {met: 1, unmet: 1}}, plain, 5),
    /^✗ 1 of 2 expectations unmet {2}.* in 5 ms/,
  );
});
