import type {Subscription} from '../../client/index.js';
import {countInWords} from '../../sim/timeline/heights.js';
import {underOneLabel} from '../request-in-words.js';
import type {Subcommand} from '../subcommand.js';
import {columns} from '../table.js';
import {clientOf, defineClient} from './client-options.js';

export const subscriptionInfo: Subcommand<Subscription> = {
  define: defineClient,

  async run(invocation, show) {
    const client = await clientOf(invocation);
    show(await client.subscriptionInfo());
    return 0;
  },

  render: ({availableSlots, subscriptionExpiry, locators}) =>
    columns([
      ['slots', `${countInWords(availableSlots)} left`],
      ['subscription', `expires at ${subscriptionExpiry}`],
      ['appointments', countInWords(locators.length)],
      ...underOneLabel('locators', locators),
    ]).join('\n'),
};
