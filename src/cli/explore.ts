import {randomBytes} from 'node:crypto';
import {access, constants, writeFile} from 'node:fs/promises';
import {availableParallelism} from 'node:os';
import {join, relative, resolve} from 'node:path';
import {OperationalError} from '../errors/index.js';
import {makeFolder, openFolderMode} from '../files/folder.js';
import {countInWords, plural} from '../sim/timeline/heights.js';
import {explore as exploreOne, replay, type RunResult} from '../sim/explore/run.js';
import {isReadable, storyText} from '../sim/explore/scenario-text.js';
import {shrink} from '../sim/explore/shrink.js';
import {type FaultName, faultNames} from '../sim/explore/swarm.js';
import {maxSeed} from '../sim/random.js';
import {wholeNumber} from './arguments.js';
import type {RunReport, Work} from './explore/pool.js';
import type {Io} from './io.js';
import type {Paint} from './paint.js';
import {loadCounter, loadProgress} from './progress.js';
import {onStopSignal, statusOf, type StopSignal} from './signals.js';
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
  /** Where a signal has ended it before its last run. */
  readonly interrupted: Interrupted | null;
}

export interface Interrupted {
  readonly signal: StopSignal;
  /** Every run before this seed held. */
  readonly nextSeed: string;
  readonly runsLeft: number;
  /** Does the runs that are left. */
  readonly resume: string;
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
      '\nExit status: 0 every invariant held, 1 one did not, 130 interrupted (it then says how far it came).\n' +
        'docs/guides/explore.md tells more.',
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
    const {length, faults} = work;
    const common = {length, faults, seed: String(work.seed), runs: done.runs, events: done.events};
    if (done.failedSeed === undefined) {
      const {signal} = done;
      show({...common, failure: null, interrupted: signal === undefined ? null : restOf(work, done.inOrder, signal)});
      return signal === undefined ? 0 : statusOf(signal);
    }
    const plan = {...work, seed: done.failedSeed};
    io.log(`an invariant does not hold with seed ${plan.seed}; making the run small`);
    const failure = await failureOf(plan, String(options['out']), io);
    show({...common, failure, interrupted: null});
    throw new OperationalError('TOWER_DEFECT_FOUND', `the invariant ${failure.invariant} does not hold`, {
      facts: {invariant: failure.invariant, seed: failure.seed},
    });
  },

  render: renderExploration,
};

interface Done {
  runs: number;
  /** Runs from the first on of which none is missing. */
  inOrder: number;
  events: number;
  failedSeed: bigint | undefined;
  signal: StopSignal | undefined;
}

async function runAllOf(work: Work, jobs: number, io: Io): Promise<Done> {
  const {runAll, seedOf} = await import('./explore/pool.js');
  const progress = (await loadProgress(io))('exploring', work.runs);
  const done: Done = {runs: 0, inOrder: 0, events: 0, failedSeed: undefined, signal: undefined};
  const early = new Set<bigint>();
  const stop = new AbortController();
  const stayOn = onStopSignal((signal) => {
    done.signal = signal;
    stop.abort();
  });
  const report = ({seed, events, failed}: RunReport) => {
    done.runs++;
    done.events += events;
    // Of several threads the first may be later than another.
    if (failed && (done.failedSeed === undefined || seed < done.failedSeed)) done.failedSeed = seed;
    early.add(seed);
    while (early.delete(seedOf(work, done.inOrder))) done.inOrder++;
    progress.update(done.runs, work.runs);
  };
  try {
    await runAll(work, jobs, {report, stop: stop.signal});
  } finally {
    stayOn();
    progress.end();
  }
  return done.runs < work.runs ? done : {...done, signal: undefined};
}

function restOf(work: Work, inOrder: number, signal: StopSignal): Interrupted {
  const [nextSeed, runsLeft] = [String((work.seed + BigInt(inOrder)) % (maxSeed + 1n)), work.runs - inOrder];
  return {signal, nextSeed, runsLeft, resume: commandOf(work, nextSeed, runsLeft)};
}

const commandOf = ({length, faults}: Work, seed: string, runs: number): string =>
  `bartizan explore --runs ${runs} --seed ${seed} --length ${length} --faults ${faults.length === faultNames.length ? 'all' : faults.join(',') || 'none'}`;

/** Plays the run once more, makes it small, and writes it down. */
async function failureOf(plan: Work, out: string, io: Io): Promise<Failure> {
  const {openAdapterNode} = await import('./explore/adapter-node.js');
  const parts = {openAdapter: openAdapterNode};
  const progress = (await loadCounter(io))('shrinking, attempts');
  let small: RunResult;
  try {
    const failed = await exploreOne(plan, parts);
    small = await shrink(failed, {
      replay: (story, how) => replay(story, parts, how),
      isValid: isReadable,
      onAttempt: (attempts) => progress.update(attempts, 0),
    });
  } finally {
    progress.end();
  }
  const {invariant, wrong, height} = small.violation!;
  const command = commandOf(plan, String(plan.seed), 1);
  const about = `Found by ${command}; play it with bartizan sim --check.`;
  const scenario = storyText(`The invariant ${invariant} does not hold`, small.story, about);
  const file = await keep(scenario, resolve(io.workingDirectory, out), `explore-${plan.seed}.yaml`, io);
  const steps = small.story.actions.length;
  return {seed: String(plan.seed), invariant, wrong, height, replay: command, file, steps, scenario};
}

/** Before the first run: whoever finds something after hours must be able to keep it. */
async function requireFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder, openFolderMode);
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw new OperationalError('TOWER_FILE_FAILED', `--out: nothing can be written to ${folder}`, {cause});
  }
}

async function keep(text: string, folder: string, name: string, io: Io): Promise<string> {
  const path = join(folder, name);
  try {
    await makeFolder(folder, openFolderMode);
    await writeFile(path, text);
  } catch (cause) {
    throw new OperationalError('TOWER_FILE_FAILED', `${path} cannot be written`, {cause});
  }
  return relative(io.workingDirectory, path) || path;
}

function renderExploration({runs, events, faults, seed, failure, interrupted}: Exploration, paint: Paint): string {
  const what = `${plural(runs, 'run')} from seed ${seed}, ${countInWords(events)} events`;
  const wrong = faults.length === 0 ? 'nothing went wrong in them' : `faults: ${faults.join(', ')}`;
  if (interrupted) {
    const {signal, runsLeft, resume} = interrupted;
    return [
      paint('yellow', `■ ended by ${signal}: every invariant held in ${what}`),
      paint('dim', `  ${wrong}`),
      `the ${plural(runsLeft, 'run')} left: ${paint('bold', resume)}`,
    ].join('\n');
  }
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
  const alone = names.find((name) => name === 'all' || name === 'none');
  if (alone !== undefined) {
    const message = `--faults has ${JSON.stringify(alone)} beside others, but all and none stand alone`;
    throw new OperationalError('TOWER_USAGE', message);
  }
  const unknown = names.find((name) => !(faultNames as readonly string[]).includes(name));
  if (unknown === undefined) return faultNames.filter((name) => names.includes(name));
  const known = `known: ${faultNames.join(', ')}, all, none`;
  throw new OperationalError('TOWER_USAGE', `--faults has ${JSON.stringify(unknown)}, which is none; ${known}`);
}
