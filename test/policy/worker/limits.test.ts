import {existsSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import type {PolicyEvent} from '../../../src/policy/worker/index.js';
import {ManualTimers} from '../../support/manual-timers.js';
import {isRunning, PolicyTrial} from '../../support/policy-trial.js';
import {until} from '../../support/until.js';

/** Does what it is told, and otherwise answers with the process it runs in. */
const obedient = `
import {existsSync, writeFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
let release;
const deeds = {
  hang: () => { for (;;); },
  hangLater: async () => { await null; for (;;); },
  hangInTimer: () => { setTimeout(() => { for (;;); }, 1); return new Promise(() => {}); },
  never: () => new Promise(() => {}),
  wait: () => new Promise((resolve) => { release = resolve; }),
  release: () => { release('late'); return 'released'; },
  slow: async () => { await sleep(100); return process.pid; },
  exit: () => process.exit(3),
  exitLater: async () => { await sleep(20); process.exit(3); },
  exitInTimer: () => { setTimeout(() => process.exit(3), 1); return 'soon'; },
  abort: () => process.abort(),
  throwLater: () => { setTimeout(() => { throw new Error('nobody waits'); }, 1); return new Promise(() => {}); },
  rejectLater: () => { Promise.reject(new Error('nobody waits')); return new Promise(() => {}); },
  buffers: () => { const all = []; for (;;) all.push(Buffer.alloc(2 ** 22, 1)); },
  buffer: () => Buffer.alloc(2 ** 32 - 1, 1).length,
  texts: () => { const all = []; for (;;) all.push('x'.repeat(500) + all.length); },
  buffersLater: async () => { const all = []; for (;;) { all.push(Buffer.alloc(2 ** 22, 1)); await null; } },
  churn: () => { let n = 0; for (let i = 0; i < 2e6; i++) n += ('x'.repeat(500) + i).length; return n > 0; },
  loopSoon: () => { setTimeout(() => { writeFileSync('loops', ''); for (;;); }, 1); return 'soon'; },
  secondTime: () => {
    if (existsSync('first')) return process.pid;
    writeFileSync('first', '');
    return new Promise(() => {});
  },
  ok: () => process.pid,
};
export const user_signup = (deed) => deeds[deed]();
`;

const ended = (reason: string) => ({type: 'failed', reason: `the policy's process ended: ${reason}`});
const returned = (value: unknown) => ({type: 'returned', value});
const tooLate = {type: 'failed', reason: 'no answer within 200 ms'};

for (const deed of ['hang', 'hangLater', 'hangInTimer']) {
  test.serial(`a policy that loops for ever fails its question and is started again: ${deed}`, async (t) => {
    const trial = await PolicyTrial.open(t, obedient, {timeLimitMs: 200});
    const {pid} = trial;
    t.deepEqual(await trial.ask(deed), tooLate);
    const {error, restartMs} = await trial.told('ended');
    t.is(error.code, 'TOWER_POLICY_FAILED');
    t.is(error.message, "the policy's process ended: it hung");
    t.is(restartMs, 0);
    t.false(isRunning(pid));
    t.deepEqual(await trial.ask('ok'), returned(trial.pid));
    t.not(trial.pid, pid);
  });
}

test.serial('questions behind one that hangs are asked again in a new process, in order', async (t) => {
  const trial = await PolicyTrial.open(t, obedient, {timeLimitMs: 200});
  const replies = await Promise.all([trial.ask('hang'), ...Array.from({length: 20}, () => trial.ask('ok'))]);
  t.is(trial.all('loaded').length, 2);
  t.deepEqual(replies, [tooLate, ...Array<unknown>(20).fill(returned(trial.pid))]);
});

test.serial('a function that is working on another question has its full time, whatever hung before', async (t) => {
  const trial = await PolicyTrial.open(
    t,
    `const busy = (ms) => { for (const end = performance.now() + ms; performance.now() < end;); };
    export const user_signup = (ms) => {
      if (ms === 'never') return new Promise(() => {});
      busy(Number(ms));
      return ms;
    };`,
    {timeLimitMs: 1_000},
  );
  // Its time limit passes while the second of the others runs, and a ping waits for longer than it may.
  const never = trial.ask('never');
  t.deepEqual(await Promise.all([trial.ask('700'), trial.ask('800')]), [returned('700'), returned('800')]);
  t.is((await never).type, 'failed');
  t.is(trial.all('loaded').length, 1);
});

test.serial('a question whose promise is not kept in time fails, and the process goes on', async (t) => {
  const trial = await PolicyTrial.open(t, obedient, {timeLimitMs: 200});
  t.deepEqual(await Promise.all([trial.ask('never'), trial.ask('ok')]), [tooLate, returned(trial.pid)]);
  t.deepEqual(await trial.ask('ok'), returned(trial.pid));
  t.is(trial.all('loaded').length, 1);
});

test.serial('an answer that comes after its time limit is dropped', async (t) => {
  const timers = new ManualTimers();
  const trial = await PolicyTrial.open(t, obedient, {timeLimitMs: 1_000, timers});
  const waiting = trial.ask('wait');
  t.deepEqual(await trial.ask('ok'), returned(trial.pid), 'the other has begun');
  timers.pass(999);
  await trial.ask('ok');
  timers.pass(1);
  t.deepEqual(await waiting, {type: 'failed', reason: 'no answer within 1000 ms'});
  t.deepEqual(await trial.ask('release'), returned('released'));
  t.deepEqual(await trial.ask('ok'), returned(trial.pid));
  t.is(trial.all('loaded').length, 1);
});

const crashes: readonly (readonly [deed: string, reason: string | RegExp])[] = [
  ['exit', 'it ended with status 3'],
  ['exitLater', 'it ended with status 3'],
  ['abort', 'it was ended by SIGABRT'],
  ['throwLater', 'uncaught error: nobody waits'],
  ['rejectLater', 'uncaught error: nobody waits'],
  ['buffers', 'it used more than 128 MiB'],
  ['buffer', 'it used more than 128 MiB'],
  ['buffersLater', 'it used more than 128 MiB'],
  ['texts', /^the policy's process ended: it (?:used more than 128 MiB|ran out of memory)$/],
];

for (const [deed, reason] of crashes) {
  test.serial(`a policy that brings its process down fails its question and is started again: ${deed}`, async (t) => {
    const trial = await PolicyTrial.open(t, obedient);
    const {pid} = trial;
    const reply = await trial.ask(deed);
    if (typeof reason === 'string') t.deepEqual(reply, ended(reason));
    else t.regex(reply.type === 'failed' ? reply.reason : '', reason);
    t.is((await trial.told('ended')).restartMs, 0);
    t.deepEqual(await trial.ask('ok'), returned(trial.pid));
    t.false(isRunning(pid));
  });
}

test.serial('garbage is not taken for memory in use', async (t) => {
  const trial = await PolicyTrial.open(t, obedient, {memoryLimitMiB: 32});
  t.deepEqual(await trial.ask('churn'), returned(true));
});

test.serial('the smallest limit leaves enough to answer many questions', async (t) => {
  const trial = await PolicyTrial.open(t, obedient, {memoryLimitMiB: 16});
  for (let i = 0; i < 2_000; i++) t.deepEqual(await trial.ask('ok'), returned(trial.pid));
  t.is(trial.all('loaded').length, 1);
});

test.serial('whoever waits beside a question that ends the process is asked again', async (t) => {
  const trial = await PolicyTrial.open(t, obedient);
  const [slow, exit] = await Promise.all([trial.ask('slow'), trial.ask('exit')]);
  t.deepEqual(exit, ended('it ended with status 3'));
  t.deepEqual(slow, returned(trial.pid));
  t.is(trial.all('loaded').length, 2);
});

test.serial('where it cannot be told which question ended the process, each is asked again alone', async (t) => {
  const trial = await PolicyTrial.open(t, obedient);
  const [slow, exit, other] = await Promise.all([trial.ask('slow'), trial.ask('exitLater'), trial.ask('slow')]);
  const second = trial.all('loaded')[1]!.pid;
  t.deepEqual(slow, returned(second));
  t.deepEqual(exit, ended('it ended with status 3'));
  // The process ended twice without having been of use for long, so nobody is asked for a moment.
  t.is(other.type, 'unavailable');
});

test.serial('whoever waits beside a promise that was not kept because the process loops is asked again', async (t) => {
  const timers = new ManualTimers();
  const trial = await PolicyTrial.open(t, obedient, {timeLimitMs: 1_000, timers});
  const late = trial.ask('never');
  await trial.ask('ok');
  timers.pass(500);
  const innocent = trial.ask('secondTime');
  t.deepEqual(await trial.ask('loopSoon'), returned('soon'));
  // A ping that comes before is answered.
  await until(() => existsSync(join(trial.folder, 'loops')));
  timers.pass(500);
  t.deepEqual(await late, {type: 'failed', reason: 'no answer within 1000 ms'});
  timers.pass(250);
  await trial.told('loaded', 2);
  t.deepEqual(await innocent, returned(trial.pid));
});

test.serial(
  'a process that ends again and again is started after growing pauses, in which nobody is asked',
  async (t) => {
    const timers = new ManualTimers();
    const trial = await PolicyTrial.open(t, obedient, {timers});
    let changes = 0;
    trial.worker.onChange(() => changes++);
    const handles = () => trial.worker.handles('callback', 'user_signup');
    const pauses: number[] = [];
    for (let crash = 1; crash <= 4; crash++) {
      const [reply, behind] = await Promise.all([trial.ask('exit'), trial.ask('ok')]);
      t.deepEqual(reply, ended('it ended with status 3'));
      const {restartMs} = await trial.told('ended', crash);
      pauses.push(restartMs);
      if (restartMs === 0) {
        t.true(handles());
        t.is(behind.type, 'returned');
        continue;
      }
      t.is(behind.type, 'unavailable', 'what waits is not held up');
      t.false(handles());
      t.is((await trial.ask('ok')).type, 'unavailable');
      const before = changes;
      timers.pass(restartMs - 1);
      t.false(handles());
      timers.pass(1);
      await trial.told('loaded', crash + 1);
      t.true(handles());
      t.is(changes, before + 1);
    }
    t.deepEqual(pauses, [0, 100, 200, 400]);
    // A process that has been of use for a while begins anew.
    t.is((await trial.ask('ok')).type, 'returned');
    timers.pass(1_000);
    await trial.ask('exit');
    t.is((await trial.told('ended', 5)).restartMs, 0);
  },
);

test.serial('a process that ends while nothing is asked is started again', async (t) => {
  const trial = await PolicyTrial.open(t, obedient);
  t.deepEqual(await trial.ask('exitInTimer'), returned('soon'));
  await trial.told('loaded', 2);
  t.is(trial.all('ended')[0]!.error.message, "the policy's process ended: it ended with status 3");
  t.deepEqual(await trial.ask('ok'), returned(trial.pid));
});

test.serial('a process that somebody else kills is started again', async (t) => {
  const trial = await PolicyTrial.open(t, obedient);
  process.kill(trial.pid, 'SIGKILL');
  await trial.told('loaded', 2);
  t.is(trial.all('ended')[0]!.error.message, "the policy's process ended: it was ended by SIGKILL");
});

test.serial('signals that are meant for the tower leave the policy alone', async (t) => {
  const trial = await PolicyTrial.open(t, obedient);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.kill(trial.pid, signal);
    t.deepEqual(await trial.ask('slow'), returned(trial.pid));
  }
  t.is(trial.all('loaded').length, 1);
});

const lines = (events: readonly PolicyEvent[]) =>
  events.flatMap((event) => (event.type === 'output' ? [[event.stream, event.line]] : []));

test.serial('what a policy writes is told line by line, but for lines without a word', async (t) => {
  const trial = await PolicyTrial.open(
    t,
    "console.log('loading'); export const user_signup = () => { console.error('\\u001b[31mtwo\\nlines\\n\\nend'); };",
  );
  await trial.ask('');
  await until(() => lines(trial.events).length >= 4);
  t.deepEqual(lines(trial.events), [
    ['stdout', 'loading'],
    ['stderr', ' [31mtwo'],
    ['stderr', 'lines'],
    ['stderr', 'end'],
  ]);
});

test.serial('a policy that writes for ever is told in part, and is ended like any other that hangs', async (t) => {
  const timers = new ManualTimers();
  const trial = await PolicyTrial.open(
    t,
    "export const user_signup = () => { for (let i = 0;; i++) console.log('x'.repeat(80), i); };",
    {timeLimitMs: 200, timers},
  );
  const reply = trial.ask('');
  await trial.told('output', 100);
  // It has begun, so its time passes from here.
  timers.pass(200);
  t.deepEqual(await reply, tooLate);
  timers.pass(250);
  await trial.told('ended');
  t.is(trial.all('output').length, 100);
});
