import {readFile} from 'node:fs/promises';
import test from 'ava';
import {openAdapterNode} from '../../../src/cli/explore/adapter-node.js';
import {runAll, runsPerPortion, seedOf} from '../../../src/cli/explore/pool.js';
import {explore, replay} from '../../../src/sim/explore/run.js';
import {isReadable, storyText} from '../../../src/sim/explore/scenario-text.js';
import {type FaultName, faultNames} from '../../../src/sim/explore/swarm.js';
import {invariants} from '../../../src/sim/invariants/index.js';
import {parseScenario} from '../../../src/sim/scenario/scenario-file.js';
import {run, runHere, start} from '../../cli/harness.js';

test('every invariant holds in 2,000 random worlds', async (t) => {
  t.timeout(600_000);
  const {status, stdout, stderr} = await run(t, [
    'explore',
    '--runs',
    '2000',
    '--length',
    '8',
    '--seed',
    '1',
    '--json',
  ]);
  t.is(status, 0, `${stdout}\n${stderr}`);
  const {events, failure} = JSON.parse(stdout) as {events: number; failure: unknown};
  t.is(failure, null);
  t.true(events > 2_000 * 8, `${events} events`);
});

test('the same seed gives the same worlds, over one thread or several', async (t) => {
  const args = ['explore', '--runs', String(3 * runsPerPortion), '--length', '30', '--seed', '77', '--json'];
  const {stdout: alone} = await runHere([...args, '--jobs', '1']);
  t.is((await runHere([...args, '--jobs', '2'])).stdout, alone);
  const {stdout: other} = await runHere([...args.with(6, '78'), '--jobs', '1']);
  t.not(other, alone);
  t.is(seedOf({seed: (1n << 64n) - 1n, runs: 2, length: 1, faults: []}, 1), 0n);
});

test('a run can be played again, from its steps or from the scenario that is written of them', async (t) => {
  let readable = 0;
  for (let seed = 1n; seed <= 12n; seed++) {
    const parts = {openAdapter: openAdapterNode};
    const {story} = await explore({seed, length: 60, faults: faultNames}, parts);
    const {digest, story: played} = await replay(story, parts);
    const again = await replay(played, parts, {digest});
    t.is(again.violation, undefined);
    t.deepEqual(again.story, played);
    if (!isReadable(played)) continue;
    readable++;
    const text = storyText('again', played);
    const {steps, tower, chain} = parseScenario(Buffer.from(text), 'again.yaml');
    t.deepEqual(tower, played.settings);
    t.deepEqual(
      steps.map((step) => Object.fromEntries(Object.entries(step).filter(([name]) => name !== 'line'))),
      played.actions,
    );
    t.is(chain.node, played.adapter ? 'adapter' : undefined);
  }
  t.true(readable > 6, `${readable} of 12 stories can be read`);
});

test('only what is allowed goes wrong', async (t) => {
  const wrong = async (faults: readonly FaultName[]) => {
    const types = new Set<string>();
    for (let seed = 1n; seed <= 8n; seed++) {
      const {story} = await explore({seed, length: 60, faults});
      for (const action of story.actions) types.add(action.type === 'fault' ? action.fault : action.type);
    }
    return types;
  };
  const nothing = await wrong([]);
  for (const type of ['restart', 'set', 'rpc_busy', 'disk_fails', 'race']) t.false(nothing.has(type), type);
  t.true((await wrong(['kills'])).has('restart'));
});

test('an exploration that is interrupted says what held, and how to do the rest', async (t) => {
  const args = [
    'explore',
    '--runs',
    '1000000',
    '--length',
    '20',
    '--seed',
    '5',
    '--faults',
    'kills,skips',
    '--jobs',
    '1',
  ];
  const exploring = start(t, [...args, '--json']);
  await exploring.said('stderr', /exploring: [1-9]/);
  exploring.child.kill('SIGINT');
  const {status, stdout} = await exploring.ended;
  t.is(status, 130);
  const {runs, failure, interrupted} = JSON.parse(stdout);
  t.is(failure, null);
  const {signal, next_seed: nextSeed, runs_left: runsLeft, resume} = interrupted;
  t.is(signal, 'SIGINT');
  t.is(runsLeft, 1_000_000 - runs);
  t.is(nextSeed, String(5 + runs));
  t.is(resume, `bartizan explore --runs ${runsLeft} --seed ${nextSeed} --length 20 --faults skips,kills`);
});

test('many threads hear of one signal without a warning', async (t) => {
  const warnings: Error[] = [];
  const hear = (warning: Error) => void warnings.push(warning);
  process.on('warning', hear);
  t.teardown(() => process.off('warning', hear));
  const stop = new AbortController();
  const work = {seed: 1n, runs: 12 * runsPerPortion, length: 1, faults: []};
  const ended = runAll(work, 12, {report: () => undefined, stop: stop.signal});
  stop.abort();
  await ended;
  t.deepEqual(warnings, []);
});

test('what cannot be explored is refused', async (t) => {
  for (const [option, value, message] of [
    ['--runs', '0', /--runs is "0"/],
    ['--length', 'long', /--length is "long"/],
    ['--seed', '18446744073709551616', /0 to 18446744073709551615/],
    ['--faults', 'disk,all', /"all" beside others, but all and none stand alone/],
    ['--faults', 'kills,locusts', /"locusts".*known: notifications/],
  ] as const) {
    const {status, stderr} = await runHere(['explore', option, value]);
    t.is(status, 2);
    t.regex(stderr, message);
  }
});

test('a folder that cannot be is refused before the first run', async (t) => {
  const {status, stdout, stderr} = await runHere(['explore', '--runs', '1', '--out', '/dev/null/found']);
  t.is(status, 1);
  t.is(stdout, '');
  t.regex(stderr, /--out: nothing can be written to .*found/);
});

test('the page of invariants lists each of them', async (t) => {
  const page = await readFile('docs/reference/invariants.md', 'utf8');
  const listed = [...page.matchAll(/^\| `(\w+)` /gm)].map(([, name]) => name!);
  const names = [...invariants.map(({name}) => name), 'liveness', 'determinism', 'replay'];
  t.deepEqual(listed.toSorted(), names.toSorted());
});
