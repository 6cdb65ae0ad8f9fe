import {type DeviceAtTip, nodeRoles} from '../api/admin/admin-authorization.js';
import {defineTower, towerOf} from './admin-command.js';
import {roleOf} from './approve.js';
import {keyAnd} from './arguments.js';
import {deviceInWords} from './device-in-words.js';
import type {Subcommand} from './subcommand.js';

export const authorizeNode: Subcommand<DeviceAtTip> = {
  define(command) {
    command.argument('<key:role>', `public key of the node, a colon, ${nodeRoles.join(' or ')}`);
    defineTower(command);
    command.addHelpText('after', '\nDecides the pending request of the key, or authorizes it in advance.');
  },

  async run(invocation, show) {
    const [key, text] = keyAnd(invocation.args[0], 'ROLE');
    const role = roleOf(text, 'the role');
    const tower = await towerOf(invocation);
    show(await tower.auth.authorizeNode(key, role));
    return 0;
  },

  render: (output) => deviceInWords(output, 'key'),
};
