import type {StateDigest} from '../api/admin/admin-tower.js';
import {AdminClient} from '../api/admin/client.js';
import {digestOf} from '../store/digest.js';
import {defineTower} from './admin-command.js';
import {askTowerOrStore} from '../daemon/stored-state.js';
import {settingsOf} from './setting-options.js';
import type {Subcommand} from './subcommand.js';
import {columns} from './table.js';

export const digest: Subcommand<StateDigest> = {
  define: defineTower,

  async run(invocation, show) {
    const {dataDir} = (await settingsOf(invocation)).values;
    const client = new AdminClient(dataDir);
    show(
      await askTowerOrStore(
        dataDir,
        () => client.digest(),
        async ({store, tip}) => ({...tip, digest: await digestOf(store.rows)}),
      ),
    );
    return 0;
  },

  render: ({height, hash, digest}) =>
    columns([
      ['digest', digest],
      ['tip', `${height}  ${hash}`],
    ]).join('\n'),
};
