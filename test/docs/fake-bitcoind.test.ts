import {execFile} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import test from 'ava';
import {parse} from 'yaml';
import {commands, faultKinds, FakeBitcoind, readScript} from '../../src/chain/bitcoind/fake/index.js';
import {start, temporaryDirectory} from '../cli/harness.js';
import {aFreePort} from '../support/free-port.js';
import {blocksIn, callsOf, patternOf, sectionOf} from './console.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const page = readFileSync(join(root, 'docs/reference/fake-bitcoind.md'), 'utf8');
const example = 'examples/fake-bitcoind/follower.test.mjs';

/** The first cells of the table in a section. */
const firstCells = (heading: string): string[] =>
  [...sectionOf(page, heading).matchAll(/^\| `(\w+)` \|/gm)].map(([, cell]) => cell!);

test('the page names every command, what it takes, every fault and every method', async (t) => {
  t.deepEqual(
    firstCells('Commands'),
    Object.keys(commands).map((name) => `fake${name}`),
  );
  t.deepEqual(firstCells('Faults'), [...faultKinds]);
  for (const [name, {parameters}] of Object.entries(commands)) {
    if (name === 'fault') continue;
    const row = page.split('\n').find((line) => line.startsWith(`| \`fake${name}\` |`))!;
    for (const parameter of parameters) t.true(row.split('|')[2]!.includes(`\`${parameter}\``), `${name} ${parameter}`);
  }
  for (const [, path] of page.matchAll(/\]\((?!http|#)([^)#]+)/g))
    t.true(existsSync(join(root, 'docs/reference', path!)));
});

test('the program of the page passes its own tests', async (t) => {
  t.deepEqual(blocksIn(page, 'js'), [readFileSync(join(root, example), 'utf8')]);
  const {stdout} = await promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap', join(root, example)]);
  t.regex(stdout, /^# pass 2$/m);
});

test('the script of the page is one', (t) => {
  const [script] = blocksIn(page, 'yaml');
  t.deepEqual(readScript(parse(script!)).problems, []);
});

test('whoever follows the page sees what it shows, and can call every method that it lists', async (t) => {
  const cwd = await temporaryDirectory(t);
  const [call] = blocksIn(page, 'console').flatMap(callsOf);
  const [rpc, zmq] = [await aFreePort(), await aFreePort()].map(String) as [string, string];
  const here = (text: string): string => text.replaceAll('28443', rpc).replaceAll('28442', zmq);
  const bitcoind = start(t, here(call!.command.replace('npx bartizan ', '')).split(' '), {cwd});
  const shown = await bitcoind.said('stdout', /--btc-rpc-cookie .*\n/);
  t.regex(shown, patternOf(here(call!.shown)));
  bitcoind.child.kill('SIGTERM');
  t.is((await bitcoind.ended).status, 0);
});

test('the page lists the methods that there are', async (t) => {
  const bitcoind = await FakeBitcoind.start({users: [{user: 'a', password: 'b'}]});
  t.teardown(() => bitcoind.stop());
  const response = await fetch(bitcoind.rpcUrl, {
    method: 'POST',
    headers: {authorization: `Basic ${Buffer.from('a:b').toString('base64')}`},
    body: JSON.stringify({id: 1, method: 'help'}),
  });
  const {result} = (await response.json()) as {result: string};
  const known = result.split('\n').map((line) => line.split(' ')[0]!);
  const [listed] = sectionOf(page, 'What it answers').split('single\n');
  t.deepEqual(
    [...listed!.matchAll(/`(\w+)`/g)].map(([, name]) => name!).sort(),
    known.filter((name) => !name.startsWith('fake')),
  );
});
