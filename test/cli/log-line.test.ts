import test from 'ava';
import {defaultGatekeeperSettings} from '../../src/gatekeeper/settings.js';
import {plainLine, prettyLine} from '../../src/cli/daemon/log-line.js';
import {plain} from '../../src/cli/paint.js';
import {OperationalError} from '../../src/errors/index.js';
import type {TowerEvent} from '../../src/tower/events.js';

const now = new Date(2026, 0, 2, 3, 4, 5);
const time = `time=${now.toISOString()}`;
const hash = `${'0a'.repeat(31)}c2`;

const connected: TowerEvent = {
  type: 'block_connected',
  height: 104,
  hash,
  header: '00'.repeat(80),
  deletedUsers: 2,
  userIds: [7, 9],
};

test('a plain line is facts as key=value, whole hashes included', (t) => {
  t.is(plainLine(connected, now), `${time} event=block_connected height=104 hash=${hash} deleted_users=2 user_ids=7,9`);
});

test('nobody deleted leaves the list of ids out', (t) => {
  t.is(
    plainLine({...connected, deletedUsers: 0, userIds: []}, now),
    `${time} event=block_connected height=104 hash=${hash} deleted_users=0`,
  );
});

test('a value with spaces or quotes is quoted, so that a line is never two', (t) => {
  const error = new OperationalError('TOWER_BITCOIND_UNREACHABLE', 'nobody "listens"\nthere');
  const event: TowerEvent = {type: 'state_changed', state: {name: 'waiting_for_node', error}, tip: undefined};
  t.is(
    plainLine(event, now),
    `${time} event=state_changed state=waiting_for_node code=TOWER_BITCOIND_UNREACHABLE error="nobody \\"listens\\"\\nthere"`,
  );
});

test('changed settings are named as they are set', (t) => {
  const settings = {
    ...defaultGatekeeperSettings,
    subscriptionSlots: 1,
    subscriptionDuration: 2,
    expiryDelta: 3,
    renewal: 'reset',
  } as const;
  t.is(
    plainLine({type: 'settings_changed', height: 5, settings}, now),
    `${time} event=settings_changed height=5 subscription_slots=1 subscription_duration=2 expiry_delta=3 renewal=reset ` +
      'auth=none auth_budget=100 request_ttl=144 request_attempts=8 max_pending_requests=100000 denied_cooldown=6 proof_window=6',
  );
});

test('a line for a terminal has the height in its column and hashes cut short', (t) => {
  t.is(
    prettyLine(connected, now, plain),
    '03:04:05      104  block connected       hash=0a0a0a0a…0a0a0ac2 deleted_users=2 user_ids=7,9',
  );
});
