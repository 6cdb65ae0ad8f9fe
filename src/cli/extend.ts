import type {ExtendedUser} from '../api/admin/admin-operator.js';
import {maxU32} from '../gatekeeper/settings.js';
import {blocksInWords, deletion, expiry, heightInWords, timeInWords} from '../sim/timeline/heights.js';
import {defineTower, towerOf} from './admin-command.js';
import {wholeNumber} from './arguments.js';
import {slotsInWords} from './slots-in-words.js';
import type {Subcommand} from './subcommand.js';
import {columns} from './table.js';

export const extend: Subcommand<ExtendedUser> = {
  define(command) {
    command.argument('<user>', 'user id, or one of his public keys in hex');
    command.requiredOption('--blocks <n>', 'blocks to add');
    defineTower(command);
    command.addHelpText('after', '\nAlso in the grace period. No reorg takes the blocks back, and no command does.');
  },

  async run(invocation, show) {
    const blocks = wholeNumber(invocation.options['blocks'], '--blocks', {from: 1, to: maxU32});
    const tower = await towerOf(invocation);
    show(await tower.operator.extend(invocation.args[0]!, blocks));
    return 0;
  },

  render(output) {
    const {tipHeight, blocks} = output;
    const end = heightInWords(output.subscriptionExpiry, {tipHeight, saying: expiry});
    return columns([
      ['user', String(output.userId)],
      ['added', `${blocksInWords(blocks)}, ${timeInWords(blocks)}`],
      ['slots', slotsInWords(output)],
      ['subscription', `since ${output.subscriptionStart}, ${end}`],
      ['unless renewed', heightInWords(output.deletionHeight, {tipHeight, saying: deletion})],
    ]).join('\n');
  },
};
