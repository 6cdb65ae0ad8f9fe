import {setImmediate} from 'node:timers/promises';
import {OperationalError} from '../errors/index.js';
import {defaultGatekeeperSettings} from '../gatekeeper/settings.js';
import type {Spread} from '../sim/foresee/histogram.js';
import {defaultLoad, type Load, loadSchema} from '../sim/foresee/load.js';
import {type MonteCarlo, monteCarlo as draw} from '../sim/foresee/monte-carlo.js';
import {countInWords, plural, timeInWords} from '../sim/timeline/heights.js';
import {maxSeed} from '../sim/random.js';
import {toWire} from '../tower/wire-names.js';
import {wholeNumber} from './arguments.js';
import {decisionSettingsIn, gather} from './decision-settings.js';
import {loadProgress} from './progress.js';
import {onStopSignal, statusOf, type StopSignal} from './signals.js';
import {statisticNames} from './statistics.js';
import type {Subcommand} from './subcommand.js';
import {columns} from './table.js';

const maxRuns = 100_000;
const maxBlocks = 1_000_000;
/** Of all runs together: most of a day. */
const maxTotalBlocks = 100_000_000;
const fallback = {runs: '20', blocks: '1000', seed: '1'};

/** Options of the load, with what each is in words. */
const loadOptions: readonly (readonly [name: keyof Load, placeholder: string, meaning: string])[] = [
  ['arrivals', 'rate', 'users who arrive, a block'],
  ['renewals', 'part', 'the part of subscriptions that are renewed, 0 to 1'],
  ['deposits', 'rate', 'appointments that all users send, a block'],
  ['channels', 'n', 'channels of a user; each has one appointment'],
  ['blobBytes', 'n', 'the largest blob; the smallest has 100 bytes'],
  ['approvals', 'part', 'the part of requests that the policy approves, 0 to 1'],
  ['policyBlocks', 'n', 'the most blocks that the policy thinks about a request'],
  ['reorgs', 'part', 'reorgs, a block, 0 to 1'],
  ['reorgDepth', 'n', 'the deepest of them'],
];

const flagOf = (name: string): string => `--${name.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)}`;

interface MonteCarloOutput extends MonteCarlo {
  /** Where a signal has ended it before its last run; the numbers are then those of the runs before. */
  readonly interrupted: {readonly signal: StopSignal; readonly runsLeft: number} | null;
}

export const monteCarlo: Subcommand<MonteCarloOutput> = {
  define(command) {
    command.option('--runs <n>', `towers, up to ${maxRuns} (default: ${fallback.runs})`);
    command.option('--blocks <n>', `blocks that each of them sees, up to ${maxBlocks} (default: ${fallback.blocks})`);
    command.option('--seed <n>', `decides everything that happens, up to 2^64 - 1 (default: ${fallback.seed})`);
    command.option('--set <name=value>', 'a setting that decides; may come again', gather);
    command.optionsGroup('Load:');
    for (const [name, placeholder, meaning] of loadOptions) {
      command.option(`${flagOf(name)} <${placeholder}>`, `${meaning} (default: ${defaultLoad[name]})`);
    }
    command.optionsGroup('Options:');
    command.addHelpText(
      'after',
      '\nThe same seed, settings and load give the same numbers, on any machine; each run has chances of its own. With\n' +
        '--set auth=user every user asks for an authorization first. All runs together see up to\n' +
        `${countInWords(maxTotalBlocks)} blocks. See docs/guides/foresee.md.\n` +
        '\nExit status: 0 all runs done, 130 interrupted (it then shows the runs that it has done).',
    );
  },

  async run({options, io}, show) {
    const number = (name: keyof typeof fallback, to: number) =>
      wholeNumber(options[name] ?? fallback[name], `--${name}`, {from: 1, to});
    const [runs, blocks] = [number('runs', maxRuns), number('blocks', maxBlocks)];
    const settings = {...defaultGatekeeperSettings, ...decisionSettingsIn((options['set'] as string[]) ?? [])};
    if (runs * blocks > maxTotalBlocks) {
      const [asked, most] = [runs * blocks, maxTotalBlocks].map(countInWords);
      throw new OperationalError('TOWER_USAGE', `--runs times --blocks is ${asked} blocks, but may be ${most} at most`);
    }
    const [load, seed] = [loadIn(options), seedIn(options['seed'] ?? fallback.seed)];
    const progress = (await loadProgress(io))('mining blocks', runs * blocks);
    let stoppedBy: StopSignal | undefined;
    const stayOn = onStopSignal((signal) => (stoppedBy = signal));
    try {
      const tell = async (done: number, total: number) => {
        progress.update(done, total);
        // Nothing here waits for the outside world, and signals are heard only in between.
        await setImmediate();
        return stoppedBy === undefined;
      };
      const drawn = await draw({settings, load, seed, runs, blocks, tell});
      const runsLeft = runs - drawn.runs;
      const interrupted = stoppedBy === undefined || runsLeft === 0 ? null : {signal: stoppedBy, runsLeft};
      progress.end();
      show({...drawn, interrupted});
      return interrupted ? statusOf(interrupted.signal) : 0;
    } finally {
      stayOn();
      progress.end();
    }
  },

  render: ({seed, runs, blocks, settings, load, latency, statistics, refusalsByCode, interrupted}, paint) => {
    const ended = interrupted ? [paint('yellow', endInWords(runs, interrupted)), ''] : [];
    if (interrupted && runs === 0) return ended[0]!;
    const changed = Object.entries(toWire(settings) as object).filter(
      ([name, value]) => value !== (toWire(defaultGatekeeperSettings) as Record<string, unknown>)[name],
    );
    const said = [...changed.map(([name, value]) => `${name} = ${value}`)].join(', ');
    const rows = statisticNames.map(([name, what]) => [what, ...cellsOf(statistics[name])]);
    const [head = '', ...table] = columns([
      ['', 'median', 'p95', 'max'],
      ...rows,
      ['  blocks to a decision', ...cellsOf(latency)],
    ]);
    const refusals = Object.entries(refusalsByCode).map(([code, count]) => [`  ${countInWords(count)}`, code]);
    return [
      ...ended,
      `${plural(runs, 'run')} of ${plural(blocks, 'block')}, ${timeInWords(blocks)}; seed ${seed}`,
      `settings  ${said === '' ? 'the defaults' : said}`,
      `load      ${Object.entries(toWire(load) as object)
        .map(([name, value]) => `${name} ${value}`)
        .join(', ')}`,
      '',
      paint('dim', head),
      ...table,
      ...(refusals.length === 0 ? [] : ['', 'refused, in all runs together:', ...columns(refusals)]),
    ].join('\n');
  },
};

function endInWords(runs: number, {signal, runsLeft}: NonNullable<MonteCarloOutput['interrupted']>): string {
  const all = countInWords(runs + runsLeft);
  return runs === 0
    ? `■ ended by ${signal} in the first of ${all} runs: there is nothing to show`
    : `■ ended by ${signal} after ${countInWords(runs)} of ${all} runs; the numbers are those of --runs ${runs}`;
}

const cellsOf = ({median, p95, max}: Spread): string[] =>
  [median, p95, max].map((value) => (value === null ? '-' : countInWords(value)));

function loadIn(options: Readonly<Record<string, unknown>>): Load {
  const given = loadOptions.flatMap(([name]) => {
    const text = options[name];
    return typeof text === 'string' ? [[name, /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : text]] : [];
  });
  const checked = loadSchema.safeParse({...defaultLoad, ...Object.fromEntries(given)});
  if (checked.success) return checked.data;
  const name = checked.error.issues[0]!.path[0] as keyof Load;
  const {isInt, minValue, maxValue} = loadSchema.shape[name];
  const kind = isInt ? 'whole number' : 'number';
  const must = `must be a ${kind} from ${minValue} to ${maxValue}`;
  throw new OperationalError('TOWER_USAGE', `${flagOf(name)} is ${JSON.stringify(options[name])}, but ${must}`);
}

function seedIn(text: unknown): bigint {
  const seed = typeof text === 'string' && /^\d{1,20}$/.test(text) ? BigInt(text) : -1n;
  if (seed >= 0n && seed <= maxSeed) return seed;
  throw new OperationalError('TOWER_USAGE', `--seed is ${JSON.stringify(text)}, but must be a whole number of 64 bits`);
}
