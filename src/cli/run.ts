import type {Network} from '../chain/network.js';
import {openDaemon} from '../daemon/daemon.js';
import {BartizanError} from '../errors/index.js';
import {logFormats} from '../tower/observation-settings.js';
import type {TowerSettings} from '../tower/settings.js';
import {settingNames} from '../tower/settings-table.js';
import {EventLog} from './daemon/event-log.js';
import {defineSettings, settingsOf} from './setting-options.js';
import {stopSignal} from './signals.js';
import type {Invocation, Subcommand} from './subcommand.js';
import {columns} from './table.js';

interface RunOutput {
  readonly towerId: string;
  readonly network: Network;
  readonly chain: 'simulated' | 'bitcoind';
  readonly dataDir: string;
  readonly adminSocket: string;
  /** Where metrics are served besides; null where they are not. */
  readonly metrics: string | null;
  /** URL of the public API. */
  readonly api: string;
}

export const run: Subcommand<RunOutput> = {
  define(command) {
    defineSettings(command);
    command.addHelpText(
      'after',
      '\nRuns until SIGINT, SIGTERM or SIGHUP. The log goes to stderr; with --json it is JSON, too.',
    );
  },

  async run(invocation, show) {
    const {io, options} = invocation;
    const stopped = stopSignal();
    const json = options['json'] === true;
    let log: EventLog | undefined;
    try {
      const {values} = await settingsOf(invocation);
      const {logFormat: format, logLevel: level} = values;
      log = await EventLog.open(io, {format, level, json});
      await runTower(values, log, stopped, show);
      return 0;
    } catch (error) {
      log ??= await EventLog.open(io, {format: formatSaid(invocation), level: 'info', json});
      if (log.failure(error)) return error instanceof BartizanError ? error.exit : 1;
      throw error;
    }
  },

  render: ({towerId, network, chain, dataDir, api, metrics}) =>
    columns([
      ['tower', towerId],
      ['network', `${network}, ${chain === 'simulated' ? 'simulated chain' : 'bitcoind'}`],
      ['data', dataDir],
      ['api', api],
      ...(metrics === null ? [] : [['metrics', metrics]]),
    ]).join('\n'),
};

/** The form of the log as flag and environment have it, where the settings as a whole are not understood. */
function formatSaid({options, io}: Invocation): TowerSettings['logFormat'] {
  const said = options['logFormat'] ?? io.environment[settingNames('logFormat').variable];
  return logFormats.find((format) => format === said) ?? 'auto';
}

/** Until it is told to stop, or halts for good. */
async function runTower(
  settings: TowerSettings,
  log: EventLog,
  stopped: Promise<unknown>,
  show: (output: RunOutput) => void,
): Promise<void> {
  let onFailure: ((error: BartizanError) => void) | undefined;
  const failed = new Promise<never>((_resolve, reject) => (onFailure = reject));
  // A tower that halts while it is opened is told of by the opening itself.
  failed.catch(() => undefined);
  const daemon = await openDaemon(settings, {
    listeners: [log.event],
    onPolicyReport: log.event,
    api: log.event,
    warn: log.warning,
    onDefect: log.defect,
    onFailure: (error) => onFailure?.(error),
  });
  try {
    show({
      towerId: daemon.tower.id,
      network: daemon.tower.network,
      chain: settings.chain,
      dataDir: settings.dataDir,
      adminSocket: daemon.adminSocket,
      metrics: daemon.metricsAddress === undefined ? null : `${daemon.metricsAddress}/metrics`,
      api: daemon.api!.url,
    });
    daemon.tower.start();
    await Promise.race([stopped, daemon.stopAsked, failed]);
  } finally {
    await daemon.close();
  }
}
