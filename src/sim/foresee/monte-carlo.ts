import type {GatekeeperSettings} from '../../gatekeeper/settings.js';
import {Random} from '../random.js';
import {Histogram, type Spread} from './histogram.js';
import type {Load} from './load.js';
import {RandomRun} from './random-run.js';
import type {Statistics} from './tally.js';

export interface MonteCarloOptions {
  readonly settings: GatekeeperSettings;
  readonly load: Load;
  /** u64. Each run has a stream of its own: one more run changes nothing about the others. */
  readonly seed: bigint;
  readonly runs: number;
  /** Of each run. */
  readonly blocks: number;
  /** Awaited every few blocks; when it answers false, the run under way is given up, and none follows. */
  readonly tell?: (blocks: number, total: number) => Promise<boolean>;
}

type Counted = Exclude<keyof Statistics, 'height' | 'latency'>;

export interface MonteCarlo {
  readonly seed: string;
  /** Those that were done to their end. */
  readonly runs: number;
  readonly blocks: number;
  readonly settings: GatekeeperSettings;
  readonly load: Load;
  /** Blocks from a request to its decision, of all runs together. */
  readonly latency: Spread;
  /** Each number of a run, spread over the runs. */
  readonly statistics: Readonly<Record<Counted, Spread>>;
  /** Refusals of all runs together. */
  readonly refusalsByCode: Readonly<Record<string, number>>;
}

const tellEvery = 50;

/** Lets many towers live under the same load, each with a chance of its own, and tells how what comes of it is spread. */
export async function monteCarlo({settings, load, seed, runs, blocks, tell}: MonteCarloOptions): Promise<MonteCarlo> {
  const random = new Random(seed);
  const latency = new Histogram();
  const spreads = new Map<Counted, Histogram>();
  const refusals = new Map<string, number>();
  let [done, goesOn] = [0, true];
  while (goesOn && done < runs) {
    const run = await RandomRun.begin(settings, load, random.stream(done));
    let block = 0;
    while (goesOn && block < blocks) {
      await run.block();
      block++;
      const isTold = block % tellEvery === 0 || block === blocks;
      if (tell && isTold) goesOn = await tell(done * blocks + block, runs * blocks);
    }
    if (block < blocks) break;
    done++;
    latency.addAll(run.tally.latency);
    for (const [code, count] of run.refusalsByCode) refusals.set(code, (refusals.get(code) ?? 0) + count);
    for (const [name, value] of Object.entries(run.tally.statistics) as [Counted, number | Spread][]) {
      if (typeof value !== 'number' || (name as string) === 'height') continue;
      const spread = spreads.get(name) ?? new Histogram();
      spreads.set(name, spread);
      spread.add(value);
    }
  }
  const statistics = Object.fromEntries([...spreads].map(([name, spread]) => [name, spread.summary]));
  return {
    ...{seed: String(seed), runs: done, blocks, settings, load, latency: latency.summary},
    statistics: statistics as MonteCarlo['statistics'],
    refusalsByCode: Object.fromEntries([...refusals].sort()),
  };
}
