import {mkdir} from 'node:fs/promises';
import {join, resolve} from 'node:path';
import {plural} from '../sim/timeline/heights.js';
import {type Difference, diffRuns} from '../sim/tape/diff.js';
import type {LogEntry} from '../tower/log.js';
import {brief} from './brief.js';
import {openSide, type Side} from './diff-side.js';
import {loadProgress, type Progress} from './progress.js';
import {makeScratchFolder} from './scratch-folder.js';
import type {Subcommand} from './subcommand.js';

interface NamedSide {
  readonly path: string;
  readonly kind: Side['kind'];
  readonly firstEvent: number;
  /** The number after the last event. */
  readonly nextEvent: number;
}

interface DiffOutput extends Difference {
  readonly sides: {readonly a: NamedSide; readonly b: NamedSide};
}

export const diff: Subcommand<DiffOutput> = {
  define(command) {
    command.argument('<a>', 'a tape, a data directory or a backup');
    command.argument('<b>', 'another');
    command.addHelpText(
      'after',
      '\nStatus 0 when both are the same, 1 when they part. Rows are compared as they are after the event at which the two\n' +
        'part, as far as a log tells; otherwise as they are at the end.',
    );
  },

  async run({args, io}, show) {
    const paths = args.map((path) => resolve(io.workingDirectory, path));
    const scratch = await makeScratchFolder();
    const startProgress = await loadProgress(io);
    const sides: Side[] = [];
    let progress: Progress | undefined;
    try {
      for (const [index, path] of paths.entries()) {
        const own = join(scratch.path, String(index));
        await mkdir(own);
        sides.push(await openSide(path, own));
      }
      const [a, b] = sides as [Side, Side];
      const found = await diffRuns(a.run, b.run, {
        tell(done, total) {
          progress ??= startProgress('comparing events', total);
          progress.update(done, total);
        },
      });
      show({sides: {a: named(paths[0]!, a), b: named(paths[1]!, b)}, ...found});
      return found.isSame ? 0 : 1;
    } finally {
      progress?.end();
      for (const side of sides) await side.release();
      await scratch.release();
    }
  },

  render: ({sides: {a, b}, isSame, events, event, row, rowsAt}, paint) => {
    if (isSame) return `the same: ${plural(events, 'event')}, and every row of the state`;
    const lines = [`${plural(events, 'event')} the same`];
    if (event) {
      lines.push(
        paint('yellow', `they part at event ${event.event}`),
        `  ${a.path}: ${eventInWords(event.a)}`,
        `  ${b.path}: ${eventInWords(event.b)}`,
      );
    }
    if (row) {
      const when = rowsAt === 'event' ? 'after it' : 'at the end';
      lines.push(
        paint('yellow', `the first row that differs ${when}: ${row.what}`),
        `  ${a.path}: ${valueOf(row.a)}`,
        `  ${b.path}: ${valueOf(row.b)}`,
      );
    } else if (rowsAt !== 'nowhere') {
      lines.push(`the rows of the state are the same ${rowsAt === 'event' ? 'after it' : 'at the end'}`);
    } else {
      lines.push('the rows of the state cannot be compared: a tape goes otherwise in this version of Bartizan');
    }
    return lines.join('\n');
  },
};

const named = (path: string, {kind, run: {firstEvent, nextEvent}}: Side): NamedSide => ({
  path,
  kind,
  firstEvent,
  nextEvent,
});

const eventInWords = (entry: LogEntry | null): string => (entry ? valueOf(entry) : 'has ended before it');

const valueOf = (value: unknown): string => (value === undefined ? 'no such row' : brief(value));
