import {resolve} from 'node:path';
import {type Backup, type BackupProgress, makeBackup} from '../daemon/backup/backup.js';
import {countInWords} from '../sim/timeline/heights.js';
import {defineTower} from './admin-command.js';
import {bytesInWords} from './bytes-in-words.js';
import type {Io} from './io.js';
import {loadCounter, loadProgress, type Progress} from './progress.js';
import {settingsOf} from './setting-options.js';
import type {Subcommand} from './subcommand.js';
import {columns} from './table.js';

interface BackupOutput extends Backup {
  readonly folder: string;
}

export const backup: Subcommand<BackupOutput> = {
  define(command) {
    command.argument('<folder>', 'where to put it: a folder that is not there, or is empty');
    defineTower(command);
    command.addHelpText(
      'after',
      '\nOf a tower that runs, while it goes on; otherwise of its store. Holds the store as it stands at one moment, the\n' +
        "tower's secret key, its simulated chain and the bartizan.toml of the data directory. It is read back before it\n" +
        'counts. Keep it as you keep the key.',
    );
  },

  async run(invocation, show) {
    const {io} = invocation;
    const {dataDir} = (await settingsOf(invocation)).values;
    const folder = resolve(io.workingDirectory, invocation.args[0]!);
    const progress = await phases(io);
    let made: Backup;
    try {
      made = await makeBackup({dataDir, folder, now: new Date(), tell: progress.tell});
    } finally {
      progress.end();
    }
    show({folder, ...made});
    return 0;
  },

  render: ({folder, towerId, network, chain, tip, digest, rows, bytes, files}) =>
    columns([
      ['backup', folder],
      ['tower', towerId],
      ['network', `${network}, ${chain === 'simulated' ? 'simulated chain' : 'bitcoind'}`],
      ['tip', `${tip.height}  ${tip.hash}`],
      ['digest', digest],
      ['store', `${countInWords(rows)} rows, ${bytesInWords(bytes)}, read back and found the same`],
      ['files', ['store', 'tower.key', ...files].join(', ')],
    ]).join('\n'),
};

/** How many rows there are is known once they have been copied. */
async function phases(io: Io): Promise<{tell: (progress: BackupProgress) => void; end: () => void}> {
  const [startCounter, startProgress] = [await loadCounter(io), await loadProgress(io)];
  let current: {phase: BackupProgress['phase']; progress: Progress} | undefined;
  const begin = (phase: BackupProgress['phase'], total: number) => {
    current?.progress.end();
    const progress = phase === 'copying' ? startCounter('copying rows') : startProgress('checking rows', total);
    return (current = {phase, progress});
  };
  return {
    tell({phase, rows, total = 0}) {
      const {progress} = current?.phase === phase ? current : begin(phase, total);
      progress.update(rows, total);
    },
    end: () => current?.progress.end(),
  };
}
