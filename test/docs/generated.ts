import {readFile, writeFile} from 'node:fs/promises';
import type {ExecutionContext} from 'ava';

/**
 * Holds the generated part of a page against what it is generated from. With UPDATE_DOCS=1 in the environment it writes
 * the page instead.
 */
export async function holdsGenerated(t: ExecutionContext, page: string, name: string, text: string): Promise<void> {
  const url = new URL(`../../../docs/reference/${page}`, import.meta.url);
  const [before, rest] = (await readFile(url, 'utf8')).split(`<!-- generated: ${name} -->\n`) as [string, string];
  const after = rest.slice(rest.indexOf('<!-- /generated -->'));
  const generated = `${before}<!-- generated: ${name} -->\n${text}${after}`;
  if (process.env['UPDATE_DOCS'] === '1') await writeFile(url, generated);
  t.is(await readFile(url, 'utf8'), generated, `UPDATE_DOCS=1 npx ava dist/test/docs writes docs/reference/${page}`);
}
