import {readFile, writeFile} from 'node:fs/promises';
import {Validator} from '@seriousme/openapi-schema-validator';
import test from 'ava';
import {openApiDocument} from '../../src/api/public/openapi/document.js';
import {packageVersion} from '../../src/daemon/version.js';

const page = new URL('../../../docs/reference/openapi.json', import.meta.url);

test('the description of the API is valid OpenAPI 3.1', async (t) => {
  const validator = new Validator();
  t.deepEqual(await validator.validate(openApiDocument('0.0.0')), {valid: true});
  t.is(validator.version, '3.1');
});

test('docs/reference/openapi.json is the description that the tower serves', async (t) => {
  const text = `${JSON.stringify(openApiDocument(await packageVersion()), undefined, 2)}\n`;
  if (process.env['UPDATE_DOCS'] === '1') await writeFile(page, text);
  t.is(await readFile(page, 'utf8'), text, 'UPDATE_DOCS=1 npx ava dist/test/docs writes it');
});
