import {execFile} from 'node:child_process';
import {mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import {Simulation} from '../../src/sim/index.js';
import {tempDir} from '../support/temp-dir.js';
import {blocksIn} from './console.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const programOf = (path: string): string => join(root, 'node_modules', path);
const page = readFileSync(join(root, 'docs/guides/simulate.md'), 'utf8');

/** What an example needs of Jest, whose hundreds of packages one example is not worth. */
const jestStandIn = `
import {strict as assert} from 'node:assert';
export {test} from 'node:test';
export const expect = (actual) => ({
  toBe: (expected) => assert.equal(actual, expected),
  toEqual: (expected) => assert.deepEqual(actual, expected),
});
`;

/** A project that has the package and a runner, with the example of this name in it. */
function aProject(t: ExecutionContext, file: string): string {
  const folder = tempDir(t);
  const modules = join(folder, 'node_modules');
  const jest = join(modules, '@jest/globals');
  mkdirSync(jest, {recursive: true});
  for (const name of ['ava', 'vitest']) symlinkSync(programOf(name), join(modules, name));
  symlinkSync(root, join(modules, 'bartizan'));
  writeFileSync(join(jest, 'package.json'), '{"type": "module", "exports": "./index.js"}');
  writeFileSync(join(jest, 'index.js'), jestStandIn);
  writeFileSync(join(folder, 'package.json'), '{"type": "module", "ava": {"workerThreads": false}}');
  const example = blocksIn(page, 'js').find((text) => text.startsWith(`// ${file}\n`));
  t.truthy(example, `the page has ${file}`);
  writeFileSync(join(folder, file), example!);
  return folder;
}

function call(cwd: string, ...words: string[]): Promise<{status: number; output: string}> {
  // Without what this process tells its own runner.
  const env = {...process.env, NODE_TEST_CONTEXT: undefined, FORCE_COLOR: undefined, NO_COLOR: '1'};
  return new Promise((resolve) => {
    execFile(process.execPath, words, {cwd, env}, (error, stdout, stderr) =>
      resolve({status: error ? Number(error.code ?? 1) : 0, output: stdout + stderr}),
    );
  });
}

const runs: [file: string, how: string, words: string[]][] = [
  ['expiry.test.mjs', 'with node:test', ['--test']],
  ['reorg.test.mjs', 'with AVA', [programOf('ava/entrypoints/cli.mjs')]],
  ['snapshot.test.mjs', 'with Vitest', [programOf('vitest/vitest.mjs'), 'run']],
  ['authorization.test.mjs', 'with a stand-in for Jest', ['--test']],
];

for (const [file, how, words] of runs) {
  test.serial(`the example ${file} of the guide passes ${how}`, async (t) => {
    const {status, output} = await call(aProject(t, file), ...words);
    t.is(status, 0, output);
    t.regex(output, /(?:pass [12]|1 test passed|Tests +2 passed)/);
  });
}

for (const [file, how, words] of runs.slice(0, 2)) {
  test.serial(`what ${file} of the guide expects otherwise is said ${how}`, async (t) => {
    const folder = aProject(t, file);
    const path = join(folder, file);
    writeFileSync(path, readFileSync(path, 'utf8').replace(/tip: 11\d/, 'tip: 7'));
    const {status, output} = await call(folder, ...words);
    t.is(status, 1, output);
    t.regex(output, /at height 11\d: expected that the tip is 7, but the tip is 11\d/);
  });
}

/** The first cell of a row may say when it holds; the second one has the calls. */
const calls = page
  .slice(page.indexOf('| for | calls |'))
  .split('\n\n', 1)[0]!
  .split('\n')
  .slice(2)
  .flatMap((row) => [...row.split('|')[2]!.matchAll(/`([^`]+)`/g)].map(([, text]) => text!));

test('the guide shows the form of every method of a simulation', (t) => {
  const shown = new Set(calls.map((text) => /^\w+/.exec(text)?.[0]));
  for (
    let type: object = Simulation.prototype;
    type !== Object.prototype;
    type = Object.getPrototypeOf(type) as object
  ) {
    const names = Object.getOwnPropertyNames(type).filter((name) => name !== 'constructor');
    for (const name of names)
      t.true(shown.has(name) || ['act', 'finish', 'seed', 'blocks', 'roster'].includes(name), name);
  }
});

test('every form that the guide shows is one', async (t) => {
  const folder = tempDir(t);
  const forms = calls.filter((text) => /^[a-z]\w+\(/.test(text));
  t.true(forms.length > 40);
  for (const form of forms) {
    const simulation = await Simulation.open({troubles: {}, settings: {auth: 'user'}});
    const call = new Function('simulation', `return simulation.${form.replace("export('", `export('${folder}/`)}`);
    const done = (async () => {
      const answer: unknown = await call(simulation);
      if (answer instanceof Simulation) await answer.close();
      if (typeof answer === 'function') await answer();
    })();
    // What it names need not be there, and the tower may refuse it.
    const {code = 'TypeError'} = (await done.catch((error: unknown) => error as Error & {code?: string})) ?? {code: ''};
    t.false(['TypeError', 'TOWER_INVALID_PARAMETER'].includes(code), form);
    await simulation.close();
  }
});
