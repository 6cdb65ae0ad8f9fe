import {readFileSync} from 'node:fs';
import test from 'ava';
import {openApiDocument} from '../../src/api/public/openapi/document.js';
import {wireCodes} from '../../src/api/public/refusal.js';
import {type Step, transcript} from '../api/public/support/transcript.js';
import {served} from '../api/public/support/served.js';
import {blocksIn, sectionOf} from './console.js';

const page = readFileSync(new URL('../../../docs/reference/http.md', import.meta.url), 'utf8');
const {paths} = openApiDocument('0.0.0') as {paths: Record<string, Record<string, unknown>>};

test('the page has every endpoint that the description has, and no other', (t) => {
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => method !== 'head')
      .map((method) => `${method.toUpperCase()} ${path}`),
  );
  const named = [...page.matchAll(/^(?:### |\| )`((?:GET|POST) \/\S+)`/gm)].map(([, endpoint]) => endpoint!);
  t.deepEqual(named.sort(), described.sort());
});

test('the page has every code of the wire', (t) => {
  const table = page.slice(page.indexOf('<!-- codes -->'), page.indexOf('<!-- /codes -->'));
  const codes = new Set([...table.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code)));
  t.deepEqual([...codes], Object.values(wireCodes));
});

test('what the page shows is what was recorded', (t) => {
  const steps = transcript('life').steps.filter((step): step is Step => 'request' in step);
  const recorded = steps.flatMap(({request, response}) => [JSON.parse(request.body!) as unknown, response.json]);
  const texts = recorded.map((body) => JSON.stringify(body));
  const shown = blocksIn(sectionOf(page, 'Endpoints of users') + sectionOf(page, 'Errors'), 'json');
  t.is(shown.length, 9);
  for (const block of shown) t.true(texts.includes(JSON.stringify(JSON.parse(block))), block);
});

test('what the page sends with curl is taken, and of another type it is told which', async (t) => {
  const {port} = await served(t);
  const [command] = blocksIn(page, 'sh');
  const [, path] = /^curl http:\/\/127\.0\.0\.1:9814(\S+) /.exec(command!)!;
  const [, type] = /-H 'content-type: ([^']+)'/.exec(command!)!;
  const [, body] = /-d '([^']+)'/.exec(command!)!;
  const send = (contentType: string) =>
    fetch(`http://127.0.0.1:${port}${path}`, {method: 'POST', headers: {'content-type': contentType}, body: body!});
  t.is((await send(type!)).status, 200);
  const refused = await send('application/x-www-form-urlencoded');
  t.is(refused.status, 415);
  t.regex(((await refused.json()) as {error: string}).error, /: send application\/json$/);
});
