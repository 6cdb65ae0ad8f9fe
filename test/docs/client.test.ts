import {execFile} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import * as client from '../../src/client/index.js';
import {depositBy, fakeTower, refuses, registrationBy, userKey} from '../client/fake-tower.js';
import {mainPath, start, temporaryDirectory} from '../cli/harness.js';
import {ExampleProcess} from '../e2e/support/example-process.js';
import {teosProtocol as known} from '../support/teos-protocol.js';
import {blocksIn, callsOf, patternOf, sectionOf} from './console.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const guides = join(root, 'docs/guides');
const guide = readFileSync(join(guides, 'client.md'), 'utf8');
const program = sectionOf(guide, 'In a program');
const execute = promisify(execFile);
const usualPort = '9814';

test('every page that the guide leads to is there', (t) => {
  for (const [, path] of guide.matchAll(/\]\((?!http)([^)#]+)/g)) t.true(existsSync(join(guides, path!)), path);
});

/** Runs what a section shows: its first call is a tower, the others are made while it runs. */
async function follow(
  t: ExecutionContext,
  {heading, leastCalls, cwd}: {heading: string; leastCalls: number; cwd: string},
): Promise<{id: string; port: string}> {
  const [server, ...calls] = blocksIn(sectionOf(guide, heading), 'console').flatMap(callsOf);
  const tower = start(t, server!.command.replace('npx bartizan ', '').split(' '), {cwd});
  await tower.said('stderr', /synced/);
  const shown = await tower.said('stdout', /^api .*\n/m);
  const [, id = '', port = ''] = /^tower +(\S+)[^]*^api +http:\/\/127\.0\.0\.1:(\d+)$/m.exec(shown)!;
  t.regex(shown, patternOf(server!.shown.replace(usualPort, port)));
  t.true(calls.length >= leastCalls);
  for (const {command, shown: expected} of calls) {
    const line = command
      .replaceAll('npx bartizan', `'${process.execPath}' '${mainPath}'`)
      .replace(`ID@127.0.0.1:${usualPort}`, `${id}@127.0.0.1:${port}`);
    const {stdout} = await execute('bash', ['-c', `${line} 2>&1; true`], {cwd, env: {...process.env, HOME: cwd}});
    t.regex(stdout, patternOf(expected), command);
  }
  return {id, port};
}

test('a user who follows the guide sees what it shows', async (t) => {
  const cwd = await temporaryDirectory(t);
  await writeFile(join(cwd, 'penalty.hex'), `${known.penaltyTx}\n`);
  const {id, port} = await follow(t, {heading: 'On the command line', leastCalls: 9, cwd});

  t.deepEqual(blocksIn(program, 'js'), [readFileSync(join(root, 'examples/client/deposit.mjs'), 'utf8')]);
  const [ran] = blocksIn(program, 'console').flatMap(callsOf);
  const other = join(cwd, 'other.key');
  await writeFile(other, '5e'.repeat(32));
  const args = [`${id}@127.0.0.1:${port}`, other, known.disputeTxid, known.penaltyTx];
  const example = new ExampleProcess(t, 'client/deposit.mjs', args, {folder: cwd});
  t.is(await example.ended, 0, example.errors);
  t.regex(example.lines.join('\n'), patternOf(ran!.shown));
});

test('a user who has to be let in follows the guide and sees what it shows', async (t) => {
  const cwd = await temporaryDirectory(t);
  await follow(t, {heading: 'Towers that ask who you are', leastCalls: 6, cwd});
});

test('the program of the guide goes on when the tower is busy, and registers when it has to', async (t) => {
  let asked = 0;
  const busy = {error: 'Service currently unavailable', error_code: 32};
  const tower = await fakeTower(t, (path, body) => {
    if (++asked % 2 === 1) return refuses(503, busy, {'retry-after': '0'});
    if (asked === 2) return refuses(401, {error: 'no', error_code: 7});
    return path === '/register' ? registrationBy() : depositBy(body);
  });
  const folder = await temporaryDirectory(t);
  await writeFile(join(folder, 'user.key'), known.userSecretKey);
  const args = [tower.address, 'user.key', known.disputeTxid, known.penaltyTx];
  const example = new ExampleProcess(t, 'client/deposit.mjs', args, {folder});
  t.is(await example.ended, 0, example.errors);
  t.regex(example.lines.join('\n'), /is watched from block 101, 9 slots left/);
  t.deepEqual(
    tower.heard.map(({path}) => path.slice(1)),
    ['add_appointment', 'add_appointment', 'register', 'register', 'add_appointment', 'add_appointment'],
  );
  t.true(existsSync(join(folder, 'receipts', client.parseTowerAddress(tower.address).towerId!, userKey.publicKey)));
});

test('the guide has a row for every code that a client acts on', (t) => {
  const codes = [...program.matchAll(/^\| (\d+) \| /gm)].map(([, code]) => Number(code));
  t.deepEqual(
    Object.values(client.towerErrorCodes).filter((code) => !codes.includes(code)),
    [],
  );
});

test('every name that the guide takes from the library is one', (t) => {
  const calls = [...program.matchAll(/`(\w+)\(/g)].map(([, name]) => name!);
  t.true(calls.length > 10);
  for (const name of calls) t.true(name in client.TowerClient.prototype, name);
  for (const [, name] of program.matchAll(/^\| `([A-Z]\w+)` \| `TOWER_/gm)) t.true(name! in client, name);
  for (const name of ['encryptPenalty', 'decryptPenalty', 'locatorOf', 'isSigned', 'recoverKey', 'parseTowerAddress']) {
    t.true(program.includes(`\`${name}\``));
    t.true(name in client, name);
  }
});
