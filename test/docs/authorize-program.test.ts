import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {run} from '../cli/harness.js';
import {ExampleProcess} from '../e2e/support/example-process.js';
import {blocksIn, callsOf, patternOf, sectionOf, wordsOf} from './console.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const section = sectionOf(readFileSync(join(root, 'docs/guides/authorize.md'), 'utf8'), 'Your own program');
const [calls, example] = blocksIn(section, 'console').map(callsOf);

test('the guide shows the smallest program as it is', (t) => {
  t.deepEqual(blocksIn(section, 'js'), [readFileSync(join(root, 'examples/own-loop/program.mjs'), 'utf8')]);
});

test('the commands of the guide work on the tower of a program as they show', async (t) => {
  const program = new ExampleProcess(t, 'own-loop/program.mjs', []);
  await program.says(/is ready/);
  t.true(calls!.length >= 2);
  for (const {command, shown} of calls!) {
    const {stdout, stderr} = await run(t, wordsOf(command), {cwd: program.folder});
    t.regex(stdout, patternOf(shown), `${command}: ${stderr}`);
    if (command.includes('submit')) await program.says(/is decided/);
  }
});

test('npm run example prints what the guide shows', async (t) => {
  const [{command, shown}] = example as [{command: string; shown: string}];
  t.is(command, 'npm run example');
  const {scripts} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {scripts: {example: string}};
  const killed = new ExampleProcess(t, scripts.example.replace('node examples/', ''), []);
  t.is(await killed.ended, 0, killed.errors);
  t.regex(killed.lines.join('\n'), patternOf(shown));
});
