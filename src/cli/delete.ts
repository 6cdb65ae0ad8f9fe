import type {DeletedUser} from '../api/admin/admin-operator.js';
import {plural} from '../sim/timeline/heights.js';
import {defineTower, towerOf} from './admin-command.js';
import {confirm} from './confirm.js';
import type {Subcommand} from './subcommand.js';
import {columns} from './table.js';

export const deleteUser: Subcommand<DeletedUser> = {
  define(command) {
    command.argument('<user>', 'user id, or one of his public keys in hex');
    command.option('--yes', 'do not ask');
    defineTower(command);
    command.addHelpText(
      'after',
      '\nThe user goes with his devices and appointments, at once and for good: no reorg brings him back. His devices may\n' +
        'register again, as anybody may. Prints what he was.',
    );
  },

  async run(invocation, show) {
    const tower = await towerOf(invocation);
    let who = invocation.args[0]!;
    if (invocation.options['yes'] !== true) {
      const user = await tower.user(who);
      const has = [plural(user.keys.length, 'device'), plural(user.appointments, 'appointment')];
      await confirm(invocation.io, `Delete user ${user.userId} with ${has.join(' and ')}, for good?`);
      // The one who was asked about, should the key have moved meanwhile.
      who = String(user.userId);
    }
    show(await tower.operator.delete(who));
    return 0;
  },

  render: ({userId, keys, appointments, subscriptionExpiry}) =>
    columns([
      ['deleted', `user ${userId}`],
      ...keys.map((key) => ['key', key]),
      ['appointments', String(appointments)],
      ['would have expired', `at ${subscriptionExpiry}`],
    ]).join('\n'),
};
