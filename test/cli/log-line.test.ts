import test from 'ava';
import {defaultGatekeeperSettings} from '../../src/gatekeeper/settings.js';
import {plainLine, prettyLine} from '../../src/cli/daemon/log-line.js';
import {plain} from '../../src/cli/paint.js';
import {OperationalError} from '../../src/errors/index.js';
import type {TowerEvent} from '../../src/tower/events.js';

const now = new Date(2026, 0, 2, 3, 4, 5);
const time = `time=${now.toISOString()}`;
const info = `${time} level=info`;
const warn = `${time} level=warn`;
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
  t.is(plainLine(connected, now), `${info} event=block_connected height=104 hash=${hash} deleted_users=2 user_ids=7,9`);
});

test('nobody deleted leaves the list of ids out', (t) => {
  t.is(
    plainLine({...connected, deletedUsers: 0, userIds: []}, now),
    `${info} event=block_connected height=104 hash=${hash} deleted_users=0`,
  );
});

test('a value with spaces or quotes is quoted, so that a line is never two', (t) => {
  const error = new OperationalError('TOWER_BITCOIND_UNREACHABLE', 'nobody "listens"\nthere');
  const event: TowerEvent = {type: 'state_changed', state: {name: 'waiting_for_node', error}, tip: undefined};
  t.is(
    plainLine(event, now),
    `${warn} event=state_changed state=waiting_for_node code=TOWER_BITCOIND_UNREACHABLE error="nobody \\"listens\\"\\nthere"`,
  );
});

test('what happens to a policy file or a webhook has a line of facts, its error among them', (t) => {
  const error = new OperationalError('TOWER_WEBHOOK_FAILED', 'the webhook cannot be reached');
  t.is(
    plainLine({type: 'webhook_paused', pauseMs: 1000, error}, now),
    `${warn} event=webhook_paused pause_ms=1000 code=TOWER_WEBHOOK_FAILED error="the webhook cannot be reached"`,
  );
  t.is(plainLine({type: 'webhook_resumed'}, now), `${info} event=webhook_resumed`);
  t.is(
    plainLine({type: 'policy_loaded', file: '/p.mjs', functions: ['user_signup', 'checkUserSignup'], pid: 7}, now),
    `${info} event=policy_loaded file=/p.mjs functions=user_signup,checkUserSignup pid=7`,
  );
});

test('what is known of why an error came about stands beside it', (t) => {
  const cause = new Error('Unexpected end of input');
  const error = new OperationalError('TOWER_INVALID_POLICY', 'it cannot be loaded: p.mjs:2', {cause});
  const facts = 'code=TOWER_INVALID_POLICY error="it cannot be loaded: p.mjs:2" because="Unexpected end of input"';
  t.is(plainLine({type: 'policy_not_loaded', error}, now), `${warn} event=policy_not_loaded ${facts}`);
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
    `${info} event=settings_changed height=5 subscription_slots=1 subscription_duration=2 expiry_delta=3 renewal=reset ` +
      'auth=none auth_budget=100 request_ttl=144 request_attempts=8 max_pending_requests=100000 denied_cooldown=6 proof_window=6 max_unproven_requests=1000',
  );
});

const saysOf = (event: TowerEvent): string => plainLine(event, now).replace(/^time=\S+ level=\S+ /, '');

test('requests that a block timed out, or that its end brought back, are counted and named', (t) => {
  const expiredRequests = {count: 2, ids: [4, 5]};
  t.is(
    saysOf({...connected, deletedUsers: 0, userIds: [], expiredRequests}),
    `event=block_connected height=104 hash=${hash} deleted_users=0 expired_requests=2 request_ids=4,5`,
  );
  const restoredRequests = {count: 1, ids: [4]};
  t.is(
    saysOf({type: 'block_disconnected', height: 104, hash, restoredUsers: 1, userIds: [7, 9], restoredRequests}),
    `event=block_disconnected height=104 hash=${hash} restored_users=1 user_ids=7,9 restored_requests=1 request_ids=4`,
  );
});

const key = `02${'ab'.repeat(32)}`;

test('each event of a request is one line of facts, and what the device says of itself is not among them', (t) => {
  const requestId = 3;
  const lines: [TowerEvent, string][] = [
    [
      {
        type: 'request_received',
        requestId,
        kind: 'user_signup',
        key,
        infoHash: hash,
        nodeInfo: '{"public_key":"02ab"}',
        proven: true,
        proofHeight: 119,
        supersedes: 2,
        height: 120,
      },
      `event=request_received height=120 request_id=3 kind=user_signup key=${key} info_hash=${hash} proven=true proof_height=119 supersedes=2`,
    ],
    [
      {
        type: 'request_postponed',
        height: 120,
        requestId,
        stage: 'callback',
        attempts: 1,
        readyHeight: 121,
        reason: 'it said "later"',
      },
      'event=request_postponed height=120 request_id=3 stage=callback attempts=1 ready_height=121 reason="it said \\"later\\""',
    ],
    [
      {type: 'answer_recorded', height: 121, requestId, verdict: {type: 'approve_user', userId: 0}},
      'event=answer_recorded height=121 request_id=3 verdict=approve_user user_id=0',
    ],
    [
      {type: 'answer_recorded', height: 121, requestId, verdict: {type: 'deny', reason: 'no'}},
      'event=answer_recorded height=121 request_id=3 verdict=deny reason=no',
    ],
    [
      {type: 'answer_late', height: 122, requestId, state: 'expired'},
      'event=answer_late height=122 request_id=3 state=expired',
    ],
    [
      {
        type: 'request_decided',
        height: 122,
        requestId,
        kind: 'new_node',
        key,
        state: 'approved',
        decidedBy: 'operator',
        reason: 'approved',
        userId: null,
        role: 'primary',
      },
      `event=request_decided height=122 request_id=3 kind=new_node key=${key} state=approved decided_by=operator reason=approved role=primary`,
    ],
    [
      {
        type: 'device_authorized',
        height: 122,
        key,
        userId: 7,
        role: null,
        requestId: null,
        created: {availableSlots: 10_000, subscriptionExpiry: 4442},
      },
      `event=device_authorized height=122 key=${key} user_id=7 available_slots=10000 subscription_expiry=4442`,
    ],
    [
      {type: 'device_revoked', height: 123, key, userId: 7, role: null},
      `event=device_revoked height=123 key=${key} user_id=7`,
    ],
  ];
  for (const [event, said] of lines) t.is(saysOf(event), said);
});

test('what a stranger has written cannot steer the terminal that shows the log', (t) => {
  const event: TowerEvent = {
    type: 'request_decided',
    height: 1,
    requestId: 3,
    kind: 'new_node',
    key,
    state: 'denied',
    decidedBy: 'policy',
    reason: '\u001b[2Jall\u009bis\u202ewell\u2028',
    userId: null,
    role: null,
  };
  for (const line of [plainLine(event, now), prettyLine(event, now, plain)]) {
    t.true(line.includes('\\u001b[2Jall\\u009bis\\u202ewell\\u2028'), line);
    t.notRegex(line, /[\p{Cc}\p{Cf}\p{Zl}]/u);
  }
});

test('a line for a terminal has the height in its column and hashes cut short', (t) => {
  t.is(
    prettyLine(connected, now, plain),
    '03:04:05      104  block connected       hash=0a0a0a0a…0a0a0ac2 deleted_users=2 user_ids=7,9',
  );
});
