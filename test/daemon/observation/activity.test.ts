import test, {type ExecutionContext} from 'ava';
import type {Activity} from '../../../src/api/observation/activity.js';
import {keptEvents, maxWaitMs} from '../../../src/api/observation/activity.js';
import {ObservationClient} from '../../../src/api/observation/observation-client.js';
import type {Daemon} from '../../../src/daemon/daemon.js';
import {Changes} from '../../../src/daemon/observation/changes.js';
import type {LoggedEvent} from '../../../src/daemon/observation/logged-event.js';
import {Rate} from '../../../src/daemon/observation/rate.js';
import {RecentEvents} from '../../../src/daemon/observation/recent-events.js';
import {aDaemon, get} from '../../support/daemon.js';
import {publicKey} from '../../support/keys.js';
import {ManualTimers} from '../../support/manual-timers.js';

const {signal} = new AbortController();

function clientOf({adminSocket}: Daemon): ObservationClient {
  return new ObservationClient(adminSocket.replace(/\/admin\.sock$/, ''));
}

const now = (client: ObservationClient): Promise<Activity> => client.activity({after: undefined, waitMs: 0, signal});

test('it tells where the tower stands, what has come, and the last events', async (t) => {
  const daemon = await aDaemon(t, {'--subscription-duration': '2', '--expiry-delta': '3'});
  const client = clientOf(daemon);
  for (const user of [1, 2, 2]) await daemon.tower.gatekeeper.addUpdateUser(publicKey(user));
  await daemon.mine(1);
  await daemon.mine(1);
  const activity = await now(client);
  t.like(activity, {
    pid: process.pid,
    network: 'regtest',
    chain: 'simulated',
    state: 'synced',
    problem: null,
    tip: {height: 122, hash: daemon.tower.tip!.hash},
    sourceHeight: 122,
    users: 2,
    userStates: {active: 1, expired: 1, outdated: 0},
    pendingRequests: 0,
    queued: 0,
    requestsPerSecond: 0,
    sinceStart: {blocks: 2, registrations: 2, renewals: 1, deposits: 0, requests: 0, requestsRefused: 0},
  });
  t.deepEqual(
    activity.events.map(({event}) => event),
    ['started', 'state_changed', 'user_registered', 'subscription_renewed', 'block_connected', 'block_connected'],
  );
  t.like(activity.events.at(-1), {level: 'info', count: 1, facts: {height: 122, deletedUsers: 0}});
  for (const time of [activity.time, activity.startedAt, activity.lastBlockAt!]) {
    t.is(new Date(time).toISOString(), time);
  }
});

test('who has seen the last change waits for the next one, and is answered with it', async (t) => {
  const daemon = await aDaemon(t);
  const client = clientOf(daemon);
  const {change} = await now(client);
  const next = client.activity({after: change, waitMs: maxWaitMs, signal});
  await daemon.tower.gatekeeper.addUpdateUser(publicKey(1));
  const {change: later, users} = await next;
  t.true(later > change);
  t.is(users, 1);
  const again = await client.activity({after: later, waitMs: 1, signal});
  t.is(again.change, later, 'nothing has happened');
});

test('a daemon that is closed lets those go who wait, and does not wait for them', async (t) => {
  const daemon = await aDaemon(t);
  const client = clientOf(daemon);
  const {change} = await now(client);
  const waiting = client.activity({after: change, waitMs: maxWaitMs, signal});
  await get(daemon.adminSocket, '/status');
  await daemon.close();
  t.is((await waiting).change, change);
});

test('who gives up waiting is let go at once', async (t) => {
  const daemon = await aDaemon(t);
  const client = clientOf(daemon);
  const {change} = await now(client);
  const giving = new AbortController();
  const waiting = client.activity({after: change, waitMs: maxWaitMs, signal: giving.signal});
  giving.abort();
  await t.throwsAsync(waiting, {code: 'TOWER_ADMIN_FAILED'});
});

for (const query of ['after=-1', 'after=x', 'wait_ms=20001', 'wait_ms=1e3', 'more=1']) {
  test(`?${query} is refused`, async (t: ExecutionContext) => {
    const daemon = await aDaemon(t, {}, {started: false});
    const {status, text} = await get(daemon.adminSocket, `/activity?${query}`);
    t.is(status, 400);
    t.is((JSON.parse(text) as {code: string}).code, 'TOWER_INVALID_PARAMETER');
  });
}

const at = Date.UTC(2026, 0, 2, 3, 4, 5);
const deposit = (slots: number): LoggedEvent =>
  ({
    type: 'appointment_added',
    height: 1,
    key: publicKey(1),
    userId: 1,
    locator: 'ab',
    slots,
    availableSlots: 9,
  }) as never;
const renewal = {type: 'subscription_renewed', height: 1, userId: 1} as LoggedEvent;
const block = (height: number): LoggedEvent =>
  ({type: 'block_connected', height, hash: '00', header: '', deletedUsers: 0, userIds: []}) as const;

test('what users do all day is one entry of each kind between two others, counted, with the facts of the last', (t) => {
  const recent = new RecentEvents();
  for (const event of [block(1), deposit(1), renewal, deposit(2), deposit(3), block(2), deposit(4)])
    recent.add(event, at);
  t.deepEqual(
    recent.newest.map(({event, count, facts}) => [event, count, facts['slots'] ?? null]),
    [
      ['block_connected', 1, null],
      ['subscription_renewed', 1, null],
      ['appointment_added', 3, 3],
      ['block_connected', 1, null],
      ['appointment_added', 1, 4],
    ],
  );
});

test('only the last fifty are kept, and none is longer than a screen needs', (t) => {
  const recent = new RecentEvents();
  for (let height = 1; height <= 200; height++) recent.add(block(height), at);
  t.is(recent.newest.length, keptEvents);
  t.is(recent.newest.at(-1)!.facts['height'], 200);
  recent.add({type: 'policy_output', stream: 'stdout', line: 'x'.repeat(10_000)}, at);
  recent.add({...block(9), userIds: Array.from({length: 100}, (_, i) => i)} as LoggedEvent, at);
  const bytes = JSON.stringify(recent.newest.slice(-2)).length;
  t.true(bytes < 1_000, String(bytes));
});

test('a rate counts the last five whole seconds, and forgets', (t) => {
  const timers = new ManualTimers();
  const rate = new Rate(timers);
  for (let i = 0; i < 20; i++) rate.count();
  t.is(rate.perSecond, 0, 'the second is not over');
  timers.pass(1_000);
  t.is(rate.perSecond, 4);
  timers.pass(2_000);
  for (let i = 0; i < 5; i++) rate.count();
  timers.pass(1_000);
  t.is(rate.perSecond, 5);
  timers.pass(2_000);
  t.is(rate.perSecond, 1);
  timers.pass(60_000);
  t.is(rate.perSecond, 0);
});

test('changes that come at once are told together, and a crowd that waits is bounded', async (t) => {
  const timers = new ManualTimers();
  const changes = new Changes(timers);
  let told = 0;
  const wait = () => void changes.after(changes.count, 10_000).then(() => told++);
  for (let i = 0; i < 100; i++) wait();
  await Promise.resolve();
  t.is(told, 100 - 32, 'those beyond are answered at once');
  for (let i = 0; i < 1_000; i++) changes.add();
  await Promise.resolve();
  t.is(told, 68);
  timers.pass(100);
  await Promise.resolve();
  t.is(told, 100);
  t.is(timers.pending, 0);
});
