import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import type {Daemon} from '../../../src/daemon/daemon.js';
import {metricTable} from '../../../src/daemon/observation/metric-table.js';
import {aDaemon, get} from '../../support/daemon.js';
import {submissionTo} from '../../support/devices.js';
import {locator, publicKey} from '../../support/keys.js';
import {ManualTimers} from '../../support/manual-timers.js';
import {type Family, parseScrape} from '../../support/prometheus.js';
import {SteeredSource} from '../../support/steered-source.js';
import {until} from '../../support/until.js';

async function scrape(daemon: Daemon): Promise<Map<string, Family>> {
  const {status, type, text} = await get(daemon.adminSocket, '/metrics');
  if (status !== 200 || !type.startsWith('text/plain; version=0.0.4')) throw new Error(`${status} ${type}`);
  return parseScrape(text);
}

/** The value of a series, such as `bartizan_users` or `bartizan_registrations_total{kind="new"}`. */
const valueIn = (families: Map<string, Family>, series: string): number | undefined =>
  families.get(series.replace(/\{.*/, '').replace(/_(count|sum|bucket)$/, ''))?.samples.get(series);

async function values(daemon: Daemon, ...series: string[]): Promise<(number | undefined)[]> {
  const families = await scrape(daemon);
  return series.map((one) => valueIn(families, one));
}

const short = {'--subscription-duration': '5', '--expiry-delta': '2'};

test('a scrape is Prometheus text and holds every metric of the table, those of the process and no other', async (t) => {
  const daemon = await aDaemon(t);
  const families = await scrape(daemon);
  for (const [name, {type, help}] of Object.entries(metricTable)) t.like(families.get(name), {type, help}, name);
  const others = [...families.keys()].filter((name) => !Object.hasOwn(metricTable, name));
  t.true(others.includes('process_resident_memory_bytes'));
  t.deepEqual(
    others.filter((name) => !/^(process|nodejs)_/.test(name)),
    [],
  );
});

test('two towers in one process count apart', async (t) => {
  const [one, other] = [await aDaemon(t), await aDaemon(t)];
  await one.mine(3);
  t.deepEqual(await values(one, 'bartizan_blocks_connected_total'), [3]);
  t.deepEqual(await values(other, 'bartizan_blocks_connected_total'), [0]);
});

test('a user is counted when he registers, renews, expires, is deleted and comes back', async (t) => {
  const source = new SteeredSource();
  source.mine(100 - source.tip.height);
  const daemon = await aDaemon(t, short, {source: {source, network: 'regtest'}});
  const users = () =>
    values(
      daemon,
      'bartizan_users',
      'bartizan_users_by_state{state="expired"}',
      'bartizan_registrations_total{kind="new"}',
      'bartizan_registrations_total{kind="renewal"}',
      'bartizan_users_deleted_total{by="expiry"}',
      'bartizan_users_restored_total',
    );
  t.deepEqual(await users(), [0, 0, 0, 0, 0, 0]);
  for (const user of [1, 2, 2]) await daemon.tower.gatekeeper.addUpdateUser(publicKey(user));
  t.deepEqual(await users(), [2, 0, 2, 1, 0, 0]);
  source.mine(5);
  await daemon.tower.synced();
  t.deepEqual(await users(), [2, 1, 2, 1, 0, 0]);
  source.mine(2);
  await daemon.tower.synced();
  t.deepEqual(await users(), [1, 0, 2, 1, 1, 0]);
  source.reorg({depth: 3, blocks: 4});
  await daemon.tower.synced();
  t.deepEqual(await users(), [1, 0, 2, 1, 2, 1]);
  const chain = ['reorgs_total', 'last_reorg_depth_blocks', 'blocks_disconnected_total', 'tip_height', 'source_height'];
  t.deepEqual(await values(daemon, ...chain.map((name) => `bartizan_${name}`)), [1, 3, 3, 108, 108]);
});

test('users and blocks add up, whatever happens', async (t) => {
  const step = fc.oneof(
    fc.record({type: fc.constant('register' as const), user: fc.integer({min: 1, max: 6})}),
    fc.record({type: fc.constant('mine' as const), blocks: fc.integer({min: 1, max: 4})}),
    fc.record({type: fc.constant('reorg' as const), depth: fc.integer({min: 1, max: 8}), more: fc.nat(2)}),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, {minLength: 5, maxLength: 25}), async (steps) => {
      const source = new SteeredSource();
      source.mine(100 - source.tip.height);
      const daemon = await aDaemon(t, short, {source: {source, network: 'regtest'}});
      let reorgs = 0;
      for (const step of steps) {
        if (step.type === 'register') await daemon.tower.gatekeeper.addUpdateUser(publicKey(step.user));
        if (step.type === 'mine') source.mine(step.blocks);
        if (step.type === 'reorg') source.reorg({depth: step.depth, blocks: step.depth + 1 + step.more});
        if (step.type === 'reorg') reorgs++;
        await daemon.tower.synced();
      }
      const families = await scrape(daemon);
      const value = (name: string): number => valueIn(families, `bartizan_${name}`)!;
      const {registeredUsers} = daemon.tower.gatekeeper;
      let expired = 0;
      for await (const [, user] of registeredUsers) if (user.subscriptionExpiry <= value('tip_height')) expired++;
      t.is(value('users'), registeredUsers.size);
      t.is(value('users_by_state{state="expired"}'), expired);
      const born = value('registrations_total{kind="new"}');
      t.is(value('users'), born - value('users_deleted_total{by="expiry"}') + value('users_restored_total'));
      t.is(value('tip_height') - 100, value('blocks_connected_total') - value('blocks_disconnected_total'));
      t.is(value('tip_height'), source.tip.height);
      t.is(value('reorgs_total'), reorgs);
      t.is(value('commit_duration_seconds_count') > 0, true);
      await daemon.close();
    }),
    {numRuns: 15, verbose: true},
  );
});

test('requests are counted by kind, by what became of them and by whom', async (t) => {
  const daemon = await aDaemon(t, {'--auth': 'user', '--request-ttl': '3'});
  const {auth} = daemon.tower;
  const submit = (device: number, info: string) =>
    auth.submit(submissionTo({id: daemon.tower.id, tip: daemon.tower.tip!}, {device, info}));
  await submit(1, 'a');
  await submit(1, 'b');
  const {requestId: second} = await submit(2, 'c');
  await submit(3, 'd');
  const {requestId: fourth} = await submit(4, 'e');
  await auth.deny(second, {reason: 'no', actor: 'operator'});
  await auth.approve(fourth, {userId: 0, actor: 'operator'});
  const closed = (state: string, by: string) => `bartizan_requests_closed_total{by="${by}",state="${state}"}`;
  const counted = () =>
    values(
      daemon,
      'bartizan_requests_total{kind="user_signup"}',
      'bartizan_pending_requests',
      closed('superseded', 'device'),
      closed('denied', 'operator'),
      closed('approved', 'operator'),
      'bartizan_requests_expired_total',
      'bartizan_devices_authorized_total{user="new"}',
    );
  t.deepEqual(await counted(), [5, 2, 1, 1, 1, 0, 1]);
  await daemon.mine(3);
  t.deepEqual(await counted(), [5, 0, 1, 1, 1, 2, 1]);
});

test('appointments and their slots are counted as they come, change and go with their user', async (t) => {
  const daemon = await aDaemon(t, short);
  const {gatekeeper, operator} = daemon.tower;
  const counted = () =>
    values(
      daemon,
      'bartizan_appointments',
      'bartizan_slots_taken',
      'bartizan_deposits_total{kind="added"}',
      'bartizan_deposits_total{kind="updated"}',
      'bartizan_deposited_bytes_total',
    );
  const deposit = (user: number, n: number, bytes: number) =>
    gatekeeper.addUpdateAppointment(publicKey(user), {
      locator: locator(n),
      encryptedBlob: new Uint8Array(bytes),
      toSelfDelay: 20,
      signature: 'd'.repeat(104),
    });
  for (const user of [1, 2]) await gatekeeper.addUpdateUser(publicKey(user));
  await deposit(1, 1, 100);
  await deposit(1, 2, 5_000);
  await deposit(2, 1, 2_049);
  t.deepEqual(await counted(), [3, 6, 3, 0, 7_149]);
  await deposit(1, 2, 10);
  t.deepEqual(await counted(), [3, 4, 3, 1, 7_159]);
  await operator.delete({userId: 2}, 'operator');
  t.deepEqual(await counted(), [2, 2, 3, 1, 7_159]);
  await daemon.mine(7);
  t.deepEqual(await counted(), [0, 0, 3, 1, 7_159]);
  t.deepEqual(
    await values(daemon, 'bartizan_users_deleted_total{by="operator"}', 'bartizan_users_deleted_total{by="expiry"}'),
    [1, 1],
  );
});

test('the state of the source is one of eight, and the age of the last block grows until the next', async (t) => {
  const timers = new ManualTimers();
  const daemon = await aDaemon(t, {}, {timers, started: false});
  const state = (name: string) => `bartizan_source_state{state="${name}"}`;
  t.deepEqual(await values(daemon, state('starting'), 'bartizan_ready', 'bartizan_tip_height'), [1, 0, undefined]);
  daemon.tower.start();
  await daemon.tower.synced();
  t.deepEqual(await values(daemon, state('starting'), state('synced'), 'bartizan_ready'), [0, 1, 1]);
  timers.pass(90_000);
  t.deepEqual(await values(daemon, 'bartizan_last_block_age_seconds'), [90]);
  await daemon.mine(1);
  timers.pass(2_000);
  t.deepEqual(await values(daemon, 'bartizan_last_block_age_seconds'), [2]);
  const states = (await scrape(daemon)).get('bartizan_source_state')!.samples;
  t.is(
    [...states.values()].reduce((sum, value) => sum + value),
    1,
  );
});

test('a commit is counted with its rows, once', async (t) => {
  const daemon = await aDaemon(t);
  const counts = () => values(daemon, 'bartizan_commit_duration_seconds_count', 'bartizan_committed_rows_total');
  const [before] = await counts();
  await daemon.tower.gatekeeper.addUpdateUser(publicKey(1));
  const [after, rows] = await counts();
  t.is(after! - before!, 1);
  t.true(rows! > 5);
  t.deepEqual(await values(daemon, 'bartizan_writer_queue_length'), [0]);
});

test('a policy that is answered late, puts off and fails is counted by outcome', async (t: ExecutionContext) => {
  const daemon = await aDaemon(t, {'--auth': 'user'});
  const {tower} = daemon;
  tower.registerFunction('user_signup', 2, (info: string) => (info === 'later' ? -2 : info === 'broken' ? -3 : -1));
  const submit = (device: number, info: string) =>
    tower.auth.submit(submissionTo({id: tower.id, tip: tower.tip!}, {device, info}));
  for (const [i, info] of ['later', 'broken', 'no'].entries()) await submit(i + 1, info);
  await until(() => tower.auth.pendingRequests === 2);
  await tower.auth.settled();
  const outcome = (name: string) => `bartizan_policy_answers_total{outcome="${name}"}`;
  t.deepEqual(await values(daemon, outcome('later'), outcome('error'), outcome('deny')), [1, 1, 0]);
  t.deepEqual(await values(daemon, 'bartizan_requests_closed_total{by="program",state="denied"}'), [1]);
});
