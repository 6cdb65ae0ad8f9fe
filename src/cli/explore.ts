import {randomBytes} from 'node:crypto';
import {access, constants, mkdir, writeFile} from 'node:fs/promises';
import {availableParallelism} from 'node:os';
import {join, relative, resolve} from 'node:path';
import {OperationalError} from '../errors/index.js';
import {countInWords, plural} from '../sim/timeline/heights.js';
import {explore as exploreOne, replay, type RunResult} from '../sim/explore/run.js';
import {isReadable, storyText} from '../sim/explore/scenario-text.js';
import {shrink} from '../sim/explore/shrink.js';
import {type FaultName, faultNames} from '../sim/explore/swarm.js';
import {maxSeed} from '../sim/random.js';
import {wholeNumber} from './arguments.js';
import type {Work} from './explore/pool.js';
import type {Io} from './io.js';
import type {Paint} from './paint.js';
import {loadCounter, loadProgress} from './progress.js';
import type {Subcommand} from './subcommand.js';

/** An invariant that did not hold, and how to see it again. */
export interface Failure {
  readonly seed: string;
  readonly invariant: string;
  readonly wrong: readonly string[];
  readonly height: number;
  /** Does this very run again, shrinking included. */
  readonly replay: string;
  /** The smallest scenario that was found to fail the same way. */
  readonly file: string;
  readonly steps: number;
  readonly scenario: string;
}

export interface Exploration {
  readonly seed: string;
  readonly runs: number;
  readonly length: number;
  readonly faults: readonly FaultName[];
  readonly events: number;
  readonly failure: Failure | null;
}

const maxRuns = 1_000_000_000;
const maxLength = 1_000_000;
const maxJobs = 256;

export const explore: Subcommand<Exploration> = {
  define(command) {
    command.option('--runs <number>', 'random worlds to play', '100');
    command.option('--length <events>', 'events of the tower in each, before its faults end', '300');
    command.option('--seed <number>', 'decides everything, 0 to 2^64 - 1; run n has seed + n (default: random)');
    command.option('--faults <list>', `what may go wrong: all, none, or some of ${faultNames.join(', ')}`, 'all');
    command.option('--jobs <number>', 'threads (default: one a processor)');
    command.option('--out <dir>', 'folder for the scenario of a run that fails', '.');
    command.addHelpText(
      'after',
      '\nExit status: 0 every invariant held, 1 one did not. docs/guides/explore.md tells more.',
    );
  },

  async run({options, io}, show) {
    const work: Work = {
      seed: options['seed'] === undefined ? randomBytes(8).readBigUInt64BE() : seedFrom(options['seed']),
      runs: wholeNumber(options['runs'], '--runs', {from: 1, to: maxRuns}),
      length: wholeNumber(options['length'], '--length', {from: 1, to: maxLength}),
      faults: faultsFrom(options['faults']),
    };
    const jobs = options['jobs'] ?? String(Math.min(availableParallelism(), maxJobs));
    await requireFolder(resolve(io.workingDirectory, String(options['out'])));
    const done = await runAllOf(work, wholeNumber(jobs, '--jobs', {from: 1, to: maxJobs}), io);
    const common = {length: work.length, faults: work.faults, seed: String(work.seed)};
    if (done.failedSeed === undefined) {
      show({...common, runs: work.runs, events: done.events, failure: null});
      return 0;
    }
    const failure = await failureOf({...work, seed: done.failedSeed}, String(options['out']), io);
    show({...common, runs: done.runs, events: done.events, failure});
    throw new OperationalError('TOWER_DEFECT_FOUND', `the invariant ${failure.invariant} does not hold`, {
      facts: {invariant: failure.invariant, seed: failure.seed},
    });
  },

  render: renderExploration,
};

async function runAllOf(work: Work, jobs: number, io: Io) {
  const {runAll} = await import('./explore/pool.js');
  const progress = (await loadProgress(io))('exploring', work.runs);
  const done = {runs: 0, events: 0, failedSeed: undefined as bigint | undefined};
  try {
    await runAll(work, jobs, ({seed, events, failed}) => {
      done.runs++;
      done.events += events;
      // Of several threads the first may be later than another.
      if (failed && (done.failedSeed === undefined || seed < done.failedSeed)) done.failedSeed = seed;
      progress.update(done.runs, work.runs);
    });
  } finally {
    progress.end();
  }
  return done;
}

/** Plays the run once more, makes it small, and writes it down. */
async function failureOf(plan: Work, out: string, io: Io): Promise<Failure> {
  const {openAdapterNode} = await import('./explore/adapter-node.js');
  const parts = {openAdapter: openAdapterNode};
  const progress = (await loadCounter(io))('shrinking, attempts');
  let small: RunResult;
  try {
    const failed = await exploreOne(plan, parts);
    small = await shrink(failed, {
      replay: (story, digest) => replay(story, parts, digest),
      isValid: isReadable,
      onAttempt: (attempts) => progress.update(attempts, 0),
    });
  } finally {
    progress.end();
  }
  const {invariant, wrong, height} = small.violation!;
  const {length, faults} = plan;
  const faultList = faults.length === faultNames.length ? 'all' : faults.join(',') || 'none';
  const command = `bartizan explore --runs 1 --seed ${plan.seed} --length ${length} --faults ${faultList}`;
  const about = `Found by ${command}; play it with bartizan sim --check.`;
  const scenario = storyText(`The invariant ${invariant} does not hold`, small.story, about);
  const file = await keep(scenario, resolve(io.workingDirectory, out), `explore-${plan.seed}.yaml`, io);
  const steps = small.story.actions.length;
  return {seed: String(plan.seed), invariant, wrong, height, replay: command, file, steps, scenario};
}

/** Before the first run: whoever finds something after hours must be able to keep it. */
async function requireFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, {recursive: true});
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw new OperationalError('TOWER_FILE_FAILED', `--out: nothing can be written to ${folder}`, {cause});
  }
}

async function keep(text: string, folder: string, name: string, io: Io): Promise<string> {
  const path = join(folder, name);
  try {
    await mkdir(folder, {recursive: true});
    await writeFile(path, text);
  } catch (cause) {
    throw new OperationalError('TOWER_FILE_FAILED', `${path} cannot be written`, {cause});
  }
  return relative(io.workingDirectory, path) || path;
}

function renderExploration({runs, events, faults, seed, failure}: Exploration, paint: Paint): string {
  const what = `${plural(runs, 'run')} from seed ${seed}, ${countInWords(events)} events`;
  const wrong = faults.length === 0 ? 'nothing went wrong in them' : `faults: ${faults.join(', ')}`;
  if (!failure) return [paint('green', `✓ every invariant held in ${what}`), paint('dim', `  ${wrong}`)].join('\n');
  return [
    paint('red', `✗ the invariant ${failure.invariant} does not hold: seed ${failure.seed}, height ${failure.height}`),
    ...failure.wrong.map((sentence) => `  ${sentence}`),
    '',
    paint('dim', `${what}; ${wrong}`),
    `the same run again    ${paint('bold', failure.replay)}`,
    `in ${plural(failure.steps, 'step')}${failure.steps < 10 ? ' ' : ''}            ${paint('bold', `bartizan sim ${failure.file} --check`)}`,
    '',
    failure.scenario.trimEnd(),
  ].join('\n');
}

function seedFrom(text: unknown): bigint {
  const seed = typeof text === 'string' && /^(0|[1-9]\d{0,19})$/.test(text) ? BigInt(text) : -1n;
  if (seed >= 0n && seed <= maxSeed) return seed;
  throw new OperationalError('TOWER_USAGE', `--seed is ${JSON.stringify(text)}, but must be 0 to ${maxSeed}`);
}

function faultsFrom(text: unknown): readonly FaultName[] {
  if (text === 'all') return faultNames;
  if (text === 'none') return [];
  const names = String(text).split(',');
  const unknown = names.find((name) => !(faultNames as readonly string[]).includes(name));
  if (unknown === undefined) return faultNames.filter((name) => names.includes(name));
  const known = `known: ${faultNames.join(', ')}, all, none`;
  throw new OperationalError('TOWER_USAGE', `--faults has ${JSON.stringify(unknown)}, which is none; ${known}`);
}
