import {execFile} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import test from 'ava';
import {benchmarks} from '../../bench/benchmarks.js';
import {regtestTest} from '../support/regtest.js';

const program = fileURLToPath(new URL('../../bench/main.js', import.meta.url));
const onBitcoind = ['catch-up', 'notification'];

/** The first column of the table that a quick run prints. */
async function quickly(...names: string[]): Promise<string[]> {
  const {stdout} = await promisify(execFile)(process.execPath, ['--expose-gc', program, '--quick', ...names]);
  const [, , ...rows] = stdout.trimEnd().split('\n');
  return rows.map((row) => row.split('|')[1]!.trim());
}

test.serial('every benchmark that needs no bitcoind measures what it is for', async (t) => {
  const names = Object.keys(benchmarks).filter((name) => !onBitcoind.includes(name));
  const figures = await quickly(...names);
  const expected = [
    /^empty block/,
    /^open a store/,
    /^delete/,
    /^undo/,
    /^simulation/,
    /^roll back/,
    /^a year of/,
    /^exploration/,
    /registrations on disk/,
    /^\/add_appointment, 64 connections/,
    /^\/get_subscription_info/,
    /^\/register/,
    /^recover the key of a signature/,
    /^open a tower of [\d,]+ appointments/,
    /^[\d,]+ mixed requests/,
    /requests on disk/,
    /recorded answers/,
    /that decides \d+ requests/,
    /^slowest block, a policy/,
    /^longest stall, a policy/,
  ];
  for (const figure of expected)
    t.true(
      figures.some((row) => figure.test(row)),
      String(figure),
    );
});

regtestTest('the benchmarks against a bitcoind measure what they are for', async (t) => {
  const figures = await quickly(...onBitcoind);
  for (const figure of [/^catch-up/, /^ZMQ message/])
    t.true(
      figures.some((row) => figure.test(row)),
      String(figure),
    );
});

test('an unknown benchmark is named, with those there are', async (t) => {
  const error = await t.throwsAsync(quickly('nonsense'));
  const {code, stderr} = error as Error & {code: number; stderr: string};
  t.is(code, 2);
  t.regex(stderr, /no benchmark nonsense[\s\S]*empty-block, open/);
});
