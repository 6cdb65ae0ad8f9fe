import type {DeviceAtTip} from '../api/admin/admin-authorization.js';
import {maxU32} from '../gatekeeper/settings.js';
import {defineTower, towerOf} from './admin-command.js';
import {keyAnd, wholeNumber} from './arguments.js';
import {deviceInWords} from './device-in-words.js';
import type {Subcommand} from './subcommand.js';

export const authorizeUser: Subcommand<DeviceAtTip> = {
  define(command) {
    command.argument('<key:id>', 'public key of the device, a colon, the id of its user; 0 is a new user');
    defineTower(command);
    command.addHelpText('after', '\nDecides the pending signup or login of the key, or authorizes it in advance.');
  },

  async run(invocation, show) {
    const [key, id] = keyAnd(invocation.args[0], 'ID');
    const userId = wholeNumber(id, 'the user id', {from: 0, to: maxU32});
    const tower = await towerOf(invocation);
    show(await tower.auth.authorizeUser(key, userId));
    return 0;
  },

  render: (output) => deviceInWords(output, 'key'),
};
