import {join} from 'node:path';
import {OperationalError} from '../errors/index.js';
import type {Spread} from '../sim/foresee/histogram.js';
import type {Statistics} from '../sim/foresee/tally.js';
import {type WhatIf, whatIf as foresee} from '../sim/foresee/what-if.js';
import {countInWords, plural} from '../sim/timeline/heights.js';
import type {Life} from '../sim/semantics/lives.js';
import {LevelStore} from '../store/level-store.js';
import {toWire} from '../tower/wire-names.js';
import {decisionSettingsIn, gather} from './decision-settings.js';
import {loadProgress} from './progress.js';
import {makeScratchFolder} from './scratch-folder.js';
import {statisticNames} from './statistics.js';
import type {Subcommand} from './subcommand.js';
import {columns} from './table.js';
import {openTape, withPath} from './tape-file.js';

type WhatIfOutput = WhatIf & {readonly tape: string};

/** Users and refusals that are shown; JSON has a thousand. */
const shown = 20;

export const whatIf: Subcommand<WhatIfOutput> = {
  define(command) {
    command.argument('<tape>', 'a tape, as `bartizan tape` makes it');
    command.option('--set <name=value>', 'a setting that decides, in place of what it was; may come again', gather);
    command.addHelpText(
      'after',
      '\nWhat came to the tower of the tape (blocks, registrations, deposits, requests, answers, what an operator did) comes to\n' +
        'one with other settings. Policies say what they said, as many a block as auth_budget allows. What was refused then is\n' +
        'on no tape, so it stays away. See docs/guides/foresee.md.',
    );
  },

  async run({args, options, io}, show) {
    const settings = decisionSettingsIn((options['set'] as string[] | undefined) ?? []);
    if (Object.keys(settings).length === 0) {
      throw new OperationalError('TOWER_USAGE', 'nothing is to be different: give at least one --set');
    }
    const file = args[0]!;
    const tape = await openTape(file);
    const scratch = await makeScratchFolder();
    const progress = (await loadProgress(io))('replaying events', 2 * tape.head.events);
    const opened: LevelStore[] = [];
    try {
      const output = await foresee(tape, {
        settings,
        openRows: async () => {
          const rows = await LevelStore.open(join(scratch.path, String(opened.length)));
          opened.push(rows);
          return rows;
        },
        tell: (done, total) => progress.update(done, total),
      });
      show({tape: file, ...output});
      return output.divergence === null ? 0 : 1;
    } catch (error) {
      throw withPath(file, error);
    } finally {
      progress.end();
      for (const rows of opened) await rows.close();
      await scratch.release();
    }
  },

  render: (output, paint) => {
    const {tape, settings, refusalsByCode, refusals, otherLives, users} = output;
    if (output.divergence) {
      const {event, height, what} = output.divergence;
      return `${tape}: event ${event}, at height ${height}, goes otherwise in this version: ${what}`;
    }
    const set = Object.entries(toWire(settings) as object).map(([name, value]) => `${name} = ${value}`);
    const rows = [['', 'on the tape', 'now'], ...rowsOf(output.onTape, output.now)];
    const [head = '', ...table] = columns(rows.map((row) => [...row.slice(0, 3), row[3] ?? '']));
    const lines = [`${tape} with ${set.join(', ')}`, '', paint('dim', head), ...table];
    const codes = Object.entries(refusalsByCode);
    if (codes.length > 0) {
      lines.push('', 'refused now:');
      lines.push(...columns(codes.map(([code, count]) => [`  ${countInWords(count)}`, code])));
      const named = refusals.slice(0, shown);
      lines.push(
        ...columns(
          named.map(({height, event, type, key}) => [`  ${height}`, `event ${event}`, type, key ?? 'operator']),
        ),
        ...moreOf(
          refusals.length,
          Object.values(refusalsByCode).reduce((sum, count) => sum + count, 0),
        ),
      );
    }
    if (otherLives > 0) {
      const named = users.slice(0, shown).map(({key, onTape, now}) => [`  ${key}`, livesOf(onTape), livesOf(now)]);
      lines.push(
        '',
        `${plural(otherLives, 'user')} with other lives: A..B is from height A until deleted at B, + after a reorg`,
      );
      lines.push(...columns([['  first key', 'on the tape', 'now'], ...named]), ...moreOf(users.length, otherLives));
    }
    return lines.join('\n');
  },
};

const moreOf = (named: number, all: number): string[] => {
  const left = all - Math.min(named, shown);
  return left > 0 ? [`  and ${countInWords(left)} more; --json names ${countInWords(named)}`] : [];
};

/** The last cell marks what is different. */
function rowsOf(before: Statistics, now: Statistics): string[][] {
  const counts = statisticNames.map(([name, what]) => [what, countOf(before[name]), countOf(now[name])]);
  const spread = [['  blocks to a decision', spreadInWords(before.latency), spreadInWords(now.latency)]];
  return [...counts, ...spread].map((row) => [...row, row[1] === row[2] ? '' : '*']);
}

const countOf = (value: unknown): string => countInWords(value as number);

/** Blocks that somebody waited: the middle one, one that 5 of 100 exceed, and the longest. */
const spreadInWords = ({count, median, p95, max}: Spread): string =>
  count === 0 ? '-' : `median ${median}, p95 ${p95}, max ${max}`;

const livesOf = (lives: readonly Life[]): string =>
  lives.length === 0
    ? 'never'
    : lives.map(({from, to, restored}) => `${restored ? '+' : ''}${from}..${to ?? ''}`).join(', ');
