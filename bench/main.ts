import {mkdir, mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {type BenchmarkName, benchmarks} from './benchmarks.js';
import type {Figure, Plan} from './harness/benchmark.js';
import {loadBenchmark, runInChild} from './harness/child.js';
import {table} from './harness/table.js';

const names = Object.keys(benchmarks) as BenchmarkName[];

const usage = `usage: npm run bench -- [NAME...] [--runs N] [--quick] [--profile DIR]

Measures, and prints medians beside their targets. Without a name: everything.

  NAME           ${names.join(', ')}
  --runs N       runs of each figure (default 5)
  --quick        small sizes, one run: shows that the benchmarks work, and nothing else
  --profile DIR  leaves a CPU profile of each measuring process in this folder
`;

const scratch = await mkdtemp(join(tmpdir(), 'bartizan-bench-'));
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void rm(scratch, {recursive: true, force: true}).then(() => process.exit(1)));
}
try {
  process.exitCode = await main();
} finally {
  await rm(scratch, {recursive: true, force: true});
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) return 2;
  const {chosen, quick, runs, profileDir} = options;
  const figures: Figure[] = [];
  let failed = false;
  for (const name of chosen) {
    const folder = join(scratch, name);
    await mkdir(folder);
    const progress = (line: string) => process.stderr.write(`${name}: ${line}\n`);
    const {measure} = await loadBenchmark(name);
    const plan: Plan = {
      quick,
      runs,
      scratch: folder,
      shared: scratch,
      progress,
      clear: async (...folders: readonly string[]) => {
        for (const each of folders) await rm(join(folder, each), {recursive: true, force: true});
      },
      task: <Answer>(task: string, args: object) => runInChild(name, task, args, {profileDir}) as Promise<Answer>,
    };
    try {
      figures.push(...(await measure(plan)));
    } catch (error) {
      failed = true;
      progress(`not measured: ${(error as Error).message}`);
    }
    await rm(folder, {recursive: true, force: true});
  }
  process.stdout.write(`${table(figures, {judge: !quick})}\n`);
  if (quick) process.stderr.write('these are quick runs on small sizes: nothing to judge by\n');
  return failed ? 1 : 0;
}

function readOptions() {
  try {
    const {values, positionals} = parseArgs({
      allowPositionals: true,
      options: {quick: {type: 'boolean', default: false}, runs: {type: 'string'}, profile: {type: 'string'}},
    });
    const unknown = positionals.find((name) => !(name in benchmarks));
    if (unknown !== undefined) throw new Error(`there is no benchmark ${unknown}`);
    const runs = Number(values.runs ?? (values.quick ? 1 : 5));
    if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs is a whole number from 1, not ${values.runs}`);
    const chosen = positionals.length === 0 ? names : (positionals as BenchmarkName[]);
    return {chosen, quick: values.quick, runs, profileDir: values.profile};
  } catch (error) {
    process.stderr.write(`error: ${(error as Error).message}\n\n${usage}`);
    return undefined;
  }
}
