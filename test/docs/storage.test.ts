import {readFile} from 'node:fs/promises';
import test from 'ava';
import {maxClosedRequests, requestKeptBlocks} from '../../src/gatekeeper/auth/limits.js';
import {layout} from '../../src/store/index.js';

const page = new URL('../../../docs/reference/storage.md', import.meta.url);
const layoutSource = new URL('../../../src/store/layout.ts', import.meta.url);

test('the page of the store lists the tables of the key table, and marks as state what the digest covers', async (t) => {
  const rows = [...(await readFile(page, 'utf8')).matchAll(/^\| (S?) *\| `(\w+)!([^`]*)`/gm)];
  const listed = [...new Set(rows.map(([, state, table]) => `${state} ${table}`))].sort();
  const source = await readFile(layoutSource, 'utf8');
  const comment = source.slice(0, source.indexOf('*/'));
  const tables = [...comment.matchAll(/^ \* (S| ) (\w+)!/gm)].map(([, state, table]) => `${state?.trim()} ${table}`);
  t.deepEqual(listed, [...new Set(tables)].sort());
  const ofState = listed.filter((row) => row.startsWith('S')).map((row) => row.slice(2));
  t.deepEqual(ofState, [...layout.stateTables]);
});

test('the page of the store says how long closed requests are kept, and how many', async (t) => {
  const text = await readFile(page, 'utf8');
  const inWords = (count: number) => count.toLocaleString('en-US');
  t.true(text.includes(`kept for ${inWords(requestKeptBlocks)} blocks`));
  t.true(text.includes(`forgotten ${inWords(requestKeptBlocks)} blocks later`));
  t.true(text.includes(`more than ${inWords(maxClosedRequests)} closed ones`));
  t.regex(text, new RegExp(`^\\| ${layout.schemaVersion} \\| `, 'm'), 'and what the schema in force has brought');
});
