import {open, realpath, rm} from 'node:fs/promises';
import {join, resolve} from 'node:path';
import {storePathOf} from '../daemon/data-dir.js';
import {withLog} from '../daemon/tower-log.js';
import {packageVersion} from '../daemon/version.js';
import {OperationalError} from '../errors/index.js';
import {countInWords, plural} from '../sim/timeline/heights.js';
import {exportTape, type Exported} from '../sim/tape/export.js';
import type {TapeHead} from '../sim/tape/tape-format.js';
import {LevelStore} from '../store/level-store.js';
import type {Log} from '../tower/log.js';
import {defineTower} from './admin-command.js';
import {wholeNumber} from './arguments.js';
import type {Io} from './io.js';
import {loadProgress, type Progress} from './progress.js';
import {makeScratchFolder} from './scratch-folder.js';
import {settingsOf} from './setting-options.js';
import type {Subcommand} from './subcommand.js';
import {columns} from './table.js';

interface TapeOutput extends Pick<TapeHead, 'network' | 'begins' | 'firstEvent' | 'events' | 'start'> {
  readonly file: string;
  readonly tip: {readonly height: number; readonly hash: string};
  readonly digest: string;
}

export const tape: Subcommand<TapeOutput> = {
  define(command) {
    command.argument('<file>', 'where the tape goes; must not be there yet');
    command.option('--from <folder>', 'begin with what this backup of the tower, or this data directory, holds');
    command.option(
      '--digests <n>',
      'replay it while it is written, and add the digest after about so many events each',
    );
    defineTower(command);
    command.addHelpText(
      'after',
      '\nOf a tower that runs, while it goes on; otherwise of its store. Holds every event that the tower has committed, and\n' +
        'no secret: see docs/reference/tape.md. A tower keeps its log for log_blocks; later a tape has to begin with a backup.',
    );
  },

  async run(invocation, show) {
    const {io, args, options} = invocation;
    const {dataDir} = (await settingsOf(invocation)).values;
    const path = resolve(io.workingDirectory, args[0]!);
    const from = options['from'];
    const every =
      options['digests'] === undefined
        ? undefined
        : wholeNumber(options['digests'], '--digests', {from: 1, to: Number.MAX_SAFE_INTEGER});
    const checkpoint = typeof from === 'string' ? resolve(io.workingDirectory, from) : undefined;
    if (checkpoint !== undefined) await requireOther(checkpoint, dataDir);
    const scratch = await makeScratchFolder();
    try {
      const parts = {checkpoint, every, scratch: join(scratch.path, 'store')};
      const {head, tip, digest} = await withLog(dataDir, (log) => writeTape(path, log, parts, io));
      const {network, begins, firstEvent, events, start} = head;
      show({file: path, network, begins, firstEvent, events, start, tip, digest});
      return 0;
    } finally {
      await scratch.release();
    }
  },

  render: ({file, network, begins, firstEvent, events, start, tip, digest}) =>
    columns([
      ['tape', file],
      ['network', network],
      [
        'begins',
        begins === 'log' ? `with the tower, at height ${start.height}` : `with the state at height ${start.height}`,
      ],
      ['events', `${plural(events, 'event')}, from number ${countInWords(firstEvent)} on`],
      ['tip', `${tip.height}  ${tip.hash}`],
      ['digest', digest],
    ]).join('\n'),
};

interface TapeParts {
  /** A folder with the store to begin with. */
  readonly checkpoint: string | undefined;
  /** Events between two digests, and where to replay them. */
  readonly every: number | undefined;
  readonly scratch: string;
}

/** A tape begins with what was before its events: the tower itself has them all. */
async function requireOther(checkpoint: string, dataDir: string): Promise<void> {
  const [from, own] = await Promise.all([checkpoint, dataDir].map((path) => realpath(path).catch(() => path)));
  if (from !== own) return;
  throw new OperationalError('TOWER_USAGE', `--from ${checkpoint} is the data directory of the tower itself`, {
    hint: 'Name a backup that was taken earlier, or leave --from out for a tape of the whole log.',
  });
}

/** Half a tape is removed again. */
async function writeTape(path: string, log: Log, {checkpoint, every, scratch}: TapeParts, io: Io): Promise<Exported> {
  const fileFailed = (cause: unknown): never => {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw new OperationalError('TOWER_FILE_FAILED', `${path} cannot be written`, {cause});
    }
    throw new OperationalError('TOWER_FILE_FAILED', `${path} is there already, and a tape never overwrites a file`, {
      hint: 'Name another file, or remove that one.',
    });
  };
  const startProgress = await loadProgress(io);
  let progress: Progress | undefined;
  const opened: LevelStore[] = [];
  const rowsIn = async (location: string, options?: {readonly create: boolean}): Promise<LevelStore> => {
    const rows = await LevelStore.open(location, options);
    opened.push(rows);
    return rows;
  };
  try {
    const begun = checkpoint === undefined ? undefined : await rowsIn(storePathOf(checkpoint), {create: false});
    const digests = every === undefined ? undefined : {every, rows: await rowsIn(scratch)};
    const file = await open(path, 'wx', 0o600).catch(fileFailed);
    try {
      const exported = await exportTape({
        ...{log, version: await packageVersion(), checkpoint: begun, digests},
        write: (text) => file.appendFile(text).catch(fileFailed),
        tell(done, total) {
          progress ??= startProgress('writing events', total);
          progress.update(done, total);
        },
      });
      await file.sync().catch(fileFailed);
      return exported;
    } catch (error) {
      await rm(path, {force: true});
      throw error;
    } finally {
      await file.close();
    }
  } finally {
    progress?.end();
    for (const rows of opened) await rows.close();
  }
}
