import {readFile} from 'node:fs/promises';
import test from 'ava';
import {run} from '../cli/harness.js';
import {blocksIn, callsOf, patternOf, wordsOf} from './console.js';

const guide = await readFile(new URL('../../../docs/guides/foresee.md', import.meta.url), 'utf8');
const calls = blocksIn(guide, 'console').flatMap(callsOf);

for (const {command, shown} of calls) {
  test(`the guide shows what it prints: ${command}`, async (t) => {
    const {status, stdout, stderr} = await run(t, wordsOf(command), {cwd: process.cwd()});
    t.is(status, 0, stderr);
    t.regex(stdout, patternOf(shown));
  });
}
