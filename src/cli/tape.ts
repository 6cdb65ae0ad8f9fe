import {open, rm} from 'node:fs/promises';
import {resolve} from 'node:path';
import {storePathOf} from '../daemon/data-dir.js';
import {withLog} from '../daemon/tower-log.js';
import {packageVersion} from '../daemon/version.js';
import {OperationalError} from '../errors/index.js';
import {countInWords, plural} from '../sim/heights.js';
import {exportTape} from '../sim/tape/export.js';
import type {TapeHead} from '../sim/tape/tape-format.js';
import {LevelStore} from '../store/level-store.js';
import {defineTower} from './admin-command.js';
import {loadProgress, type Progress} from './progress.js';
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
    const fileFailed = (cause: unknown): never => {
      throw new OperationalError('TOWER_FILE_FAILED', `${path} cannot be written`, {cause});
    };
    const startProgress = await loadProgress(io);
    let progress: Progress | undefined;
    const written = await withLog(dataDir, async (log) => {
      const checkpoint =
        typeof from === 'string'
          ? await LevelStore.open(storePathOf(resolve(io.workingDirectory, from)), {create: false})
          : undefined;
      try {
        const file = await open(path, 'wx', 0o600).catch(fileFailed);
        try {
          const exported = await exportTape({
            log,
            version: await packageVersion(),
            write: (text) => file.appendFile(text).catch(fileFailed),
            checkpoint,
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
        await checkpoint?.close();
      }
    });
    const {head, tip, digest} = written;
    const {network, begins, firstEvent, events, start} = head;
    show({file: path, network, begins, firstEvent, events, start, tip, digest});
    return 0;
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
