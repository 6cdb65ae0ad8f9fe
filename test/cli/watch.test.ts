import {stripVTControlCharacters} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {publicKey} from '../support/keys.js';
import {Pty, ptyTest} from '../support/pty.js';
import {ask, run, runHere, type Running, start, temporaryDirectory} from './harness.js';

async function aTower(t: ExecutionContext, dataDir: string, ...flags: string[]): Promise<Running> {
  const tower = start(t, ['run', '--data-dir', dataDir, ...flags]);
  await tower.said('stderr', /event=state_changed state=synced/);
  return tower;
}

const size = {columns: 80, rows: 24};

ptyTest('it draws the tower on the terminal, follows it, and gives the terminal back on q', async (t) => {
  const dataDir = await temporaryDirectory(t);
  await aTower(t, dataDir);
  const pty = new Pty(t, ['watch', '--data-dir', dataDir], size);
  await pty.shows(/state +synced +users +0[^]*tip +120[^]*q ends/);
  t.true(pty.terminal.isAlternate);
  t.false(pty.terminal.hasCursor);
  t.true(pty.terminal.styles.has('32'), 'colours');
  await ask(t, dataDir, 'register', publicKey(1));
  await pty.shows(/users +1: 1 active, 0 in grace[^]*user registered/);
  await ask(t, dataDir, 'mine', '1');
  const text = await pty.shows(/tip +121[^]*block connected/);
  t.is(text.split('\n').length, 24);
  pty.type('q');
  await pty.ended;
  t.false(pty.terminal.isAlternate);
  t.true(pty.terminal.hasCursor);
  t.regex(pty.terminal.text, /^ended with 0, .icanon$/);
  t.notRegex(pty.terminal.text, /-icanon/, 'lines are read as lines again');
});

for (const [name, key] of [
  ['Ctrl-C', '\u0003'],
  ['Ctrl-D', '\u0004'],
] as const) {
  ptyTest(`${name} ends it, too`, async (t) => {
    const dataDir = await temporaryDirectory(t);
    await aTower(t, dataDir);
    const pty = new Pty(t, ['watch', '--data-dir', dataDir], size);
    await pty.shows(/synced/);
    pty.type(key);
    await pty.ended;
    t.regex(pty.terminal.text, /^ended with 0, [^-]icanon$/);
  });
}

ptyTest('it says that the tower has stopped, and goes on when it comes back', async (t) => {
  const dataDir = await temporaryDirectory(t);
  const first = await aTower(t, dataDir);
  const pty = new Pty(t, ['watch', '--data-dir', dataDir], size);
  await pty.shows(/synced/);
  first.child.kill('SIGKILL');
  const text = await pty.shows(/not running/);
  t.regex(text, /problem +the tower does not answer; it is looked for +\[TOWER_NOT_RUNNING\]/);
  t.regex(text, /tip +120/, 'what was known last');
  const second = await aTower(t, dataDir);
  await pty.shows(new RegExp(`process ${second.child.pid}[^]*state +synced`));
  await ask(t, dataDir, 'mine', '1');
  await pty.shows(/tip +121/);
  pty.type('q');
  t.is(await pty.ended, 0);
});

ptyTest('it fits into whatever size the terminal is given', async (t) => {
  const dataDir = await temporaryDirectory(t);
  await aTower(t, dataDir);
  await ask(t, dataDir, 'mine', '30');
  const pty = new Pty(t, ['watch', '--data-dir', dataDir], size);
  await pty.shows(/q ends/);
  for (const other of [
    {columns: 40, rows: 30},
    {columns: 132, rows: 50},
    {columns: 20, rows: 4},
    {columns: 80, rows: 12},
  ]) {
    pty.resize(other);
    // A picture of the size before may still be on its way.
    const text = await pty.shows(new RegExp(`^(?=[^]*bartizan 0)(?:[^\\n]*\\n){${other.rows - 1}}q ends$`));
    t.is(text.split('\n').length, other.rows);
  }
  pty.type('q');
  t.is(await pty.ended, 0);
});

ptyTest('NO_COLOR takes the colours away', async (t) => {
  const dataDir = await temporaryDirectory(t);
  await aTower(t, dataDir);
  const pty = new Pty(t, ['watch', '--data-dir', dataDir], size, {NO_COLOR: '1'});
  await pty.shows(/synced/);
  t.deepEqual([...pty.terminal.styles], []);
  pty.type('q');
  await pty.ended;
});

ptyTest('a terminal that knows no orders gets one picture, and no orders', async (t) => {
  const dataDir = await temporaryDirectory(t);
  await aTower(t, dataDir);
  const pty = new Pty(t, ['watch', '--data-dir', dataDir], size, {TERM: 'dumb'});
  await pty.ended;
  t.regex(pty.terminal.text, /state +synced[^]*ended with 0/);
  t.deepEqual([...pty.terminal.styles], []);
});

test('where stdout is no terminal it prints one picture, and ends', async (t) => {
  const dataDir = await temporaryDirectory(t);
  await aTower(t, dataDir);
  const {status, stdout, stderr} = await run(t, ['watch', '--data-dir', dataDir]);
  t.deepEqual({status, stderr}, {status: 0, stderr: ''});
  t.regex(stdout, /^bartizan \d.*\n\nstate +synced +users +0.*\n/);
  for (const line of stdout.split('\n')) t.true([...line].length <= 80, line);
  t.is(stripVTControlCharacters(stdout), stdout);
});

test('with --json --once it prints one object', async (t) => {
  const dataDir = await temporaryDirectory(t);
  await aTower(t, dataDir);
  t.like(await ask(t, dataDir, 'watch', '--once'), {running: true, state: 'synced', tip: {height: 120}, users: 0});
});

test('with --json it prints an object a change, says when the tower stops and when it is back, until it is stopped', async (t) => {
  const dataDir = await temporaryDirectory(t);
  const first = await aTower(t, dataDir);
  const watch = start(t, ['watch', '--json', '--data-dir', dataDir]);
  await watch.said('stdout', /"height":120,/);
  await ask(t, dataDir, 'mine', '1');
  await watch.said('stdout', /"tip":\{"height":121,/);
  first.child.kill('SIGKILL');
  await watch.said('stdout', /"running":false/);
  await aTower(t, dataDir);
  await watch.said('stdout', /"running":false.*\n.*"running":true.*\n/);
  watch.child.kill('SIGTERM');
  const {status, stdout} = await watch.ended;
  t.is(status, 0);
  const objects = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as {running: boolean; code?: string});
  t.is(objects.filter(({running}) => !running).length, 1, 'that it is gone is said once');
  t.is(objects.find(({running}) => !running)!.code, 'TOWER_NOT_RUNNING');
});

test('it ends when whoever reads it has left', async (t) => {
  const dataDir = await temporaryDirectory(t);
  await aTower(t, dataDir);
  const watch = start(t, ['watch', '--json', '--data-dir', dataDir]);
  await watch.said('stdout', /\n/);
  watch.child.stdout!.destroy();
  for (let i = 0; i < 3; i++) await ask(t, dataDir, 'mine', '1');
  t.is((await watch.ended).status, 0);
});

test('where no tower runs it says so', async (t) => {
  const dataDir = await temporaryDirectory(t);
  const {status, stdout, stderr} = await runHere(['watch', '--data-dir', dataDir]);
  t.deepEqual({status, stdout}, {status: 1, stdout: ''});
  t.regex(stderr, /\[TOWER_NOT_RUNNING\]/);
});
