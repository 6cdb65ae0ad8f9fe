import {readdirSync} from 'node:fs';
import test from 'ava';
import {open} from '../../src/index.js';
import {submissionTo} from '../support/devices.js';
import {tempDir} from '../support/temp-dir.js';
import {killSeed, liveThroughKills} from './support/auth-async.js';
import {ExampleProcess} from './support/example-process.js';

const {KILLS, CI = ''} = process.env;
/** A kill costs nearly a second, most of it for loading the program. */
const kills = Number(KILLS ?? (CI === '' ? 15 : 100));

test.serial(
  `the example decides every request once, over ${kills} kills on the simulated chain (KILL_SEED=${killSeed})`,
  async (t) => {
    t.timeout(600_000);
    await liveThroughKills(t, {kills, uri: 'chain=simulated'});
  },
);

test.serial('a request for which no callback was there yet is decided by the example once', async (t) => {
  const dataDir = tempDir(t);
  const db = open(`file:${dataDir}?auth=user`);
  await db.ready();
  for (const device of [1, 2]) {
    await db.tower.auth.submit(submissionTo({id: db.tower.id, tip: db.tower.tip!}, {device, node: {name: 'stranger'}}));
  }
  await db.close();
  const example = new ExampleProcess(t, 'auth-async/main.mjs', [`file:${dataDir}?auth=user`, '0']);
  t.is(await example.ended, 0, example.errors);
  t.true(example.lines.includes('still pending, and decided now: 2'));
  t.deepEqual(
    example.lines.filter((line) => /^request [12] /.test(line)),
    ['request 1 denied: unknown name or password', 'request 2 denied: unknown name or password'],
  );
});

test.serial('npm run example shows the kill, and that what was pending is decided after it', async (t) => {
  const example = new ExampleProcess(t, 'auth-async/killed.mjs', []);
  t.is(await example.ended, 0, example.errors);
  const kill = example.lines.findIndex((line) => line.startsWith('--- killed'));
  const [before, after] = [example.lines.slice(0, kill), example.lines.slice(kill)];
  t.true(before.some((line) => line.includes('received')));
  t.false(before.some((line) => line.startsWith('every device')));
  t.true(after.some((line) => /^still pending, and decided now: \d/.test(line)));
  t.regex(after.at(-1)!, /^every device has its answer/);
});

test.serial('with a wrong URI the example says what is wrong and what to do, and ends with status 2', async (t) => {
  const example = new ExampleProcess(t, 'auth-async/main.mjs', ['file:demo?auth=usr']);
  t.is(await example.ended, 2);
  t.regex(example.errors, /^error: auth is "usr".*\nhint: .+\n$/);
});

test.serial('the example runs in its own folder without any argument', async (t) => {
  const example = new ExampleProcess(t, 'auth-async/main.mjs', []);
  t.is(await example.ended, 0, example.errors);
  t.regex(example.lines[0]!, /^note: nothing listens on tcp:\/\/0\.0\.0\.0:1234/);
  t.is(example.errors, '');
  t.deepEqual(readdirSync(example.folder), ['auth-async.db']);
});
