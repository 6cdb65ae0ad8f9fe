import {Ajv2020} from 'ajv/dist/2020.js';
import {openApiDocument} from '../../../../src/api/public/openapi/document.js';
import type {WireAnswer} from './wire.js';

const document = openApiDocument('0.0.0') as {
  paths: Record<string, Record<string, {responses: Record<string, {content?: Record<string, unknown>}>}>>;
};
const ajv = new Ajv2020({strict: false, allErrors: true});
ajv.addSchema(document, 'api');

const pointer = (...names: readonly string[]): string =>
  `api#/${names.map((name) => name.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`;

/** @throws Error unless the answer is one that the description of the API has for this method and path */
export function checkDocumented({method, path}: {method: string; path: string}, answer: WireAnswer): void {
  const {status, text, json, headers} = answer;
  const said = `${method} ${path} -> ${status} ${text.slice(0, 200)}`;
  const plain = path.replace(/^https?:\/\/[^/]*/, '').split('?')[0]!;
  const operation = document.paths[plain]?.[method.toLowerCase()];
  if (operation === undefined) return checkError(said, answer);
  const response = operation.responses[status];
  if (response === undefined) throw new Error(`not described: ${said}`);
  if (response.content === undefined) {
    if (text !== '') throw new Error(`described without a body: ${said}`);
    return;
  }
  if (headers['content-type'] !== 'application/json') throw new Error(`no JSON: ${said}`);
  const responses = ['paths', plain, method.toLowerCase(), 'responses', String(status)];
  check(said, pointer(...responses, 'content', 'application/json', 'schema'), json);
}

/** @throws Error unless the answer is an error in the one form that errors have */
export function checkError(said: string, {status, json}: WireAnswer): void {
  if (status < 400) throw new Error(`not described: ${said}`);
  check(said, pointer('components', 'schemas', 'Error'), json);
}

function check(said: string, place: string, json: unknown): void {
  const validate = ajv.getSchema(place);
  if (validate === undefined) throw new Error(`no schema at ${place}`);
  if (validate(json) !== true) throw new Error(`${said}: ${ajv.errorsText(validate.errors)}`);
}
