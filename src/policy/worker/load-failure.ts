import {basename} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {OperationalError} from '../../errors/index.js';

/** Why a policy could not be loaded, as its process has told. */
interface Failure {
  readonly message: string;
  /** What Node.js wrote on stderr when it gave up: the place comes first. */
  readonly stderr: string;
}

const place = /(file:\/\/[^\s()]+?):(\d+)\b/g;
const ourFolder = new URL('.', import.meta.url).href;

/** TOWER_INVALID_POLICY with the place of the mistake, in the policy or in what it imports, and what Node.js says of it. */
export function loadFailure(file: string, {message, stderr}: Failure): OperationalError {
  const found = [...stderr.matchAll(place)].find(([, url]) => !url!.startsWith(ourFolder));
  const cause = new Error(message);
  if (found === undefined) return invalid(`the policy file ${file} cannot be loaded`, {file}, cause);
  const line = Number(found[2]);
  if (found[1] === pathToFileURL(file).href) {
    return invalid(`the policy file cannot be loaded: ${file}:${line}`, {file, line}, cause);
  }
  const imported = fileURLToPath(found[1]!);
  const text = `the policy file ${basename(file)} cannot be loaded, because of what it imports: ${imported}:${line}`;
  return invalid(text, {file, imported, line}, cause);
}

const invalid = (message: string, facts: Record<string, string | number>, cause: Error): OperationalError =>
  new OperationalError('TOWER_INVALID_POLICY', message, {facts, cause});
