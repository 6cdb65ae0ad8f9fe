import {execFile} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {mainPath, run, start, temporaryDirectory} from '../cli/harness.js';
import {haveBitcoind, regtestTest} from '../support/regtest.js';
import {blocksIn, callsOf, patternOf} from './console.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const execute = promisify(execFile);

const blocksOf = (language: string): string[] => blocksIn(readme, language);

/** The lines of a block that call for a pattern, with comments and `npx` taken off. */
const commandLine = (line: string): string[] =>
  line
    .replace(/\s+#.*$/, '')
    .replace(/^npx bartizan /, '')
    .split(/\s+/);

test('the README is at most 120 lines long', (t) => {
  t.true(readme.trimEnd().split('\n').length <= 120);
});

test('every page that the README leads to is there', (t) => {
  for (const [, path] of readme.matchAll(/\]\((?!http)([^)#]+)/g)) {
    t.notThrows(() => readFileSync(join(root, path!)), path);
  }
});

test('npm start prints what the README shows', async (t) => {
  const [story] = blocksOf('console').flatMap(callsOf);
  t.is(story!.command, 'npm start');
  const {scripts} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {scripts: {start: string}};
  const words = scripts.start.split(' ');
  t.deepEqual(words.slice(0, 2), ['node', 'bin/bartizan.js']);
  const {status, stdout} = await run(t, words.slice(2), {cwd: root});
  t.is(status, 0);
  t.regex(stdout.slice(0, stdout.indexOf('\nTry next')), patternOf(story!.shown));
});

test('the commands of the README print what it shows, on a simulated chain', async (t) => {
  const cwd = await temporaryDirectory(t);
  const [server, ...calls] = blocksOf('console').slice(1, 3).flatMap(callsOf);
  t.deepEqual(
    calls.map(({command}) => command.split(' ').slice(2, 4).join(' ')),
    ['client register', 'client add-appointment'],
  );
  const tower = start(t, commandLine(server!.command), {cwd});
  await tower.said('stderr', /state=synced/);
  // Another port than the usual one, which may be taken here.
  const printed = await tower.said('stdout', /^api .*\n/m);
  t.regex(printed, patternOf(server!.shown.replace('127.0.0.1:9814', '127.0.0.1:…')));
  const [, id] = /^tower +(\w+)$/m.exec(printed)!;
  const [, address] = /^api +http:\/\/(.*)$/m.exec(printed)!;
  for (const {command, shown} of calls) {
    const args = commandLine(command.replace('ID@127.0.0.1:9814', `${id}@${address}`));
    const {status, stdout, stderr} = await run(t, args, {cwd});
    t.is(status, 0, `${command}: ${stderr}`);
    t.regex(stdout, patternOf(shown), command);
  }
});

test('every invariant holds in the exploration that the README shows', async (t) => {
  const [exploration] = blocksOf('console').slice(3).flatMap(callsOf);
  const {status, stdout} = await run(t, commandLine(exploration!.command), {cwd: await temporaryDirectory(t)});
  t.is(status, 0);
  t.regex(stdout, patternOf(`${exploration!.shown.trimEnd()}\n…`));
});

test('the scenario of the README ends as it expects, on the simulated chain', async (t) => {
  await playScenario(t);
});

if (haveBitcoind) {
  regtestTest('the scenario of the README ends as it expects on a real bitcoind, in the same state', async (t) => {
    t.is(await playScenario(t, '--chain', 'bitcoind'), await playScenario(t));
  });
}

regtestTest('the commands of the README let a user live, die and come back on a real bitcoind', async (t) => {
  const cwd = await temporaryDirectory(t);
  const [servers, story] = blocksOf('sh').filter((block) => !block.startsWith('npm'));
  const [regtestLine, runLine] = servers!.trim().split('\n');
  // Other ports than the usual ones, which may be taken here.
  const node = start(t, [...commandLine(regtestLine!), '--rpc-port', '0', '--zmq-port', '0', '--json'], {cwd});
  t.teardown(async () => {
    node.child.kill('SIGTERM');
    await node.ended;
  });
  const {rpc_port, zmq} = JSON.parse(await node.said('stdout', /\n/)) as Record<string, string>;
  const ports = ['--btc-rpc-port', String(rpc_port), '--btc-feed-port', new URL(zmq!).port];
  const tower = start(t, [...commandLine(runLine!), ...ports], {cwd});
  await tower.said('stderr', /state=synced/);

  const outputs: string[] = [];
  for (const line of story!.trim().split('\n')) {
    const command = line.replace(/\s+#.*$/, '').replace('npx bartizan', `${process.execPath} ${mainPath}`);
    const {stdout} = await execute('bash', ['-c', command], {cwd});
    outputs.push(stdout);
    if (line.includes('-generate 101')) await tower.said('stderr', /height=101 /);
    if (line.includes('-generate 26')) await tower.said('stderr', /height=127 /);
    if (line.includes('invalidateblock')) await tower.said('stderr', /event=block_disconnected height=127 /);
  }
  const users = outputs.filter((_, i) => story!.trim().split('\n')[i]!.includes(' users '));
  t.regex(users[0]!, /^0 users at tip 127/);
  t.regex(users[1]!, /^1 user at tip 126/);
});

async function playScenario(t: ExecutionContext, ...flags: string[]): Promise<string> {
  const cwd = await temporaryDirectory(t);
  await writeFile(join(cwd, 'story.yaml'), blocksOf('yaml')[0]!);
  const {status, stdout, stderr} = await run(t, ['sim', 'story.yaml', '--json', ...flags], {cwd});
  t.is(status, 0, stderr + stdout);
  return (JSON.parse(stdout) as {digest: string}).digest;
}
