import {Worker} from 'node:worker_threads';
import {explore, type RunPlan} from '../../sim/explore/run.js';
import {openAdapterNode} from './adapter-node.js';

export interface Work extends Omit<RunPlan, 'seed'> {
  /** Of the first run; each that follows has one more. */
  readonly seed: bigint;
  readonly runs: number;
}

/** How one run ended. */
export interface RunReport {
  readonly seed: bigint;
  readonly events: number;
  readonly failed: boolean;
}

/** Runs that a worker does between two reports. */
export const runsPerPortion = 8;
const seeds = 1n << 64n;

/** The seed of a run: after the highest comes 0. */
export const seedOf = ({seed}: Work, run: number): bigint => (seed + BigInt(run)) % seeds;

/**
 * Does all runs, or those up to the first that fails, over so many threads; `report` is told of each. When `stop` aborts,
 * runs that are under way are given up.
 */
export async function runAll(
  work: Work,
  jobs: number,
  {report, stop}: {readonly report: (run: RunReport) => void; readonly stop: AbortSignal},
): Promise<void> {
  const portions = Math.ceil(work.runs / runsPerPortion);
  let next = 0;
  let failed = false;
  const take = () => (failed || stop.aborted || next >= portions ? undefined : next++);
  const told = (reports: readonly RunReport[]) => {
    for (const run of reports) {
      failed ||= run.failed;
      report(run);
    }
  };
  const stopped = new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), {once: true}));
  // This thread does none of them: it has to hear of signals.
  await Promise.all(Array.from({length: Math.min(jobs, portions)}, () => workThrough(work, {take, told, stopped})));
}

/** Does some of the runs, up to the first that fails. */
export async function runPortion(work: Work, portion: number): Promise<RunReport[]> {
  const reports: RunReport[] = [];
  const end = Math.min(work.runs, (portion + 1) * runsPerPortion);
  for (let run = portion * runsPerPortion; run < end; run++) {
    const seed = seedOf(work, run);
    const {events, violation} = await explore({...work, seed}, {openAdapter: openAdapterNode});
    reports.push({seed, events, failed: violation !== undefined});
    if (violation) break;
  }
  return reports;
}

/** One thread, which is given one portion after the other. */
function workThrough(
  work: Work,
  {
    take,
    told,
    stopped,
  }: {
    readonly take: () => number | undefined;
    readonly told: (reports: readonly RunReport[]) => void;
    readonly stopped: Promise<void>;
  },
): Promise<void> {
  const worker = new Worker(new URL('worker.js', import.meta.url), {workerData: work});
  return new Promise<void>((resolve, reject) => {
    void stopped.then(resolve);
    const give = () => {
      const portion = take();
      if (portion === undefined) resolve();
      else worker.postMessage(portion);
    };
    worker.on('message', (reports: readonly RunReport[]) => {
      told(reports);
      give();
    });
    worker.on('error', reject);
    worker.on('exit', () => reject(new Error('a thread has ended before its work')));
    give();
  }).finally(() => worker.terminate());
}
