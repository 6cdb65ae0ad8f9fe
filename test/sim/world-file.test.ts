import {mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {gunzipSync, gzipSync} from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import {SimulatedChain} from '../../src/chain/index.js';
import {interrupted} from '../../src/sim/interrupted.js';
import {simulate} from '../../src/sim/player.js';
import {parseScenario, readScenario} from '../../src/sim/scenario/scenario-file.js';
import type {Action} from '../../src/sim/scenario/scenario.js';
import {Simulation} from '../../src/sim/simulation.js';
import {type Change, guardedStore, LevelStore, MemoryStore} from '../../src/store/index.js';
import type {RowGuard} from '../../src/sim/world/kill-switch.js';
import {tempDir} from '../support/temp-dir.js';
import {anyAuthAction, isImpossible} from './any-action.js';

const settings = {
  subscriptionSlots: 5,
  subscriptionDuration: 10,
  expiryDelta: 3,
  auth: 'user',
  authBudget: 2,
  requestTtl: 8,
  deniedCooldown: 2,
} as const;

async function play(simulation: Simulation, actions: readonly Action[]): Promise<void> {
  for (const action of actions) {
    try {
      await simulation.perform(action);
    } catch (error) {
      fc.pre(!isImpossible(error));
      throw error;
    }
  }
}

const someActions = fc.array(anyAuthAction, {minLength: 1, maxLength: 10});

test('a world from a file goes on as if it had never been written, with its snapshots', async (t) => {
  const path = join(tempDir(t), 'a.world');
  await fc.assert(
    fc.asyncProperty(someActions, someActions, someActions, async (first, second, third) => {
      const simulation = await Simulation.open({settings, startHeight: 60, seed: 7});
      await play(simulation, first);
      await simulation.snapshot('first');
      await play(simulation, second);
      await simulation.export(path);

      const again = await Simulation.import(path);
      t.is(await again.digest(), await simulation.digest());
      t.is(again.seed, 7);
      t.deepEqual(again.snapshots, ['first']);
      t.deepEqual(again.chain.contents(), simulation.chain.contents());
      for (const one of [simulation, again]) await play(one, third);
      t.is(await again.digest(), await simulation.digest());
      for (const one of [simulation, again]) {
        await one.restore('first');
        await play(one, third);
      }
      t.is(await again.digest(), await simulation.digest());
      await simulation.close();
      await again.close();
    }),
    {numRuns: 10},
  );
});

test('a story goes on in the world that another has left, on disk and on a node of its own', async (t) => {
  const folder = tempDir(t);
  const [first, second] = ['first.yaml', 'second.yaml'].map((name) => join(folder, name)) as [string, string];
  const head =
    'name: first\ntower: {subscription_duration: 10, expiry_delta: 3}\nchain: {start_height: 30, seed: 5}\nsteps:\n';
  const steps = [
    '- register: alice\n- appointment: {user: alice, name: a, blob_bytes: 3000}\n- snapshot: start\n- mine: 4\n- step_back: 2\n- branch: {name: b, at: 30, blocks: 9}\n',
    '- branch: {name: main, blocks: 9}\n- expect: {alice: expired, users: 1}\n- mine_to_next: deletion\n- expect: {alice: unknown}\n- switch_to: b\n',
  ];
  writeFileSync(first, head + steps[0]!);
  writeFileSync(second, `name: second\nfrom: here.world\nsteps:\n${steps[1]!}`);
  const inMemory = () => {
    const rows = new MemoryStore();
    return async () => rows;
  };
  await simulate(await readScenario(first), {
    openRows: inMemory(),
    onEnd: (simulation) => simulation.export(join(folder, 'here.world')),
  });

  const whole = parseScenario(Buffer.from(head + steps.join('')), 'whole.yaml');
  const {verdict: expected} = await simulate(whole, {openRows: inMemory()});
  const story = await readScenario(second);
  t.like(story, {tower: {subscriptionDuration: 10}, chain: {seed: 5, startHeight: 39}});
  const onDisk = await simulate(story, {openRows: () => LevelStore.open(join(folder, 'rows'))});
  t.deepEqual(onDisk.unmetLines, []);
  t.is(onDisk.verdict.digest, expected.digest);
  t.is(onDisk.verdict.seed, 5);

  const node = new SimulatedChain({seed: 'another'});
  const onNode = await simulate(story, {
    openRows: inMemory(),
    mirror: {
      source: node,
      submit: async (raws) => raws.forEach((raw) => node.submit(raw)),
      choose: async (choices) => choices.forEach(({type, hash}) => node[type](hash)),
    },
  });
  t.is(onNode.verdict.digest, expected.digest);
});

test('a story writes its world on the way, the same whatever its tower goes through, and on a node', async (t) => {
  const folder = tempDir(t);
  const file = join(folder, 'story.yaml');
  const steps = ['signup: {device: phone, as: alice, check: [-2, 0]}', 'mine: 2', 'export: a.world', 'mine: 3'];
  const text = (lines: readonly string[]) => lines.map((line) => `  - ${line}\n`).join('');
  writeFileSync(file, `name: x\ntower: {auth: user}\nchain: {start_height: 30}\nsteps:\n${text(steps)}`);
  const story = await readScenario(file);
  const next = join(folder, 'next.yaml');
  writeFileSync(next, `name: y\nfrom: a.world\nsteps:\n${text(['expect: {tip: 32, pending: 1}', 'mine: 3'])}`);
  const node = new SimulatedChain({seed: 'another'});
  const mirror = {source: node, submit: async (raws: readonly Uint8Array[]) => raws.forEach((raw) => node.submit(raw))};
  const inMemory = () => {
    const rows = new MemoryStore();
    return {openRows: async () => rows};
  };
  const digests: string[] = [];
  for (const [scenario, parts] of [
    [story, {}],
    [interrupted(story), {check: true}],
    [story, {mirror}],
  ] as const) {
    rmSync(join(folder, 'a.world'), {force: true});
    const {verdict} = await simulate(scenario, {...inMemory(), ...parts});
    const {verdict: gone, unmetLines} = await simulate(await readScenario(next), inMemory());
    t.deepEqual(unmetLines, []);
    digests.push(verdict.digest, gone.digest);
  }
  t.is(new Set(digests).size, 1);

  rmSync(join(folder, 'a.world'));
  mkdirSync(join(folder, 'a.world'));
  await t.throwsAsync(simulate(story, inMemory()), {code: 'TOWER_FILE_FAILED', message: /a\.world cannot be written/});
});

test('a story that is cut in two goes as the whole one does', async (t) => {
  const world = join(tempDir(t), 'half.world');
  const files = readdirSync('fixtures/scenarios').filter((file) => file.endsWith('.yaml'));
  const cut: string[] = [];
  for (const file of files) {
    const scenario = await readScenario(join('fixtures/scenarios', file));
    const {steps} = scenario;
    const rows = new MemoryStore();
    const parts = {openRows: async () => rows};
    const {verdict: expected} = await simulate(scenario, parts);
    // What lies before a file cannot be rolled back through, and faults have a time of their own.
    if (steps.some(({type}) => type === 'roll_back' || type === 'fault')) continue;
    cut.push(file);
    for (const part of [1 / 3, 2 / 3]) {
      const at = Math.ceil(steps.length * part);
      const [first, second] = [new MemoryStore(), new MemoryStore()];
      await simulate(
        {...scenario, steps: steps.slice(0, at)},
        {openRows: async () => first, onEnd: (simulation) => simulation.export(world)},
      );
      const rest = {...scenario, from: world, steps: steps.slice(at)};
      const {verdict, violation} = await simulate(rest, {openRows: async () => second, check: at % 3 === 1});
      t.is(verdict.digest, expected.digest, `${file}, cut before step ${at + 1}`);
      t.is(violation, undefined, `${file}, cut before step ${at + 1}`);
    }
  }
  t.true(cut.length > files.length / 2, `${cut.length} of ${files.length}`);
});

test('what is wrong in a world from a file is found after the commit that brings it about', async (t) => {
  const folder = tempDir(t);
  const world = join(folder, 'a.world');
  const simulation = await Simulation.open({settings, startHeight: 30});
  await simulation.signup({device: 'phone', as: 'alice', callback: 0});
  await simulation.mine(8);
  await simulation.export(world);
  await simulation.close();
  const story = join(folder, 'next.yaml');
  const steps = ['mine: 4', 'expect: {alice: expired}', 'mine: 1', 'mine: 1'];
  writeFileSync(story, `name: next\nfrom: a.world\nsteps:\n${steps.map((step) => `  - ${step}\n`).join('')}`);
  // Of a user who is deleted, a row stays.
  const damage = (spared: string): RowGuard => ({
    guard: (rows) =>
      guardedStore(rows, async (store, changes) => {
        const kept: Change[] = [];
        for await (const [key, value] of changes) if (value || !key.startsWith(spared)) kept.push([key, value]);
        return store.write(kept);
      }),
  });
  const violationWith = async (guards: readonly RowGuard[]) => {
    const rows = new MemoryStore();
    const parts = {openRows: async () => rows, check: true, guards};
    const {violation} = await simulate(await readScenario(story), parts);
    return violation && [violation.invariant, violation.line, violation.height];
  };
  t.is(await violationWith([]), undefined);
  t.deepEqual(await violationWith([damage('user!')]), ['expiry', 6, 43]);
  t.deepEqual(await violationWith([damage('due!')]), ['due', 6, 43]);
});

test('a world takes the place of a world or of an empty file, and of nothing else', async (t) => {
  const folder = tempDir(t);
  const simulation = await Simulation.open({startHeight: 10});
  const mine = join(folder, 'mine.txt');
  const isRefused = {code: 'TOWER_FILE_FAILED', message: /mine\.txt .*something else than a world.*name another file$/};
  for (const text of ['mine', gzipSync('also mine')]) {
    writeFileSync(mine, text);
    await t.throwsAsync(simulation.export(mine), isRefused);
    await t.throwsAsync(simulation.step({export: mine}), isRefused);
    t.deepEqual(readFileSync(mine), Buffer.from(text));
  }
  t.deepEqual(readdirSync(folder), ['mine.txt']);

  writeFileSync(mine, '');
  await simulation.export(mine);
  await simulation.mine(3);
  await simulation.export(mine);
  t.is((await Simulation.import(mine)).height, 13);
  await simulation.close();
});

test('a file that is of another version, damaged or cut short is refused', async (t) => {
  const folder = tempDir(t);
  const path = join(folder, 'a.world');
  const simulation = await Simulation.open({startHeight: 10});
  await simulation.register('alice');
  await simulation.snapshot('a');
  await simulation.export(path);
  await simulation.close();

  const bytes = readFileSync(path);
  const text = gunzipSync(bytes).toString();
  const lines = text.trimEnd().split('\n');
  const refused = async (content: Uint8Array | string, message: RegExp) => {
    writeFileSync(path, typeof content === 'string' ? gzipSync(content) : content);
    await t.throwsAsync(Simulation.import(path), {code: 'TOWER_INVALID_WORLD', message});
  };
  await refused(text.replace('"version":1', '"version":2'), /is of version 2, and this Bartizan reads version 1$/);
  await refused('{"format":"something"}\n', /is not the file of a world$/);
  await refused(new Uint8Array(100), /is damaged: incorrect header check$/);
  await refused(new Uint8Array(0), /is cut short$/);
  await refused(bytes.subarray(0, bytes.length >> 1), /is cut short$/);
  await refused(`${lines.slice(0, -1).join('\n')}\n`, /is cut short$/);
  await refused(text.slice(0, -5), /is cut short$/);
  await refused(`${lines.toSpliced(lines.length - 2, 1).join('\n')}\n`, /is damaged$/);
  await refused(text.replace('"rows":', '"rosw":'), /is damaged: line \d+ is none that it may hold$/);
  const flipped = Buffer.from(bytes);
  flipped[bytes.length >> 1]! ^= 1;
  await refused(flipped, /is damaged/);
  await t.throwsAsync(Simulation.import(join(folder, 'none')), {code: 'TOWER_FILE_FAILED'});

  const bad = 'name: x\nfrom: none.world\nchain: {seed: 1}\nsteps: [mine: 1]';
  const error = t.throws(() => parseScenario(Buffer.from(bad), 'x.yaml'), {code: 'TOWER_INVALID_SCENARIO'});
  t.is(error?.message, 'x.yaml:3:8: chain: a story that begins in the world of a file has those of that world');
});
