import type {DeviceStatus} from '../../client/index.js';
import {pastInWords, rowOf} from '../request-in-words.js';
import type {Subcommand} from '../subcommand.js';
import {columns} from '../table.js';
import {clientOf, defineClient, stateDirOf} from './client-options.js';
import {requestRows} from './device-request.js';
import {rememberTower} from './state-folder.js';

export const request: Subcommand<DeviceStatus> = {
  define: defineClient,

  async run(invocation, show) {
    const client = await clientOf(invocation);
    const status = await client.requestStatus();
    await rememberTower(stateDirOf(invocation), client);
    show(status);
    return 0;
  },

  render({publicKey, device, requests, tipHeight}, paint) {
    const grant =
      device === null
        ? [['authorized', 'no']]
        : [
            ['authorized', `at ${pastInWords(device.authorizedAt, tipHeight)}`],
            ...rowOf('user', device.userId === null ? null : String(device.userId)),
            ...rowOf('role', device.role),
          ];
    const sections = [[['key', publicKey], ...grant], ...requests.map((one) => requestRows(one, tipHeight, paint))];
    return sections.map((rows) => columns(rows).join('\n')).join('\n\n');
  },
};
