import type {UserDetails} from '../api/admin/admin-tower.js';
import {defineTower, towerOf} from './admin-command.js';
import {countInWords, deletion, expiry, heightInWords, plural} from '../sim/timeline/heights.js';
import {slotsInWords} from './slots-in-words.js';
import type {Subcommand} from './subcommand.js';
import {columns} from './table.js';

const statesInWords: Readonly<Record<UserDetails['state'], string>> = {
  active: 'active',
  expired: 'expired, in grace',
  outdated: 'outdated, past his grace',
};

export const user: Subcommand<UserDetails> = {
  define(command) {
    command.argument('<user>', 'user id, or one of his public keys in hex');
    defineTower(command);
  },

  async run(invocation, show) {
    const tower = await towerOf(invocation);
    show(await tower.user(invocation.args[0]!));
    return 0;
  },

  render(output, paint) {
    const {tipHeight, slotsByLocator} = output;
    const listed = Object.entries(slotsByLocator);
    const unlisted = output.appointments - listed.length;
    const end = heightInWords(output.subscriptionExpiry, {tipHeight, saying: expiry});
    return [
      ...columns([
        ['user', String(output.userId)],
        ['state', paint(output.state === 'active' ? 'green' : 'yellow', statesInWords[output.state])],
        ...(output.keys.length === 0 ? ['none'] : output.keys).map((key) => ['key', key]),
        ['slots', slotsInWords(output)],
        ['subscription', `since ${output.subscriptionStart}, ${end}`],
        [
          'unless renewed',
          output.state === 'outdated'
            ? 'deleted by the next block'
            : heightInWords(output.deletionHeight, {tipHeight, saying: deletion}),
        ],
        ['appointments', countInWords(output.appointments)],
      ]),
      ...columns(listed.map(([locator, slots]) => [`  ${locator}`, plural(slots, 'slot')])),
      ...(unlisted > 0 ? [`  and ${countInWords(unlisted)} more`] : []),
    ].join('\n');
  },
};
