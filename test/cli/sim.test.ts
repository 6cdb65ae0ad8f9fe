import {readdir, readFile, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import {regtestTest} from '../support/regtest.js';
import {run, runHere, start, temporaryDirectory} from './harness.js';

const scenarios = fileURLToPath(new URL('../../../fixtures/scenarios/', import.meta.url));

const story = `name: A subscription ends
tower: {subscription_slots: 10, subscription_duration: 10, expiry_delta: 2}
chain: {start_height: 100, seed: 7}
steps:
  - register: alice
  - mine: 12
    note: The grace period of two blocks is over.
  - expect: {alice: unknown, tip: 112}
`;

async function aFile(t: ExecutionContext, text: string): Promise<string> {
  const file = join(await temporaryDirectory(t), 'story.yaml');
  await writeFile(file, text);
  return file;
}

/** What differs from run to run: how long it took. */
const timeless = (text: string) => text.replace(/ in [\d.]+ m?s,/, ' in TIME,');

test('bartizan sim tells the story and ends in a verdict', async (t) => {
  const {status, stdout, stderr} = await run(t, ['sim', await aFile(t, story)]);
  const digest = /digest ([0-9a-f]{64})/.exec(stdout)?.[1];
  t.deepEqual({status, stderr}, {status: 0, stderr: ''});
  t.is(
    timeless(stdout),
    `A subscription ends
        100 ● the tower starts on a chain of 100 blocks, seed 7
        100 + alice registers: 10 slots, expires at 110, in 10 blocks, about 2 hours

             The grace period of two blocks is over.
    101–109 · 9 blocks, nothing falls due
        110 ◔ the subscription of alice expired; 2 blocks of grace, until 112
        111 · 1 block, nothing falls due
        112 † alice is deleted, with all appointments: the grace period is over
        112 ✓ alice is unknown
        112 ✓ the tip is 112

✓ all 2 expectations are met  12 blocks on the simulated chain in TIME, tip 112
  seed 7  digest ${digest}

`,
  );
});

test('with --json it prints one object for each file, and the same one wherever the rows are and whatever goes down', async (t) => {
  const file = await aFile(t, story);
  const {status, stdout} = await runHere(['sim', file, file, '--json']);
  t.is(status, 0);
  const [first, second, end] = stdout.split('\n');
  t.is(first, second);
  t.is(end, '');
  const {digest, ...verdict} = JSON.parse(first!) as {digest: string};
  t.regex(digest, /^[0-9a-f]{64}$/);
  t.deepEqual(verdict, {
    scenario: 'A subscription ends',
    seed: 7,
    chain: 'simulated',
    height: 112,
    blocks: 12,
    expectations: {met: 2, unmet: 0},
  } as object as typeof verdict);
  for (const flags of [['--memory'], ['--kills'], ['--memory', '--kills'], ['--seed', '7']]) {
    t.is((await runHere(['sim', file, '--json', ...flags])).stdout, `${first}\n`);
  }
  t.not((await runHere(['sim', file, '--json', '--seed', 'other'])).stdout, `${first}\n`);
});

test('a story goes on where --export has left another', async (t) => {
  const file = await aFile(t, story);
  const folder = dirname(file);
  const next = join(folder, 'next.yaml');
  await writeFile(next, 'name: Next\nfrom: left.world\nsteps:\n  - roll_back: 112\n  - register: alice\n  - mine: 3\n');
  t.like(await run(t, ['sim', file, '--memory', '--export', 'left.world'], {cwd: folder}), {status: 0, stderr: ''});
  const {status, stdout} = await run(t, ['sim', next], {cwd: folder});
  t.is(status, 0);
  t.regex((await run(t, ['sim', next, '--semantics', 'rust-teos'], {cwd: folder})).stderr, /no other tower can/);
  t.true(stdout.includes('112 ● the tower goes on as it was left, on a chain of 112 blocks, seed 7'));
  t.regex(stdout, /3 blocks on the simulated chain in .*, tip 115/);

  const seeded = await run(t, ['sim', next, '--seed', '8'], {cwd: folder});
  t.is(seeded.status, 2);
  t.regex(seeded.stderr, /next\.yaml begins in the world of a file, which has a seed of its own/);
  const left = join(folder, 'left.world');
  const world = await readFile(left);
  await writeFile(left, world.with(-1, world.at(-1)! ^ 1));
  const flipped = await runHere(['sim', file, next]);
  t.deepEqual([flipped.status, flipped.stdout], [2, '']);
  t.regex(flipped.stderr, /left\.world is damaged.*TOWER_INVALID_WORLD/s);
  await writeFile(left, 'no gzip');
  const damaged = await run(t, ['sim', next], {cwd: folder});
  t.is(damaged.status, 2);
  t.regex(damaged.stderr, /left\.world is damaged: incorrect header check.*TOWER_INVALID_WORLD/s);
  t.is((await run(t, ['sim', file, file, '--export', 'x'], {cwd: folder})).status, 2);
});

test('worlds that a story is to write are refused before it is played, where they could not be written or would be lost', async (t) => {
  const folder = dirname(await aFile(t, story));
  const file = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return name;
  };
  const exporting = (name: string, path: string) => file(name, `${story}  - export: ${path}\n`);
  const one = await exporting('one.yaml', 'one.world');
  const {status, stdout} = await run(t, ['sim', one, '--memory', '--kills'], {cwd: folder});
  t.is(status, 0);
  t.regex(stdout, /112 ◆ the world is written into one\.world\n/);

  const refused = async (args: readonly string[], expected: number, message: RegExp) => {
    const {status, stdout, stderr} = await run(t, ['sim', ...args], {cwd: folder});
    t.deepEqual([status, stdout], [expected, ''], stderr);
    t.regex(stderr, message);
  };
  const two = await exporting('two.yaml', './one.world');
  await refused([one, two], 2, /one\.yaml and two\.yaml both write the world \S+one\.world/);
  await refused([one, '--export', 'one.world'], 2, /--export and one\.yaml both write/);
  const next = await file('next.yaml', 'name: Next\nfrom: one.world\nsteps:\n  - mine: 1\n');
  await refused([one, next], 2, /next\.yaml begins in a world that one\.yaml writes/);
  await refused(
    [await exporting('far.yaml', 'far/off.world')],
    2,
    /far\.yaml: nothing can be written to \S+far\n.*FILE_FAILED/s,
  );
  await refused([one, '--export', '.'], 2, /--export: \S+ is no file/);
  await refused([one, '--export', 'next.yaml'], 2, /--export: \S+next\.yaml holds something else than a world/);
});

test('an unmet expectation ends in status 1, after all files, with its line', async (t) => {
  const wrong = await aFile(t, story.replace('tip: 112', 'tip: 113'));
  const right = await aFile(t, story);
  const {status, stdout, stderr} = await runHere(['sim', wrong, right]);
  t.is(status, 1);
  t.regex(stdout, /✗ expected that the tip is 113, but the tip is 112\n[^]*✗ 1 of 2 expectations unmet/);
  t.regex(stdout, /✓ all 2 expectations are met/);
  t.regex(stderr, /^error: the story went otherwise at \S+story\.yaml:8\nhint: .*\[TOWER_EXPECTATION_UNMET\]\n$/);
});

test('a step that the chain cannot do ends the story with its line, and the timeline before it', async (t) => {
  const steps = '  - register: alice\n  - mine_to_next: expiry\n  - step_back: 20000\n';
  const {status, stdout, stderr} = await runHere(['sim', await aFile(t, `name: Too far back\nsteps:\n${steps}`)]);
  t.is(status, 1);
  t.regex(stdout, /the subscription of alice expired[^\n]*\n$/);
  t.regex(stderr, /^error: \S+story\.yaml:5: the chain has 4,440 blocks above genesis; it cannot go 20000 back\n/);
});

test('several stories end in a total, which names those with unmet expectations', async (t) => {
  const [right, wrong] = [await aFile(t, story), await aFile(t, story.replace('tip: 112', 'tip: 113'))];
  const last = (stdout: string) => stdout.trimEnd().split('\n').at(-1);
  t.is(last((await runHere(['sim', right, right, '--memory'])).stdout), '2 stories, all as expected');
  t.is(
    last((await runHere(['sim', right, wrong, right, '--memory'])).stdout),
    `3 stories, 1 with unmet expectations: ${wrong}`,
  );
  t.notRegex((await runHere(['sim', right, '--memory'])).stdout, /stories/);
  t.notRegex((await runHere(['sim', right, right, '--memory', '--json'])).stdout, /stories/);
});

test('a story has no power over the terminal, and numbers are written in one way', async (t) => {
  const orders = [
    'name: "A\\u001b[2Jname"',
    'tower: {subscription_slots: 10000}',
    'chain: {seed: "a\\u009b31m"}',
    'steps:',
  ];
  const steps = [
    'register: alice',
    'appointment: {user: alice, name: a, blob_bytes: 60000}',
    'expect: {user: alice, slots: 9000}',
  ];
  const note = '  - note: "first\\u0007\\nsecond"\n';
  const file = await aFile(t, `${orders.join('\n')}\n${note}${steps.map((it) => `  - ${it}\n`).join('')}`);
  const {stdout} = await runHere(['sim', file, '--memory']);
  // eslint-disable-next-line no-control-regex
  t.notRegex(stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  t.regex(stdout, /^A\\u001b\[2Jname\n/);
  t.regex(stdout, /\n +first\\u0007\n +second\n/);
  t.true(stdout.includes('it takes 30 slots, 9,970 left'), stdout);
  t.true(stdout.includes('expected that alice has slots 9,000, but slots 9,970'), stdout);
  const compared = await runHere(['sim', file, '--semantics', 'all']);
  t.true(compared.stdout.startsWith('A\\u001b[2Jname\n'));
});

test('bad files end in status 2, each with its error, and none is played', async (t) => {
  const bad = await aFile(t, story.replace('mine:', 'mime:'));
  const {status, stdout, stderr} = await runHere(['sim', await aFile(t, story), bad, 'no/such.yaml']);
  t.deepEqual({status, stdout}, {status: 2, stdout: ''});
  t.regex(stderr, /story\.yaml:6:5: unknown step "mime"; did you mean "mine"\?\nhint: .*\[TOWER_INVALID_SCENARIO\]\n/);
  t.regex(stderr, /error: no\/such\.yaml cannot be read\nbecause: ENOENT/);
});

test('a chain that there is not, and a seed that is none, end in status 2', async (t) => {
  const file = await aFile(t, story);
  for (const flags of [
    ['--chain', 'mainnet'],
    ['--seed', ''],
    ['--seed', 'x'.repeat(65)],
  ]) {
    const {status, stderr} = await runHere(['sim', file, ...flags]);
    t.is(status, 2);
    t.regex(stderr, /TOWER_USAGE/);
  }
});

test('npm start closes with three suggestions, whose files exist', async (t) => {
  const {status, stdout} = await runHere(['sim', await aFile(t, story), '--suggest']);
  t.is(status, 0);
  const commands = [...stdout.matchAll(/^ {2}npx bartizan (.*)$/gm)].map(([, words]) => words!);
  t.is(commands.length, 3);
  for (const [command] of commands.map((words) => words.split(' '))) {
    t.is((await runHere([command!, '--help'])).status, 0);
  }
});

regtestTest('with --chain bitcoind the same story ends in the same state', async (t) => {
  const files = ['kills.yaml', 'deletion-undone.yaml'].map((name) => join(scenarios, name));
  const simulated = await runHere(['sim', ...files, '--json']);
  const real = await runHere(['sim', ...files, '--json', '--chain', 'bitcoind']);
  t.deepEqual({status: real.status, stderr: real.stderr}, {status: 0, stderr: ''});
  t.is(real.stdout, simulated.stdout.replaceAll('"chain":"simulated"', '"chain":"bitcoind"'));
});

const interrupted = test.macro({
  title: (_, signal: NodeJS.Signals) => `${signal} in the middle of a story ends it, and leaves no temporary folder`,
  async exec(t, signal: NodeJS.Signals, status: number) {
    const scratch = await temporaryDirectory(t);
    const file = await aFile(t, story.replace('mine: 12', 'mine: 900000').replace(/ {2}- expect.*\n/, ''));
    const told = start(t, ['sim', file], {environment: {TMPDIR: scratch}});
    await told.said('stdout', /alice registers/);
    t.not((await readdir(scratch)).length, 0);
    told.child.kill(signal);
    t.is((await told.ended).status, status);
    t.deepEqual(await readdir(scratch), []);
  },
});

test(interrupted, 'SIGINT', 130);
test(interrupted, 'SIGTERM', 143);

test('a temporary folder that cannot be made is an error with a code', async (t) => {
  const file = await aFile(t, story);
  const {status, stderr} = await run(t, ['sim', file], {environment: {TMPDIR: '/proc'}});
  t.is(status, 1);
  t.regex(stderr, /^error: no temporary folder can be made in .*\nbecause: .*\nhint: .*\[TOWER_FILE_FAILED\]\n$/);
});
