import {maxMinedBlocks, type Mined} from '../api/admin/admin-tower.js';
import {defineTower, towerOf} from './admin-command.js';
import {wholeNumber} from './arguments.js';
import {blocksInWords} from '../sim/timeline/heights.js';
import type {Subcommand} from './subcommand.js';

export const mine: Subcommand<Mined> = {
  define(command) {
    command.argument('[blocks]', `how many, 1 to ${maxMinedBlocks}`, '1');
    defineTower(command);
  },

  async run(invocation, show) {
    const blocks = wholeNumber(invocation.args[0] ?? '1', 'blocks', {from: 1, to: maxMinedBlocks});
    const tower = await towerOf(invocation);
    show(await tower.mine(blocks));
    return 0;
  },

  render: ({blocks, height, hash}) => `mined ${blocksInWords(blocks)}; the tip is ${height}  ${hash}`,
};
