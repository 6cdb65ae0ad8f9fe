import {ObservationClient} from '../api/observation/observation-client.js';
import type {Health} from '../api/observation/observed-tower.js';
import {defineTower} from './admin-command.js';
import {printable} from '../errors/printable.js';
import {settingsOf} from './setting-options.js';
import type {Subcommand} from './subcommand.js';

export const health: Subcommand<Health> = {
  define(command) {
    defineTower(command);
    command.addHelpText(
      'after',
      '\nStatus 0 while the tower is in step with its source and takes events, otherwise 1.',
    );
  },

  async run(invocation, show) {
    const {values} = await settingsOf(invocation);
    const health = await new ObservationClient(values.dataDir).health();
    show(health);
    return health.status === 'ok' ? 0 : 1;
  },

  render(health, paint) {
    if (health.status === 'ok') return paint('green', 'ok');
    const code = health.code === null ? '' : `   ${paint('dim', `[${health.code}]`)}`;
    return [
      `${paint('red', health.status)}: ${printable(health.reason)}`,
      `${paint('cyan', 'hint:')} ${printable(health.next)}${code}`,
    ].join('\n');
  },
};
