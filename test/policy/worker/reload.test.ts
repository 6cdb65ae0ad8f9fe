import {renameSync, rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {causesOf} from '../../../src/errors/causes.js';
import {HeldTimers} from '../../support/held-timers.js';
import {isRunning, PolicyTrial} from '../../support/policy-trial.js';
import {tempDir} from '../../support/temp-dir.js';
import {until} from '../../support/until.js';

const answering = (value: unknown) => `export const user_signup = () => ${JSON.stringify(value)};`;
const returned = (value: unknown) => ({type: 'returned', value});

/** Answers once a file named `go` is there. */
const waiting = (value: unknown) => `
import {existsSync} from 'node:fs';
export const user_signup = async () => {
  while (!existsSync('go')) await new Promise((resolve) => setTimeout(resolve, 10));
  return ${JSON.stringify(value)};
};`;

test.serial('a changed file decides what is asked from then on', async (t) => {
  const trial = await PolicyTrial.open(t, answering(1));
  const {pid} = trial;
  t.deepEqual(await trial.ask(''), returned(1));
  trial.write(answering(2));
  await trial.told('loaded', 2);
  t.deepEqual(await trial.ask(''), returned(2));
  await until(() => !isRunning(pid));
  t.deepEqual(trial.all('ended'), []);
});

test.serial('a file that an editor puts in the place of another is loaded', async (t) => {
  const trial = await PolicyTrial.open(t, answering(1));
  for (const value of [2, 3]) {
    const next = join(trial.folder, 'policy.mjs.new');
    writeFileSync(next, answering(value));
    renameSync(next, trial.file);
    await trial.told('loaded', value);
    t.deepEqual(await trial.ask(''), returned(value));
  }
});

test.serial('a file that is only touched is loaded again, for the sake of what it imports', async (t) => {
  const trial = new PolicyTrial(t);
  const imported = join(trial.folder, 'users.mjs');
  writeFileSync(imported, 'export const user = 1;');
  trial.write("import {user} from './users.mjs'; export const user_signup = () => user;");
  await trial.open();
  writeFileSync(imported, 'export const user = 2;');
  utimesSync(trial.file, 1, 1);
  await trial.told('loaded', 2);
  t.deepEqual(await trial.ask(''), returned(2));
});

test.serial('questions in flight are answered by the file they were put to, beside those of the new one', async (t) => {
  const trial = await PolicyTrial.open(t, waiting('old'));
  const {pid} = trial;
  const before = [trial.ask(''), trial.ask('')];
  trial.write(answering('new'));
  await trial.told('loaded', 2);
  t.deepEqual(await trial.ask(''), returned('new'));
  t.true(isRunning(pid));
  writeFileSync(join(trial.folder, 'go'), '');
  t.deepEqual(await Promise.all(before), [returned('old'), returned('old')]);
  await until(() => !isRunning(pid));
});

test.serial('an old process that hangs is ended, and what it did not begin is asked of the new one', async (t) => {
  const hanging = `
    import {writeSync} from 'node:fs';
    export const user_signup = () => { writeSync(1, 'looping\\n'); for (;;); };`;
  const timers = new HeldTimers(1_000);
  const trial = await PolicyTrial.open(t, hanging, {timeLimitMs: 1_000, timers});
  const {pid} = trial;
  const replies = [trial.ask(''), trial.ask('')];
  await trial.told('output');
  trial.write(answering('new'));
  await trial.told('loaded', 2);
  timers.release();
  t.deepEqual(await Promise.all(replies), [{type: 'failed', reason: 'no answer within 1000 ms'}, returned('new')]);
  await until(() => !isRunning(pid));
  t.deepEqual(trial.all('ended'), []);
});

test.serial('what is handled changes with the file, and is announced', async (t) => {
  const trial = await PolicyTrial.open(t, answering(1));
  let changes = 0;
  trial.worker.onChange(() => changes++);
  trial.write('export const checkNewNode = () => "primary";');
  await trial.told('loaded', 2);
  await until(() => changes === 1);
  t.false(trial.worker.handles('callback', 'user_signup'));
  t.true(trial.worker.handles('check', 'new_node'));
});

test.serial('a question that the new file has no function for is not asked', async (t) => {
  const trial = await PolicyTrial.open(t, waiting('old'));
  const replies = Array.from({length: 20}, () => trial.ask(''));
  trial.write('export const checkNewNode = () => "primary";');
  await trial.told('loaded', 2);
  t.is((await replies.at(-1)!).type, 'unavailable');
  writeFileSync(join(trial.folder, 'go'), '');
  t.deepEqual(await replies[0], returned('old'));
});

test.serial('a broken file is told with its line, and the one before it decides on', async (t) => {
  const trial = await PolicyTrial.open(t, answering(1));
  trial.write('\nexport const user_signup = = 2;');
  const {error} = await trial.told('not_loaded');
  t.is(error.code, 'TOWER_INVALID_POLICY');
  t.is(error.message, `the policy file cannot be loaded: ${trial.file}:2`);
  t.deepEqual(causesOf(error), ["Unexpected token '='"]);
  const where = `the policy file cannot be loaded: ${trial.file}:2`;
  t.is(trial.worker.trouble, `the file on disk is not loaded: ${where}: Unexpected token '='`);
  t.deepEqual(await trial.ask(''), returned(1));
  trial.write('export const checkUserSignUp = () => 1;');
  t.is((await trial.told('not_loaded', 2)).error.hint, 'write it checkUserSignup');
  t.deepEqual(await trial.ask(''), returned(1));
  trial.write(answering(3));
  await trial.told('loaded', 2);
  t.is(trial.worker.trouble, null);
  t.deepEqual(await trial.ask(''), returned(3));
});

test.serial('while the file is broken, the one before it is started again if its process ends', async (t) => {
  const trial = await PolicyTrial.open(t, "export const user_signup = (info) => info === 'exit' ? process.exit() : 1;");
  trial.write('}');
  await trial.told('not_loaded');
  t.is((await trial.ask('exit')).type, 'failed');
  t.deepEqual(await trial.ask(''), returned(1));
  t.regex(trial.worker.trouble ?? '', /^the file on disk is not loaded: /);
  t.is(trial.all('loaded').length, 2);
});

test.serial('a file that is gone is told once; when it is back, it is loaded', async (t) => {
  const trial = await PolicyTrial.open(t, answering(1));
  rmSync(trial.file);
  const {error} = await trial.told('not_loaded');
  t.regex(error.message, /cannot be read$/);
  t.deepEqual(await trial.ask(''), returned(1));
  trial.write(answering(2));
  await trial.told('loaded', 2);
  t.deepEqual(await trial.ask(''), returned(2));
  t.is(trial.all('not_loaded').length, 1);
});

test.serial('a change is noticed also where the system tells of none', async (t) => {
  const target = join(tempDir(t), 'elsewhere.mjs');
  const timers = new HeldTimers(2_000);
  const trial = new PolicyTrial(t, {timers});
  writeFileSync(target, answering(1));
  symlinkSync(target, trial.file);
  await trial.open();
  writeFileSync(target, answering(2));
  timers.release();
  await trial.told('loaded', 2);
  t.deepEqual(await trial.ask(''), returned(2));
});

test.serial('a link that points elsewhere is followed', async (t) => {
  const folder = tempDir(t);
  const trial = new PolicyTrial(t);
  for (const value of [1, 2]) writeFileSync(join(folder, `${value}.mjs`), answering(value));
  symlinkSync(join(folder, '1.mjs'), trial.file);
  await trial.open();
  unlinkSync(trial.file);
  symlinkSync(join(folder, '2.mjs'), trial.file);
  await trial.told('loaded', 2);
  t.deepEqual(await trial.ask(''), returned(2));
});

test.serial('a corrected file ends the pause in which nobody is asked', async (t) => {
  const timers = new HeldTimers(100);
  const trial = await PolicyTrial.open(t, 'export const user_signup = () => process.exit(1);', {timers});
  for (let crash = 1; crash <= 2; crash++) {
    await trial.ask('');
    await trial.told('ended', crash);
  }
  t.false(trial.worker.handles('callback', 'user_signup'));
  t.is(trial.worker.trouble, "the policy's process ended: it ended with status 1");
  t.is(timers.held, 1);
  trial.write(answering(1));
  await trial.told('loaded', 3);
  t.is(trial.worker.trouble, null);
  t.deepEqual(await trial.ask(''), returned(1));
  t.is(timers.held, 0);
});

test.serial('a policy that changes again and again ends as what it was last, without losing a question', async (t) => {
  const trial = await PolicyTrial.open(t, answering(0));
  const replies: unknown[] = [];
  let isDone = false;
  const asking = (async () => {
    while (!isDone) replies.push(await trial.ask(''));
  })();
  for (let value = 1; value <= 5; value++) {
    trial.write(answering(value));
    await trial.told('loaded', value + 1);
  }
  isDone = true;
  await asking;
  t.deepEqual(await trial.ask(''), returned(5));
  const values = replies.map((reply) => (reply as {value: number}).value);
  t.deepEqual(
    values,
    [...values].sort((a, b) => a - b),
    'every question was answered, by the policy of its time',
  );
});

test.serial('a change that comes while another is being loaded is loaded next', async (t) => {
  const timers = new HeldTimers(50);
  const trial = await PolicyTrial.open(t, answering(1), {timers});
  const noticed = async () => {
    for (let look = 1; look <= 2; look++) {
      await until(() => timers.held === 1);
      timers.release();
    }
  };
  trial.write(`console.log('loading'); ${waiting(2)} await user_signup();`);
  await noticed();
  await trial.told('output');
  trial.write(answering(3));
  await noticed();
  writeFileSync(join(trial.folder, 'go'), '');
  await trial.told('loaded', 2);
  await until(() => {
    timers.release();
    return trial.all('loaded').length === 3;
  });
  t.deepEqual(await trial.ask(''), returned(3));
});
