import {TowerConnection} from '../../client/connection.js';
import type {Subcommand} from '../subcommand.js';
import {defineTimeout, defineTower, timeoutMsOf, towerOf} from './client-options.js';

interface PingOutput {
  readonly url: string;
  /** From the first byte to the last. */
  readonly ms: number;
}

export const ping: Subcommand<PingOutput> = {
  define(command) {
    defineTower(command);
    command.option('--state-dir <dir>', 'state folder, which remembers towers (default: ~/.bartizan/client)');
    defineTimeout(command);
  },

  async run(invocation, show) {
    const {url} = await towerOf(invocation);
    const beganMs = performance.now();
    await new TowerConnection(url, {timeoutMs: timeoutMsOf(invocation)}).ping();
    show({url, ms: Math.round(performance.now() - beganMs)});
    return 0;
  },

  render: ({url, ms}) => `the tower at ${url} answers, in ${ms} ms`,
};
