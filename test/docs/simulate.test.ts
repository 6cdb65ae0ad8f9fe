import {execFile} from 'node:child_process';
import {mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import {Simulation} from '../../src/sim/index.js';
import {tempDir} from '../support/temp-dir.js';
import {blocksIn} from './console.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const page = readFileSync(join(root, 'docs/guides/simulate.md'), 'utf8');

/** What an example needs of a runner that is not installed here. */
const standIn = `
import {strict as assert} from 'node:assert';
export {after as afterAll, test} from 'node:test';
export const expect = (actual) => ({
  toBe: (expected) => assert.equal(actual, expected),
  toEqual: (expected) => assert.deepEqual(actual, expected),
});
`;

/** A project that has the package and a runner, with the example of this name in it. */
function aProject(t: ExecutionContext, file: string): string {
  const folder = tempDir(t);
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, '@jest/globals'), {recursive: true});
  symlinkSync(root, join(modules, 'bartizan'));
  symlinkSync(join(root, 'node_modules/ava'), join(modules, 'ava'));
  mkdirSync(join(modules, 'vitest'));
  for (const name of ['vitest', '@jest/globals']) {
    writeFileSync(join(modules, name, 'package.json'), '{"type": "module", "exports": "./index.js"}');
    writeFileSync(join(modules, name, 'index.js'), standIn);
  }
  writeFileSync(join(folder, 'package.json'), '{"type": "module", "ava": {"workerThreads": false}}');
  const example = blocksIn(page, 'js').find((text) => text.startsWith(`// ${file}\n`));
  t.truthy(example, `the page has ${file}`);
  writeFileSync(join(folder, file), example!);
  return folder;
}

function call(cwd: string, ...words: string[]): Promise<{status: number; output: string}> {
  // Without what this process tells its own runner.
  const env = {...process.env, NODE_TEST_CONTEXT: undefined};
  return new Promise((resolve) => {
    execFile(process.execPath, words, {cwd, env}, (error, stdout, stderr) =>
      resolve({status: error ? Number(error.code ?? 1) : 0, output: stdout + stderr}),
    );
  });
}

const ava = join(root, 'node_modules/ava/entrypoints/cli.mjs');
const runs: [file: string, how: string, words: string[]][] = [
  ['expiry.test.mjs', 'with node:test', ['--test']],
  ['reorg.test.mjs', 'with AVA', [ava]],
  ['snapshot.test.mjs', 'with a stand-in for Vitest', ['--test']],
  ['authorization.test.mjs', 'with a stand-in for Jest', ['--test']],
];

for (const [file, how, words] of runs) {
  test(`the example ${file} of the guide passes ${how}`, async (t) => {
    const {status, output} = await call(aProject(t, file), ...words);
    t.is(status, 0, output);
    t.regex(output, /(?:pass [12]|1 test passed)/);
  });
}

for (const [file, how, words] of runs.slice(0, 2)) {
  test(`what ${file} of the guide expects otherwise is said ${how}`, async (t) => {
    const folder = aProject(t, file);
    const path = join(folder, file);
    writeFileSync(path, readFileSync(path, 'utf8').replace(/tip: 11\d/, 'tip: 7'));
    const {status, output} = await call(folder, ...words);
    t.is(status, 1, output);
    t.regex(output, /at height 11\d: expected that the tip is 7, but the tip is 11\d/);
  });
}

test('the guide names every method of a simulation', (t) => {
  const table = page.slice(page.indexOf('| for | methods |'));
  const listed = [...table.matchAll(/`(\w+)(?:\(\w+\))?`/g)].map(([, name]) => name!);
  for (
    let type: object = Simulation.prototype;
    type !== Object.prototype;
    type = Object.getPrototypeOf(type) as object
  ) {
    const names = Object.getOwnPropertyNames(type).filter((name) => name !== 'constructor');
    for (const name of names)
      t.true([...listed, 'act', 'step', 'finish', 'close', 'seed', 'blocks', 'roster'].includes(name), name);
  }
});
