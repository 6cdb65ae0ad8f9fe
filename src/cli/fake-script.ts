import {readFile} from 'node:fs/promises';
import {readScript, type ScriptStep} from '../chain/bitcoind/fake/index.js';
import {OperationalError, unreadableFile} from '../errors/index.js';
import {YamlDocument} from '../sim/scenario/yaml-document.js';

const maxScriptBytes = 1_000_000;
/** Problems that one error names; after as many, a reader looks at the file itself. */
const maxProblems = 20;

export interface FakeScript {
  readonly steps: readonly ScriptStep[];
  /** Of a step, counted from 1. */
  lineOf(step: ScriptStep): number;
}

/** Reads a script for the fake bitcoind. @throws OperationalError TOWER_FILE_FAILED, TOWER_INVALID_SCRIPT */
export async function readFakeScript(path: string, name: string): Promise<FakeScript> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw unreadableFile(name, cause);
  });
  if (bytes.length > maxScriptBytes) {
    throw new OperationalError('TOWER_INVALID_SCRIPT', `${name} is larger than ${maxScriptBytes} bytes`);
  }
  const document = new YamlDocument(bytes.toString());
  const {steps, problems} = document.problems.length > 0 ? {steps: [], problems: []} : readScript(document.value);
  const found = [...document.problems, ...problems.map(({path, message}) => ({...document.position(path), message}))];
  if (found.length === 0) return {steps, lineOf: (step) => document.position(step.path).line};
  const lines = found.slice(0, maxProblems).map(({line, column, message}) => `${name}:${line}:${column}: ${message}`);
  throw new OperationalError('TOWER_INVALID_SCRIPT', lines.join('\n'));
}
