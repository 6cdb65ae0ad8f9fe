import {readFile} from 'node:fs/promises';
import test from 'ava';
import {frame} from '../../src/cli/watch/frame.js';
import {anActivity} from '../cli/watch/an-activity.js';
import {blocksIn, sectionOf} from './console.js';

/** The names of facts, which stand at the left or in the middle of a line before two spaces. */
const namesIn = (lines: readonly string[]): string[] =>
  lines
    .slice(2, lines.indexOf('last events'))
    .flatMap((line) => line.match(/(?<=^| {3})[a-z]+( far)?(?= {2,})/g) ?? []);

test('the picture in the guide has the form of one of now', async (t) => {
  const page = await readFile(new URL('../../../docs/guides/operate.md', import.meta.url), 'utf8');
  const lines = blocksIn(sectionOf(page, 'Watching it'), 'text')[0]!.trimEnd().split('\n');
  t.is(lines.length, 24);
  for (const line of lines) t.true([...line].length <= 80, line);
  const now = frame({activity: anActivity, gone: undefined}, {columns: 80, rows: 24, now: new Date()});
  t.true(namesIn(now).length > 8);
  t.deepEqual(namesIn(lines), namesIn(now));
});
