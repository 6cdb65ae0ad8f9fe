import {resolve} from 'node:path';
import {type Manifest, readManifest} from '../daemon/backup/manifest.js';
import {restoreBackup, type Restored, type RestoreProgress} from '../daemon/backup/restore.js';
import {refuseSecond} from '../daemon/daemon.js';
import {OperationalError} from '../errors/index.js';
import {plural} from '../sim/timeline/heights.js';
import type {LoadedSettings} from '../tower/settings.js';
import {type Io, warningTo} from './io.js';
import {loadProgress, type Progress} from './progress.js';
import {defineSettings, settingsOf} from './setting-options.js';
import type {Subcommand} from './subcommand.js';
import {columns} from './table.js';
import {appointmentsInWords} from './verify.js';

interface RestoreOutput extends Restored, Pick<Manifest, 'madeAt' | 'towerId' | 'network' | 'chain' | 'tip' | 'files'> {
  readonly folder: string;
  readonly dataDir: string;
}

export const restore: Subcommand<RestoreOutput> = {
  define(command) {
    command.argument('<folder>', 'the backup');
    defineSettings(command, ['dataDir', 'chain', 'btcNetwork']);
    command.addHelpText(
      'after',
      '\nInto a data directory that holds no tower. The backup is checked, and left as it is. What the tower has promised\n' +
        'since the backup is not in it.',
    );
  },

  async run(invocation, show) {
    const {io} = invocation;
    const settings = await settingsOf(invocation);
    const {dataDir} = settings.values;
    const folder = resolve(io.workingDirectory, invocation.args[0]!);
    const manifest = await readManifest(folder);
    refuseOtherNetwork(manifest, settings);
    await refuseSecond(dataDir);
    const progress = await phases(io);
    let restored: Restored;
    try {
      restored = await restoreBackup({folder, manifest, dataDir, tell: progress.tell});
    } finally {
      progress.end();
    }
    const warn = warningTo(io);
    const {madeAt, towerId, network, chain, tip, files, sums} = manifest;
    if (files.length > 0 && sums === undefined) {
      warn(
        `the backup is of an older version: nothing in it says what ${files.join(' and ')} should hold, so that is not checked`,
      );
    }
    warn(
      `what the tower has promised since the backup (block ${tip.height}, ${madeAt}) is NOT in it: who has registered or ` +
        'sent an appointment since holds a receipt that this tower knows nothing of',
    );
    warn('the tower of which this is a backup must not run any more: two with one key break their promises');
    show({folder, dataDir, ...restored, ...{madeAt, towerId, network, chain, tip, files}});
    return 0;
  },

  render: ({dataDir, towerId, network, chain, tip, digest, users, madeAt, ...held}) =>
    columns([
      ['restored', dataDir],
      ['tower', towerId],
      ['network', `${network}, ${chain === 'simulated' ? 'simulated chain' : 'bitcoind'}`],
      ['tip', `${tip.height}  ${tip.hash}`],
      ['backup of', madeAt],
      ['digest', digest],
      ['holds', `${plural(users, 'user')}, ${appointmentsInWords(held)}; everything agrees`],
    ]).join('\n'),
};

/** Only what somebody has said: without a word, the backup says what network it is of. */
function refuseOtherNetwork(manifest: Manifest, {values, origins}: LoadedSettings): void {
  const chain = origins.chain.type === 'default' ? manifest.chain : values.chain;
  const network = origins.btcNetwork.type === 'default' ? manifest.network : values.btcNetwork;
  if (chain === manifest.chain && (chain === 'simulated' || network === manifest.network)) return;
  const of = (chain: string, network: string) => (chain === 'simulated' ? 'a simulated chain' : network);
  throw new OperationalError(
    'TOWER_WRONG_NETWORK',
    `the backup is of a tower on ${of(manifest.chain, manifest.network)}, the settings are of ${of(chain, network)}`,
  );
}

async function phases(io: Io): Promise<{tell: (progress: RestoreProgress) => void; end: () => void}> {
  const start = await loadProgress(io);
  let current: {phase: RestoreProgress['phase']; progress: Progress} | undefined;
  const begin = (phase: RestoreProgress['phase'], total: number) => {
    current?.progress.end();
    const label = phase === 'copying' ? 'copying bytes' : 'checking rows';
    return (current = {phase, progress: start(label, total)});
  };
  return {
    tell(told) {
      const {progress} = current?.phase === told.phase ? current : begin(told.phase, told.total);
      progress.update(told.phase === 'copying' ? told.bytes : told.rows, told.total);
    },
    end: () => current?.progress.end(),
  };
}
