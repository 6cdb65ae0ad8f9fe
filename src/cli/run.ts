import type {Network} from '../chain/network.js';
import {AdminClient} from '../api/admin/client.js';
import type {BartizanError} from '../errors/index.js';
import {type ErrorCode, OperationalError} from '../errors/index.js';
import {openDaemon} from './daemon/daemon.js';
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
}

/** A node that changes its mind may end these; whoever starts a tower wants to hear of the others at once. */
const mayPass: readonly ErrorCode[] = ['TOWER_REORG_TOO_DEEP'];
const mayPassOnceSynced: readonly ErrorCode[] = [
  'TOWER_WRONG_NETWORK',
  'TOWER_WRONG_GENESIS',
  'TOWER_BITCOIND_UNAUTHORIZED',
];

export const run: Subcommand<RunOutput> = {
  define(command) {
    defineSettings(command);
    command.addHelpText('after', '\nRuns until SIGINT or SIGTERM. The log goes to stderr, one line an event.');
  },

  async run(invocation, show) {
    const {io} = invocation;
    const stopped = stopSignal();
    const {values} = await settingsOf(invocation);
    await refuseSecond(values.dataDir);

    let synced = false;
    let fail: ((error: BartizanError) => void) | undefined;
    const failed = new Promise<never>((_resolve, reject) => (fail = reject));
    // A tower that halts while it is opened is told of by the opening itself.
    failed.catch(() => undefined);
    const daemon = await openDaemon(values, io, (event) => {
      if (event.type !== 'state_changed') return;
      const {name, error} = event.state;
      synced ||= name === 'synced';
      if (name !== 'halted' || error === undefined || mayPass.includes(error.code)) return;
      if (synced && mayPassOnceSynced.includes(error.code)) return;
      fail?.(error);
    });
    try {
      show({
        towerId: daemon.tower.id,
        network: daemon.tower.network,
        chain: values.chain,
        dataDir: values.dataDir,
        adminSocket: daemon.adminSocket,
      });
      daemon.tower.start();
      await Promise.race([stopped, daemon.stopAsked, failed]);
    } finally {
      await daemon.close();
    }
    return 0;
  },

  render: ({towerId, network, chain, dataDir}) =>
    columns([
      ['tower', towerId],
      ['network', `${network}, ${chain === 'simulated' ? 'simulated chain' : 'bitcoind'}`],
      ['data', dataDir],
    ]).join('\n'),
};

/** The lock of the store would stop it, too; this one can say who holds it. */
async function refuseSecond(dataDir: string): Promise<void> {
  const running = await new AdminClient(dataDir).status().catch((error: unknown) => {
    if (error instanceof OperationalError) return undefined;
    throw error;
  });
  if (running === undefined) return;
  throw new OperationalError('TOWER_ALREADY_RUNNING', `a tower is running on ${dataDir}, as process ${running.pid}`);
}
