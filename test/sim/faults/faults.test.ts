import {Buffer} from 'node:buffer';
import {readFileSync} from 'node:fs';
import test from 'ava';
import {allFaultKinds, faultKinds} from '../../../src/sim/faults/fault.js';
import {VirtualTime} from '../../../src/sim/faults/virtual-time.js';
import {simulate} from '../../../src/sim/player.js';
import {renderTimeline} from '../../../src/sim/timeline/render-timeline.js';
import {parseScenario} from '../../../src/sim/scenario/scenario-file.js';
import type {TimelineEntry} from '../../../src/sim/timeline/timeline.js';
import {MemoryStore} from '../../../src/store/index.js';

const story = (...steps: string[]) =>
  parseScenario(
    Buffer.from(
      [
        'name: Faults',
        'tower: {subscription_slots: 10, subscription_duration: 10, expiry_delta: 2}',
        'chain: {start_height: 100}',
        'steps:',
        ...steps.map((step) => `  - ${step}`),
      ].join('\n'),
    ),
    'faults.yaml',
  );

async function play(...steps: string[]) {
  const rows = new MemoryStore();
  const entries: TimelineEntry[] = [];
  const scenario = story(...steps);
  const {verdict} = await simulate(scenario, {openRows: async () => rows, onEntry: (entry) => entries.push(entry)});
  return {...verdict, lines: renderTimeline(entries).split('\n')};
}

const healed = ['fault: heal', 'expect: {tip: 113, alice: unknown}'];

for (const kind of allFaultKinds) {
  test(`${kind}: the tower ends where it would without, and does so again`, async (t) => {
    const amount = Math.min(faultKinds[kind].most, 3);
    const steps = ['register: alice', `fault: {${kind}: ${amount}}`, 'mine: 6', 'register: bob', 'mine: 7'];
    const first = await play(...steps, ...healed);
    t.deepEqual(first.expectations, {met: 2, unmet: 0});
    t.deepEqual(await play(...steps, ...healed), first);
  });
}

test('while its node has lost blocks, the tower stays where it is', async (t) => {
  const {lines, expectations} = await play(
    'register: alice',
    'mine: 9',
    'fault: {node_loses: 5}',
    'expect: {tip: 109, alice: active}',
    'reorg: {depth: 5, blocks: 7}',
    'fault: heal',
    'expect: {tip: 111, alice: expired}',
  );
  t.is(expectations.unmet, 0);
  t.true(lines.some((line) => line.trim() === '109 ~ fault: node loses, 5 blocks'));
});

test('a disk that fails takes the tower down, and no receipt is lost', async (t) => {
  const {expectations, lines} = await play('fault: {disk_fails: 2}', 'register: alice', 'expect: {alice: active}');
  t.is(expectations.unmet, 0);
  t.is(lines.filter((line) => line.includes('killed right before a commit')).length, 2);
});

test('requests that race share a moment; one that is sent again is answered again', async (t) => {
  const steps = ['fault: {race: 3}', 'register: alice', 'register: bob', 'register: alice', 'expect: {users: 2}'];
  const raced = await play(...steps, 'expect: {user: alice, slots: 20}', 'fault: resend', 'register: bob');
  t.is(raced.expectations.unmet, 0);
  const again = await play('fault: resend', 'register: bob', 'expect: {user: bob, slots: 20}');
  t.is(again.expectations.unmet, 0);
});

test('a fault that is none, or counts too much, is refused with its place', (t) => {
  for (const wrong of ['{rpc_busy: 0}', '{rpc_busy: 3, silence: 1}', 'sabotage', '{disk_fails: 1000000}']) {
    t.throws(() => story(`fault: ${wrong}`), {message: /^faults.yaml:5:/}, wrong);
  }
});

test('virtual time fires timers in order, those of one moment as they were set', async (t) => {
  const time = new VirtualTime();
  const fired: string[] = [];
  for (const [name, ms] of [
    ['late', 90_000],
    ['first', 10],
    ['second', 10],
  ] as const) {
    time.after(ms, () => fired.push(name));
  }
  time.after(5, () => fired.push('cancelled'))();
  await time.pass(10);
  t.deepEqual(fired, ['first', 'second']);
  await time.drive(new Promise<void>((resolve) => void time.after(100_000, resolve)));
  t.deepEqual([fired.at(-1), time.nowMs()], ['late', 100_010]);
});

test('the page of scenarios lists every fault', (t) => {
  const page = readFileSync('docs/reference/scenario.md', 'utf8');
  const listed = [...page.matchAll(/^\| `(\w+)` +\| *\w* *\|/gm)].map(([, name]) => name!);
  t.deepEqual(
    allFaultKinds.filter((kind) => !listed.includes(kind)),
    [],
  );
});
