import {readFile} from 'node:fs/promises';
import test from 'ava';
import {type ErrorMeaning, errorCodes} from '../../src/errors/index.js';

const page = new URL('../../../docs/reference/errors.md', import.meta.url);

const rowOf = ([code, {family, meaning, hint, exit}]: [string, ErrorMeaning]): string =>
  `| \`${code}\` | ${family} | ${exit ?? 1} | ${meaning} | ${hint.replaceAll('|', '\\|')} |`;

test('the page of errors lists every code of the table with its family, exit status, meaning and hint, and no other', async (t) => {
  const text = await readFile(page, 'utf8');
  const listed = text.split('\n').filter((line) => line.startsWith('| `'));
  t.deepEqual([...listed].sort(), Object.entries(errorCodes).map(rowOf).sort());
});
