import {readdirSync} from 'node:fs';
import {readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import type {GatekeeperSettings} from '../../../src/gatekeeper/settings.js';
import {type WhatIf, whatIf} from '../../../src/sim/foresee/what-if.js';
import {simulate} from '../../../src/sim/player.js';
import {parseScenario, readScenario} from '../../../src/sim/scenario/scenario-file.js';
import type {Scenario} from '../../../src/sim/scenario/scenario.js';
import {MemoryStore} from '../../../src/store/index.js';
import {runHere, temporaryDirectory} from '../../cli/harness.js';
import {sealed, tapeFrom, tapeOf} from '../../support/tapes.js';
import {World} from '../../support/world.js';

type Told = Extract<WhatIf, {divergence: null}>;

const other = async (text: string, settings: Partial<GatekeeperSettings>): Promise<Told> => {
  const told = await whatIf(await tapeFrom(text), {settings, openRows: async () => new MemoryStore()});
  if (told.divergence) throw new Error(told.divergence.what);
  return told;
};

/** The tape of a story. */
async function tapeOfStory(scenario: Scenario): Promise<string> {
  const rows = new MemoryStore();
  await simulate(scenario, {openRows: async () => rows});
  return (await tapeOf(rows)).text;
}

const story = (yaml: string): Promise<string> => tapeOfStory(parseScenario(Buffer.from(yaml), 'story.yaml'));

/** Twenty devices ask at once of a policy that decides at the first check, after so many blocks. */
const burst = (budget: number, hang = 0): Promise<string> =>
  story(`
name: A burst
tower: {auth: user, auth_budget: ${budget}, request_ttl: 100}
chain: {start_height: 100}
steps:
${Array.from({length: 20}, (_, i) => `  - signup: {device: d${i}, check: ${hang ? `[{hang: ${hang}}, 0]` : 0}}`).join('\n')}
  - mine: 40
  - expect: {users: 20}
`);

test('with the settings that it had, what came to a tower leads to what it led to', async (t) => {
  const folder = 'fixtures/scenarios';
  for (const file of readdirSync(folder).filter((name) => /^(?:auth|teos)/.test(name))) {
    const text = await tapeOfStory(await readScenario(`${folder}/${file}`));
    const {onTape, now, otherLives, divergence} = await other(text, {});
    t.is(divergence, null);
    t.deepEqual(now, onTape, file);
    t.is(otherLives, 0, file);
  }
});

test('a smaller budget makes a burst of requests wait, a larger one lets them through', async (t) => {
  const small = await burst(2);
  const wide = await other(small, {authBudget: 10});
  t.deepEqual(wide.onTape.latency, {count: 20, median: 6, p95: 11, max: 11});
  t.deepEqual(wide.now.latency, {count: 20, median: 2, p95: 3, max: 3});
  const narrow = await other(await burst(10), {authBudget: 2});
  t.deepEqual(narrow.onTape.latency, wide.now.latency);
  t.deepEqual(narrow.now.latency, wide.onTape.latency);
});

test('a shorter duration deletes who has not renewed, and refuses what he sends after', async (t) => {
  const text = await story(`
name: A late deposit
tower: {subscription_duration: 30, expiry_delta: 2, subscription_slots: 10}
chain: {start_height: 100}
steps:
  - register: alice
  - register: bob
  - mine_to: 115
  - appointment: {user: alice, name: channel-1, blob_bytes: 100}
  - renew: bob
  - mine_to: 132
  - expect: {alice: unknown, bob: active}
`);
  const {onTape, now, refusalsByCode, refusals, users} = await other(text, {subscriptionDuration: 10});
  t.like(onTape, {registered: 2, renewed: 1, deleted: 1, deposits: 1});
  t.like(now, {registered: 3, renewed: 0, deleted: 3, deposits: 0});
  t.deepEqual(refusalsByCode, {TOWER_AUTHENTICATION_FAILURE: 1});
  t.like(refusals[0], {height: 115, type: 'deposit'});
  const lives = users.map(({onTape, now}) =>
    [onTape, now].map((all) => all.map(({from, to}) => `${from}..${to ?? ''}`)),
  );
  t.deepEqual(lives, [
    [['100..132'], ['100..112']],
    [['100..'], ['100..112', '115..127']],
  ]);
});

test('a longer grace period spares who was deleted, and what an operator did to him has nobody to meet', async (t) => {
  const world = await World.begin(t);
  await world.register(1);
  await world.mineTo(112);
  await world.register(1);
  await world.tower.operator.extend({userId: 2}, 5, 'operator');
  await world.mineTo(120);
  const {now, refusalsByCode} = await other((await tapeOf(world.rows)).text, {expiryDelta: 6});
  t.like(now, {registered: 1, renewed: 1, deleted: 0, users: 1});
  t.deepEqual(refusalsByCode, {}, 'user 2 of the tape is user 1 here');
});

test('a tape that begins with an earlier state goes on from there with other settings', async (t) => {
  const world = await World.begin(t);
  await world.register(1);
  const checkpoint = (world.rows as MemoryStore).snapshot();
  await world.mineTo(120);
  const {text} = await tapeOf(world.rows, checkpoint);
  const {onTape, now, users} = await other(text, {expiryDelta: 4});
  t.like(onTape, {deleted: 1, height: 120});
  t.like(now, {deleted: 1, height: 120});
  t.like(users[0], {onTape: [{from: 100, to: 112}], now: [{from: 100, to: 114}]});
});

test('the command shows both side by side, and refuses what is no setting that decides', async (t) => {
  const tape = `${process.cwd()}/fixtures/tapes/regtest-reorgs.tape`;
  const {status, stdout} = await runHere(['what-if', tape, '--set', 'expiry_delta=6', '--set', 'auth_budget=1']);
  t.is(status, 0);
  t.regex(stdout, /^.*regtest-reorgs\.tape with expiry_delta = 6, auth_budget = 1$/m);
  t.regex(stdout, /^deleted by blocks {8}1 +0 +\*$/m);
  t.regex(stdout, /^ {2}02c6\w+ {2}30\.\.44, \+43\.\. {2}30\.\.$/m);
  const json = await runHere(['what-if', tape, '--set', 'expiry_delta=6', '--json']);
  t.like(JSON.parse(json.stdout), {
    settings: {expiry_delta: 6},
    on_tape: {deleted: 1},
    now: {deleted: 0},
    other_lives: 1,
  });
  for (const [set, message] of [
    ['expiry_delt=3', /Did you mean expiry_delta\?/],
    ['log_blocks=3', /no setting that decides is called "log_blocks"/],
    ['expiry_delta=-3', /must be a whole number from 0 to 4294967295/],
    ['renewal', /--set renewal is "", but must be one of extend, reset/],
  ] as const) {
    const refused = await runHere(['what-if', tape, '--set', set]);
    t.is(refused.status, 2);
    t.regex(refused.stderr, message);
  }
  t.is((await runHere(['what-if', tape])).status, 2);
});

test('of a tape that goes otherwise in this version, the command tells where, and nothing else', async (t) => {
  const tape = join(await temporaryDirectory(t), 'other.tape');
  const text = await readFile('fixtures/tapes/regtest-reorgs.tape', 'utf8');
  await writeFile(tape, await sealed(text.replace(/("event":20,.*"user_id":)2/, '$177')));
  const whatIf = ['what-if', tape, '--set', 'subscription_duration=8'];
  const {status, stdout, stderr} = await runHere(whatIf);
  t.deepEqual([status, stderr], [1, '']);
  t.regex(stdout, /^\S+: event 20, at height \d+, goes otherwise in this version: something else comes of it now\n$/);
  const json = await runHere([...whatIf, '--json']);
  t.is(json.status, 1, json.stderr);
  t.like(JSON.parse(json.stdout), {divergence: {event: 20, now: {user_id: 2}}, on_tape: null, now: null});
});
