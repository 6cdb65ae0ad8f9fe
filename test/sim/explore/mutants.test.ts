import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {invariants} from '../../../src/sim/invariants/index.js';
import {mutants} from './mutants.js';

interface Caught {
  readonly name: string;
  readonly invariant: string;
  readonly steps: number;
  /** What did not hold when the scenario was played. */
  readonly played: string | null;
  readonly text: string;
}

async function catchAll(): Promise<Caught[]> {
  const [register, program] = ['register.js', 'try-mutants.js'].map((name) => new URL(name, import.meta.url));
  const child = spawn(process.execPath, ['--import', register!.href, fileURLToPath(program!)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [status] = (await once(child, 'close')) as [number | null];
  if (status !== 0) throw new Error(`the mutants ended with status ${status}`);
  return output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Caught);
}

/** Not looked at after each commit; the explorer does, at the end of a run. */
const otherInvariants = ['liveness', 'determinism', 'replay'];

test('each mutant is caught by its invariant, and shrunk to a scenario of at most 10 steps that fails the same way', async (t) => {
  t.timeout(300_000);
  const caught = new Map((await catchAll()).map((one) => [one.name, one]));
  for (const {name, caughtBy} of mutants) {
    const {invariant, steps, text, played} = caught.get(name) ?? {};
    t.is(invariant, caughtBy, `${name}: not caught`);
    t.true(steps! <= 10, `${name}: ${steps} steps\n${text}`);
    if (invariant !== 'determinism') t.is(played, caughtBy, `${name}\n${text}`);
  }
});

test('every invariant has a mutant that it catches', (t) => {
  const names = [...invariants.map(({name}) => name), ...otherInvariants];
  const caught = new Set(mutants.map(({caughtBy}) => caughtBy));
  t.deepEqual(
    names.filter((name) => !caught.has(name)),
    [],
  );
});
