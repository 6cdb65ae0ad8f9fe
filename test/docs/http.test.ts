import {readFile} from 'node:fs/promises';
import test from 'ava';
import {authPaths, authSchemas} from '../../src/api/public/auth/openapi.js';
import {authAnswers} from '../../src/api/public/auth/refusals.js';
import {holdsGenerated} from './generated.js';

const page = () => readFile(new URL('../../../docs/reference/http.md', import.meta.url), 'utf8');

test.serial('the page shows how the errors of devices are answered', async (t) => {
  const rows = Object.entries(authAnswers).map(([name, {status, code}]) => `| \`${name}\` | ${status} | ${code} |`);
  const head = ['| `code` | status | `error_code` |', '|---|---|---|'];
  await holdsGenerated(t, 'http.md', 'auth-errors', `\n${[...head, ...rows].join('\n')}\n\n`);
});

test.serial('the page names every endpoint of devices, and the fields of what it answers', async (t) => {
  const text = await page();
  for (const [path, operations] of Object.entries(authPaths)) {
    for (const method of Object.keys(operations)) {
      t.true(text.includes(`| \`${method.toUpperCase()} ${path}\` |`), `${method} ${path}`);
    }
  }
  for (const schema of ['AuthRequest', 'DeviceStatus', 'AuthInfo', 'AuthError']) {
    const {properties} = authSchemas[schema] as {properties: Record<string, unknown>};
    for (const name of Object.keys(properties))
      t.true(text.includes(`\`${name}\``) || text.includes(`"${name}"`), name);
  }
});
