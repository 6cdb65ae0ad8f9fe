import type {Network} from '../chain/network.js';
import {openDaemon} from '../daemon/daemon.js';
import type {BartizanError} from '../errors/index.js';
import {eventLog} from './daemon/event-log.js';
import {warningTo} from './io.js';
import {renderError} from './render-error.js';
import {defineSettings, settingsOf} from './setting-options.js';
import {stopSignal} from './signals.js';
import type {Subcommand} from './subcommand.js';
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
    command.addHelpText('after', '\nRuns until SIGINT, SIGTERM or SIGHUP. The log goes to stderr, one line an event.');
  },

  async run(invocation, show) {
    const {io} = invocation;
    const stopped = stopSignal();
    const {values} = await settingsOf(invocation);
    let onFailure: ((error: BartizanError) => void) | undefined;
    const failed = new Promise<never>((_resolve, reject) => (onFailure = reject));
    // A tower that halts while it is opened is told of by the opening itself.
    failed.catch(() => undefined);
    const log = await eventLog(io);
    const daemon = await openDaemon(values, {
      listeners: [log],
      onPolicyReport: log,
      api: log,
      warn: warningTo(io),
      onDefect: (error) => io.log(renderError(error, io.paintLog)),
      onFailure: (error) => onFailure?.(error),
    });
    try {
      show({
        towerId: daemon.tower.id,
        network: daemon.tower.network,
        chain: values.chain,
        dataDir: values.dataDir,
        adminSocket: daemon.adminSocket,
        metrics: daemon.metricsAddress === undefined ? null : `${daemon.metricsAddress}/metrics`,
        api: daemon.api!.url,
      });
      daemon.tower.start();
      await Promise.race([stopped, daemon.stopAsked, failed]);
    } finally {
      await daemon.close();
    }
    return 0;
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
