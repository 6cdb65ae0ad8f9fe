/** How a figure is judged. */
export interface Target {
  readonly bound: 'at most' | 'at least';
  readonly value: number;
}

export const atMost = (value: number): Target => ({bound: 'at most', value});
export const atLeast = (value: number): Target => ({bound: 'at least', value});

/** One line of the table: what was measured, once a run. */
export interface Figure {
  readonly what: string;
  readonly unit: string;
  readonly target?: Target | undefined;
  readonly runs: readonly number[];
  /** The calibration loop beside each run, in milliseconds. */
  readonly calibrationMs: readonly number[];
}

export interface Plan {
  /** Smaller sizes and a single run: enough to see that the benchmark still works, too little to judge by. */
  readonly quick: boolean;
  readonly runs: number;
  /** A folder of this benchmark's own, removed when it ends. */
  readonly scratch: string;
  /** A folder of all benchmarks, removed when the last has ended. */
  readonly shared: string;
  /** Runs a task of this benchmark in a process of its own, so that nothing measured before weighs on it. */
  task<Answer>(name: string, args: object): Promise<Answer>;
  /** Removes folders from `scratch`. */
  clear(...names: readonly string[]): Promise<void>;
  /** Says on stderr what goes on. */
  progress(line: string): void;
}

/** Runs in a process of its own; arguments and answer are plain data. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each task knows what it is given
export type Task = (args: any) => Promise<unknown>;

/** What a file of this folder exports. */
export interface Benchmark {
  readonly tasks: Readonly<Record<string, Task>>;
  measure(plan: Plan): Promise<Figure[]>;
}
