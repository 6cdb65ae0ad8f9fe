import type {DeviceAtTip} from '../api/admin/admin-authorization.js';
import {defineTower, towerOf} from './admin-command.js';
import {deviceInWords} from './device-in-words.js';
import type {Subcommand} from './subcommand.js';

export const revoke: Subcommand<DeviceAtTip> = {
  define(command) {
    command.argument('<key>', 'public key of the device');
    defineTower(command);
    command.addHelpText('after', '\nPrints what the device was. It may ask again.');
  },

  async run(invocation, show) {
    const tower = await towerOf(invocation);
    show(await tower.auth.revoke(invocation.args[0]!));
    return 0;
  },

  render: (output) => deviceInWords(output, 'revoked'),
};
