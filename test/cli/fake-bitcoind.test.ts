import {readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import {run, runHere, start, temporaryDirectory} from './harness.js';

const fixture = fileURLToPath(new URL('../../../fixtures/chains/reorg-1.hex', import.meta.url));

async function aScript(t: ExecutionContext, text: string): Promise<string> {
  const path = join(await temporaryDirectory(t), 'script.yaml');
  await writeFile(path, text);
  return path;
}

test('a script is played step by step on the blocks of a file, and says where each step led', async (t) => {
  const script = await aScript(
    t,
    `- reorg: {depth: 2, blocks: 3}
- fault: busy
- heal
- repeat: {times: 2, steps: [{mine: 1}]}
- restart: {lose: 3}
- follow: blocks
- invalidate: 20
- wait_for: 19
- wait: 1
- stop
`,
  );
  const {status, stdout, stderr} = await run(t, ['fake-bitcoind', '--blocks', fixture, '--script', script, '--json']);
  t.is(status, 0, stderr);
  t.like(JSON.parse(stdout), {height: 25});
  t.deepEqual(stderr.trimEnd().split('\n'), [
    'line=1 step=reorg {"depth":2,"blocks":3} height=26',
    'line=2 step=fault {"kind":"busy"} height=26',
    'line=3 step=heal {} height=26',
    'line=4 step=mine {"blocks":1} height=27',
    'line=4 step=mine {"blocks":1} height=28',
    'line=5 step=restart {"lose":3} height=25',
    'line=6 step=follow {"what":"blocks"} height=28',
    'line=7 step=invalidate {"block":20} height=19',
    'line=8 step=wait_for 19 height=19',
    'line=9 step=wait 1 height=19',
  ]);
});

/** Steps, and what is said of them. */
const wrongSteps: readonly (readonly [step: string, says: string])[] = [
  ['mine: 0', 'mine.blocks: expected a whole number from 1 to 100000, not 0'],
  ['mine', 'mine.blocks: is missing: expected a whole number from 1 to 100000'],
  ['reorg: 3', 'reorg.blocks: is missing: expected a whole number from 1 to 100000'],
  ['whatever', 'unknown step "whatever"; the steps are mine, reorg, '],
  ['mime: 1', 'unknown step "mime"; did you mean "mine"?'],
  ['fault: {kind: lose, nxt: 3}', 'fault: there is no "nxt" here; did you mean "next"?'],
  ['fault: loose', 'refused or reset, not "loose"; did you mean "lose"?'],
  ['fault: {kind: slow, ms: soon}', 'fault.ms: expected a whole number of milliseconds from 0 to 3600000, not "soon"'],
  ['fault: {kind: busy, topic: hashtx}', 'fault: there is no "topic" here; it takes kind, next, method'],
  ['heal: 5', 'heal.kind: expected lose, delay, '],
  ['faults: 1', 'faults: takes nothing, not 1'],
  ['follow: all', 'follow.what: expected blocks, headers or nothing, not "all"'],
  ['invalidate: xyz', 'invalidate.block: expected a block: its height, or its hash of 64 hex digits, not "xyz"'],
  ['download: maybe', 'download.on: expected true or false, not "maybe"'],
  ['warmup: 5', 'warmup.message: expected a text of 1 to 1000 characters, not 5'],
  ['wait_for: {height: 5}', 'wait_for: expected a whole number from 0 to 4294967295, not {"height":5}'],
  [
    'repeat: {times: 2, steps: [{wait: -1}]}',
    'wait: expected a whole number of milliseconds from 0 to 86400000, not -1',
  ],
  ['repeat: {times: 5}', 'repeat.steps: is missing: expected a list of steps such as `- mine: 1`'],
  ['[1]', 'a step is one thing to do, such as `mine: 1`'],
  ['{mine: 1, heal: }', 'a step is one thing to do, such as `mine: 1`'],
];

test('a script that is none is refused with every line that is wrong, and why', async (t) => {
  const script = await aScript(t, wrongSteps.map(([step]) => `- ${step}\n`).join(''));
  const {status, stderr, stdout} = await runHere(['fake-bitcoind', '--script', script]);
  t.is(status, 2);
  t.is(stdout, '');
  const lines = stderr.split('\n');
  for (const [i, [step, says]] of wrongSteps.entries()) {
    const line = lines.find((it) => it.includes(`script.yaml:${i + 1}:`));
    t.true(line?.includes(says), `${step} is said to be: ${line}`);
  }
  t.regex(stderr, /\[TOWER_INVALID_SCRIPT\]/);
});

test('a step that cannot be done ends it, and names its line', async (t) => {
  const script = await aScript(t, '- mine: 1\n- reorg: {depth: 3, blocks: 4}\n');
  const {status, stderr} = await runHere(['fake-bitcoind', '--script', script]);
  t.is(status, 2);
  t.regex(stderr, /error: line 2 of the script: the tip, at height 1, is no 3 above genesis/);
});

test('what cannot be begun with is said before anything is', async (t) => {
  const refused = async (...args: string[]): Promise<string> => {
    const {status, stderr} = await runHere(['fake-bitcoind', ...args]);
    t.is(status, 2, args.join(' '));
    return stderr;
  };
  t.regex(await refused('--rpc-user', 'somebody'), /go together/);
  t.regex(await refused('--rpc-port', '70000'), /--rpc-port/);
  t.regex(await refused('--blocks', '/nowhere'), /TOWER_FILE_FAILED/);
  t.regex(await refused('--script', '/nowhere'), /TOWER_FILE_FAILED/);
  const damaged = join(await temporaryDirectory(t), 'damaged.hex');
  const lines = (await readFile(fixture, 'utf8')).split('\n');
  const last = lines.findLastIndex((line) => line !== '');
  await writeFile(damaged, lines.with(last, lines[last]!.replace(/..$/, 'ff')).join('\n'));
  t.true((await refused('--blocks', damaged)).startsWith(`error: ${damaged}:${last + 1}: block `));
});

test('a data directory that cannot be made ends it at once', async (t) => {
  const {status, stderr} = await runHere(['fake-bitcoind', '--data-dir', '/proc/fake']);
  t.is(status, 1);
  t.regex(stderr, /^error: the data directory \/proc\/fake cannot be written/);
});

test('one that runs has its data directory for itself, and one that was killed leaves it to the next', async (t) => {
  const dataDir = await temporaryDirectory(t);
  const begin = async () => {
    const running = start(t, ['fake-bitcoind', '--data-dir', dataDir, '--json']);
    const {pid} = JSON.parse(await running.said('stdout', /\n/)) as {pid: number};
    return {...running, pid, cookie: await readFile(join(dataDir, 'regtest', '.cookie'), 'utf8')};
  };
  const first = await begin();
  const second = await runHere(['fake-bitcoind', '--data-dir', dataDir]);
  t.is(second.status, 1);
  t.true(second.stderr.includes(`error: a fake bitcoind runs on ${dataDir}, as process ${first.pid}\n`), second.stderr);
  process.kill(first.pid, 'SIGKILL');
  await first.ended;
  const third = await begin();
  t.not(third.cookie, first.cookie);
});
