import {defineTower, towerOf} from './admin-command.js';
import type {Subcommand} from './subcommand.js';

interface StopOutput {
  readonly stopping: true;
}

export const stop: Subcommand<StopOutput> = {
  define: defineTower,

  async run(invocation, show) {
    const tower = await towerOf(invocation);
    await tower.stop();
    show({stopping: true});
    return 0;
  },

  render: () => 'the tower finishes what it has begun and stops',
};
