import {execFile} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import test from 'ava';
import {mainPath, start, temporaryDirectory} from '../cli/harness.js';
import {blocksIn, callsOf, patternOf, sectionOf} from './console.js';

const guides = fileURLToPath(new URL('../../../docs/guides/', import.meta.url));
const guide = readFileSync(join(guides, 'authorize.md'), 'utf8');
const execute = promisify(execFile);

test('every page and section that the guide leads to is there', (t) => {
  const anchors = [...guide.matchAll(/^##+ (.*)$/gm)].map(([, title]) => title!.toLowerCase().replaceAll(' ', '-'));
  for (const [, path, anchor] of guide.matchAll(/\]\((?!http)([^)#]*)(?:#([^)]+))?\)/g)) {
    if (path === '') t.true(anchors.includes(anchor!), anchor);
    else t.true(existsSync(join(guides, path!)), path);
  }
});

test('an operator who follows the guide sees what it shows', async (t) => {
  const cwd = await temporaryDirectory(t);
  const [server, ...calls] = blocksIn(sectionOf(guide, 'An operator'), 'console').flatMap(callsOf);
  t.true(calls.length >= 10);
  const tower = start(t, server!.command.replace('npx bartizan ', '').split(' '), {cwd});
  await tower.said('stderr', /state=synced/);
  t.regex(await tower.said('stdout', /^data /m), patternOf(server!.shown));
  for (const {command, shown} of calls) {
    const line = command.replaceAll('npx bartizan', `'${process.execPath}' '${mainPath}'`);
    const {stdout} = await execute('bash', ['-c', line], {cwd});
    t.regex(stdout, patternOf(shown), command);
  }
});
