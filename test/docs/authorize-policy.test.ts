import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {run, start, temporaryDirectory} from '../cli/harness.js';
import {blocksIn, callsOf, patternOf, sectionOf, wordsOf} from './console.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const section = sectionOf(readFileSync(join(root, 'docs/guides/authorize.md'), 'utf8'), 'A policy file');

test('the guide shows the example policy as it is', (t) => {
  t.deepEqual(blocksIn(section, 'js'), [readFileSync(join(root, 'examples/policy/policy.mjs'), 'utf8')]);
});

test('the example policy decides as the guide shows', async (t) => {
  const cwd = await temporaryDirectory(t);
  const [server, ...calls] = blocksIn(section, 'console').flatMap(callsOf);
  t.true(calls.length >= 6);
  // Generous: the machine that runs the tests may be busy.
  const limit = ['--auth-policy-time-limit', '30000'];
  const tower = start(t, [...wordsOf(server!.command.replace('examples/', join(root, 'examples/'))), ...limit], {cwd});
  await tower.said('stderr', /state=synced/);
  t.regex(await tower.said('stdout', /^data /m), patternOf(server!.shown));
  for (const {command, shown} of calls) {
    const {stdout, stderr} = await run(t, wordsOf(command), {cwd});
    t.regex(stdout, patternOf(shown), `${command}: ${stderr}`);
    // A reader's next command comes later than the answers of the checks.
    if (command.includes(' mine ')) await tower.said('stderr', /(?:event=answer_recorded[^]*){2}/);
  }
});
