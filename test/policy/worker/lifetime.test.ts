import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {openSync, closeSync, realpathSync} from 'node:fs';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import {isRunning, PolicyTrial} from '../../support/policy-trial.js';
import {until} from '../../support/until.js';

const onLinux = process.platform === 'linux' ? test.serial : test.serial.skip;

/** Loops, or starts a process of its own, and says when it has done so. */
const source = `
import {spawn} from 'node:child_process';
import {writeSync} from 'node:fs';
const say = (text) => writeSync(1, text + '\\n');
export const user_signup = (deed) => {
  if (deed === 'hang') { say('looping'); for (;;); }
  if (deed === 'start') {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {stdio: 'inherit'});
    say(String(child.pid));
  }
  if (deed === 'linger') process.on('exit', () => { say('lingering'); for (;;); });
  return deed;
};`;

test.serial('closing ends the process', async (t) => {
  const trial = await PolicyTrial.open(t, source);
  const {pid} = trial;
  t.true(isRunning(pid));
  await trial.worker.close();
  t.false(isRunning(pid));
  t.false(trial.worker.handles('callback', 'user_signup'));
  t.is((await trial.ask('')).type, 'unavailable');
  t.deepEqual(trial.all('ended'), []);
});

test.serial('closing ends a process that hangs, and counts no attempt of whoever waits for it', async (t) => {
  const trial = await PolicyTrial.open(t, source);
  const replies = [trial.ask('hang'), ...Array.from({length: 30}, () => trial.ask('next'))];
  await trial.told('output');
  const {pid} = trial;
  await trial.worker.close();
  t.false(isRunning(pid));
  for (const reply of replies) t.deepEqual(await reply, {type: 'unavailable', reason: 'the tower is closing'});
});

test.serial('closing ends a process that will not leave', async (t) => {
  const trial = await PolicyTrial.open(t, source);
  await trial.ask('linger');
  const {pid} = trial;
  await trial.worker.close();
  t.false(isRunning(pid));
  t.is(trial.all('output').at(-1)!.line, 'lingering');
});

test.serial('closing twice, or while a process is started again, is fine', async (t) => {
  const trial = await PolicyTrial.open(t, source);
  process.kill(trial.pid, 'SIGKILL');
  await trial.told('ended');
  await Promise.all([trial.worker.close(), trial.worker.close()]);
  t.is(trial.all('loaded').length, 1);
});

test.serial('what a policy has started ends with it', async (t) => {
  const trial = await PolicyTrial.open(t, source);
  await trial.ask('start');
  const pid = Number((await trial.told('output')).line);
  t.true(isRunning(pid));
  await trial.worker.close();
  await until(() => !isRunning(pid));
  t.pass();
});

/** Starts a tower's part in a process of its own; answers the lines that it prints. */
function startParent(t: ExecutionContext, file: string, info: string): [ChildProcess, () => Promise<string>] {
  const program = fileURLToPath(new URL('../../support/policy-parent.js', import.meta.url));
  const parent = spawn(process.execPath, [program, file, info], {stdio: ['ignore', 'pipe', 'inherit']});
  t.teardown(() => parent.kill('SIGKILL'));
  const lines = createInterface(parent.stdout)[Symbol.asyncIterator]();
  return [parent, async () => String((await lines.next()).value)];
}

for (const [what, deed] of [
  ['idle', 'idle'],
  ['looping', 'hang'],
  ['lingering', 'linger'],
  ['accompanied', 'start'],
] as const) {
  test.serial(`no process is left behind when the tower is killed: ${what}`, async (t) => {
    const trial = new PolicyTrial(t);
    trial.write(source);
    const [parent, nextLine] = startParent(t, trial.file, deed);
    const pids = [Number(await nextLine())];
    if (deed === 'hang') t.is(await nextLine(), 'looping');
    if (deed === 'start') pids.push(Number(await nextLine()));
    for (const pid of pids) t.true(isRunning(pid));
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    await until(() => !pids.some(isRunning));
  });
}

test.serial('the environment of the tower is not passed on', async (t) => {
  process.env['BARTIZAN_BTC_RPC_PASSWORD'] = 'secret';
  const trial = await PolicyTrial.open(t, 'export const user_signup = () => Object.keys(process.env).join();');
  const reply = await trial.ask('');
  const names = reply.type === 'returned' ? String(reply.value).split(',') : [];
  const known = /^(?:PATH|LD_LIBRARY_PATH|LANG|LC_ALL|TZ|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR)$/;
  t.true(names.includes('PATH'));
  t.deepEqual(
    names.filter((name) => !known.test(name)),
    [],
  );
});

onLinux('files that the tower has open are not, and nothing comes from its stdin', async (t) => {
  const trial = new PolicyTrial(t);
  trial.write(`
    import {readdirSync, readlinkSync} from 'node:fs';
    const target = (fd) => { try { return readlinkSync('/proc/self/fd/' + fd); } catch { return ''; } };
    export const user_signup = () => readdirSync('/proc/self/fd').map(target).join(' ');
    export const user_login = () => target(0);`);
  const open = openSync(trial.file, 'r');
  t.teardown(() => closeSync(open));
  await trial.open();
  const reply = await trial.ask('');
  t.regex(String(reply.type === 'returned' && reply.value), /^\/dev\/null/);
  t.notRegex(String(reply.type === 'returned' && reply.value), /policy\.mjs/);
  t.deepEqual(await trial.ask('', {kind: 'user_login'}), {type: 'returned', value: '/dev/null'});
});

test.serial('a policy works in the folder of its file', async (t) => {
  const trial = await PolicyTrial.open(t, 'export const user_signup = () => process.cwd();');
  t.deepEqual(await trial.ask(''), {type: 'returned', value: realpathSync(join(trial.file, '..'))});
});
