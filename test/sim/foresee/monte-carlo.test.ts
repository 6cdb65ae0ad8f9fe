import {setImmediate} from 'node:timers/promises';
import test from 'ava';
import {defaultGatekeeperSettings, type GatekeeperSettings} from '../../../src/gatekeeper/settings.js';
import {Histogram} from '../../../src/sim/foresee/histogram.js';
import {defaultLoad, type Load} from '../../../src/sim/foresee/load.js';
import {type MonteCarlo, monteCarlo} from '../../../src/sim/foresee/monte-carlo.js';
import {countOf} from '../../../src/sim/foresee/random-run.js';
import {Random} from '../../../src/sim/random.js';
import {runHere} from '../../cli/harness.js';

const drawn = (
  settings: Partial<GatekeeperSettings>,
  load: Partial<Load> = {},
  {runs = 2, blocks = 120, seed = 7n} = {},
): Promise<MonteCarlo> =>
  monteCarlo({
    settings: {...defaultGatekeeperSettings, subscriptionDuration: 40, ...settings},
    load: {...defaultLoad, ...load},
    ...{seed, runs, blocks},
  });

test('the same seed gives the same numbers, another one others', async (t) => {
  const first = await drawn({auth: 'user'});
  t.deepEqual(await drawn({auth: 'user'}), first);
  t.notDeepEqual((await drawn({auth: 'user'}, {}, {seed: 8n})).statistics, first.statistics);
});

test('whoever came is there, was deleted and came not back, or the operator has deleted him', async (t) => {
  for (let seed = 1n; seed <= 2n; seed++) {
    const {statistics} = await drawn({}, {reorgs: 0.1}, {runs: 1, seed});
    const of = (name: keyof typeof statistics): number => statistics[name].max!;
    t.is(of('registered'), of('users') + of('deleted') - of('restored'));
    t.true(of('deleted') > 0 && of('restored') > 0 && of('renewed') > 0 && of('reorgs') > 0);
    t.true(of('takenSlots') <= of('mostTakenSlots') && of('appointments') <= of('takenSlots'));
  }
});

test('a budget below what arrives makes requests wait until they time out, one above does not', async (t) => {
  const busy = {arrivals: 3, policyBlocks: 2};
  const narrow = await drawn({auth: 'user', authBudget: 2, requestTtl: 30}, busy);
  const wide = await drawn({auth: 'user', authBudget: 100, requestTtl: 30}, busy);
  t.true(narrow.latency.p95! >= 25, `p95 ${narrow.latency.p95}`);
  t.true(narrow.statistics.expired.median! > 0);
  t.true(wide.latency.max! <= 5, `max ${wide.latency.max}`);
  t.is(wide.statistics.expired.max, 0);
  const nodes = await drawn({auth: 'node'}, {approvals: 0.5});
  t.true(nodes.statistics.approved.median! > 20 && nodes.statistics.denied.median! > 20);
});

test('without an authorization nobody asks, without a load nothing happens', async (t) => {
  const nothing = {arrivals: 0, deposits: 0, reorgs: 0};
  const {statistics, latency, refusalsByCode} = await drawn({}, nothing);
  t.is(latency.count, 0);
  t.deepEqual(refusalsByCode, {});
  t.true(Object.values(statistics).every(({max}) => max === 0));
});

test('as many come as are expected, on average', (t) => {
  const random = new Random(1n);
  for (const expected of [0, 0.3, 1, 7.5]) {
    const sum = Array.from({length: 4_000}, () => countOf(random, expected)).reduce((a, b) => a + b, 0);
    t.true(Math.abs(sum / 4_000 - expected) < 0.15, `${sum / 4_000} for ${expected}`);
  }
});

test('a histogram tells the middle, what 5 of 100 exceed, and the largest', (t) => {
  const histogram = new Histogram();
  t.deepEqual(histogram.summary, {count: 0, median: null, p95: null, max: null});
  for (let value = 1; value <= 100; value++) histogram.add(value);
  t.deepEqual(histogram.summary, {count: 100, median: 50, p95: 95, max: 100});
});

test('the command prints what it has drawn, and refuses a load that there is not', async (t) => {
  const {status, stdout} = await runHere([
    'monte-carlo',
    '--runs',
    '2',
    '--blocks',
    '30',
    '--arrivals',
    '2.5',
    '--json',
  ]);
  t.is(status, 0);
  t.like(JSON.parse(stdout), {seed: '1', runs: 2, blocks: 30, load: {arrivals: 2.5, blob_bytes: 4096}});
  for (const [flag, value] of [
    ['--reorgs', '1.5'],
    ['--arrivals', 'many'],
    ['--seed', '18446744073709551616'],
    ['--runs', '0'],
  ] as const) {
    const refused = await runHere(['monte-carlo', flag, value]);
    t.is(refused.status, 2);
    t.regex(refused.stderr, new RegExp(`^error: ${flag} is "${value}"`));
  }
});

test('when it is interrupted, the command shows the runs that it has done, as they are without more', async (t) => {
  const heard = new Set(process.listeners('SIGINT'));
  const interrupted = runHere(['monte-carlo', '--runs', '100000', '--blocks', '2']);
  const added = () => process.listeners('SIGINT').find((listener) => !heard.has(listener));
  while (!added()) await setImmediate();
  for (let turns = 0; turns < 20; turns++) await setImmediate();
  added()!('SIGINT');
  const {status, stdout} = await interrupted;
  t.is(status, 130);
  const [, runs] = /^■ ended by SIGINT after (\d+) of 100,000 runs; the numbers are those of --runs \1\n\n/.exec(
    stdout,
  )!;
  const few = await runHere(['monte-carlo', '--runs', runs!, '--blocks', '2']);
  t.is(stdout.split('\n').slice(2).join('\n'), few.stdout);
});

test('a run that is given up is none, and what was done before it stays', async (t) => {
  const load = {...defaultLoad, arrivals: 2};
  const options = {settings: defaultGatekeeperSettings, load, seed: 3n, blocks: 60};
  const drawn = await monteCarlo({...options, runs: 9, tell: async (blocks) => blocks < 110});
  t.deepEqual(drawn, await monteCarlo({...options, runs: 1}));
  const none = await monteCarlo({...options, runs: 9, tell: async () => false});
  t.like(none, {runs: 0, statistics: {}});
});

test('more blocks than a day has time for are refused', async (t) => {
  const {status, stderr} = await runHere(['monte-carlo', '--runs', '100000', '--blocks', '1000000']);
  t.is(status, 2);
  t.regex(stderr, /--runs times --blocks is 100,000,000,000 blocks, but may be 100,000,000 at most/);
});

test('a load that cannot be is refused in words', async (t) => {
  for (const [option, value, must] of [
    ['--arrivals', '-1', 'a number from 0 to 1000'],
    ['--reorgs', '2', 'a number from 0 to 1'],
    ['--channels', '1.5', 'a whole number from 1 to 10000'],
    ['--blob-bytes', '5', 'a whole number from 100 to 65536'],
  ] as const) {
    const {status, stderr} = await runHere(['monte-carlo', `${option}=${value}`]);
    t.is(status, 2);
    t.true(stderr.includes(`${option} is "${value}", but must be ${must}`), stderr);
  }
});
