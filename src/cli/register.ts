import type {Registration} from '../api/admin/admin-tower.js';
import {defineTower, towerOf} from './admin-command.js';
import {countInWords, expiry, heightInWords} from '../sim/timeline/heights.js';
import type {Subcommand} from './subcommand.js';
import {columns} from './table.js';

export const register: Subcommand<Registration> = {
  define(command) {
    command.argument('<key>', 'compressed public key, 66 hex digits');
    defineTower(command);
  },

  async run(invocation, show) {
    const tower = await towerOf(invocation);
    show(await tower.register(invocation.args[0]!));
    return 0;
  },

  render({userId, key, availableSlots, subscriptionStart, subscriptionExpiry, tipHeight, signature}) {
    const end = heightInWords(subscriptionExpiry, {tipHeight, saying: expiry});
    return columns([
      ['user', String(userId)],
      ['key', key],
      ['slots', countInWords(availableSlots)],
      ['subscription', `since ${subscriptionStart}, ${end}`],
      ['receipt', signature],
    ]).join('\n');
  },
};
