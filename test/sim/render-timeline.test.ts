import test from 'ava';
import {defaultGatekeeperSettings} from '../../src/gatekeeper/settings.js';
import {plain} from '../../src/sim/paint.js';
import {renderTimeline} from '../../src/sim/render-timeline.js';
import {Timeline, type TimelineEntry} from '../../src/sim/timeline.js';
import {renderVerdict} from '../../src/sim/verdict.js';
import type {TowerEvent} from '../../src/tower/events.js';

const settings = {
  ...defaultGatekeeperSettings,
  subscriptionSlots: 10,
  subscriptionDuration: 10,
  expiryDelta: 2,
  renewal: 'extend',
} as const;

const aTimeline = () =>
  new Timeline({settings, userOf: (key) => ({a1: 'alice', b2: 'bob'})[key] ?? key, appointmentOf: () => 'channel-1'});

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
  return renderTimeline(entries, settings).split('\n');
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
    deleted: {count: 1_000_000, first: ['a', 'b', 'c', 'd', 'e', 'f', 'g']},
  };
  t.regex(renderTimeline([entry], settings), /† a, b, c, d, e and 999,995 others are deleted/);
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
    {type: 'expected', height: 121, met: true, claim: 'bob is active', actual: 'bob is active'},
    {type: 'expected', height: 121, met: false, claim: 'bob has 2 slots', actual: 'he has 3'},
  ];
  t.deepEqual(renderTimeline(entries, settings).split('\n'), [
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
