import {execFile} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import test from 'ava';
import {mainPath, start, temporaryDirectory} from '../cli/harness.js';
import {blocksIn, callsOf, patternOf} from './console.js';

const guides = fileURLToPath(new URL('../../../docs/guides/', import.meta.url));
const guide = readFileSync(join(guides, 'operate.md'), 'utf8');
const execute = promisify(execFile);

const anchorsOf = (page: string): string[] =>
  [...page.matchAll(/^##+ (.*)$/gm)].map(([, title]) =>
    title!.toLowerCase().replaceAll(' ', '-').replaceAll(/[`,]/g, ''),
  );

test('every page and section that the guide leads to is there', (t) => {
  for (const [, path, anchor] of guide.matchAll(/\]\((?!http)([^)#]*)(?:#([^)]+))?\)/g)) {
    t.true(existsSync(join(guides, path!)), path);
    if (anchor === undefined) continue;
    const page = path === '' ? guide : readFileSync(join(guides, path!), 'utf8');
    t.true(anchorsOf(page).includes(anchor), `${path}#${anchor}`);
  }
});

test('an operator who follows the guide sees what it shows', async (t) => {
  const cwd = await temporaryDirectory(t);
  const [server, ...calls] = blocksIn(guide, 'console').flatMap(callsOf);
  t.true(calls.length >= 9);
  const tower = start(t, server!.command.replace('npx bartizan ', '').split(' '), {cwd});
  await tower.said('stderr', /event=state_changed state=synced/);
  t.regex(await tower.said('stdout', /^api /m), patternOf(server!.shown));
  for (const {command, shown} of calls) {
    const line = command.replaceAll('npx bartizan', `'${process.execPath}' '${mainPath}'`);
    const {stdout} = await execute('bash', ['-c', line], {cwd});
    t.regex(stdout, patternOf(shown), command);
    if (command.includes(' stop ')) t.is((await tower.ended).status, 0);
  }
});
