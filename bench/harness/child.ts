import {fork} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import type {Benchmark} from './benchmark.js';
import {benchmarks, type BenchmarkName} from '../benchmarks.js';

const program = fileURLToPath(new URL('task.js', import.meta.url));

export interface ChildOptions {
  /** Where V8 leaves a CPU profile of each task. */
  readonly profileDir?: string | undefined;
}

/** Runs a task of a benchmark in a fresh process. */
export async function runInChild(
  benchmark: BenchmarkName,
  task: string,
  args: object,
  {profileDir}: ChildOptions,
): Promise<unknown> {
  const profile =
    profileDir === undefined
      ? []
      : ['--cpu-prof', `--cpu-prof-dir=${profileDir}`, `--cpu-prof-name=${benchmark}-${task}-${Date.now()}.cpuprofile`];
  const child = fork(program, [benchmark, task, JSON.stringify(args)], {execArgv: ['--expose-gc', ...profile]});
  let answer: {value: unknown} | undefined;
  child.on('message', (message) => {
    answer = message as {value: unknown};
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0 || answer === undefined) throw new Error(`task ${task} of ${benchmark} ended with status ${code}`);
  return answer.value;
}

export async function loadBenchmark(name: BenchmarkName): Promise<Benchmark> {
  return (await benchmarks[name]()).default;
}
