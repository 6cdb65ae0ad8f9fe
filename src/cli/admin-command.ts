import type {Command} from 'commander';
import {AdminClient} from '../api/admin/client.js';
import {defineSettings, settingsOf} from './setting-options.js';
import type {Invocation} from './subcommand.js';

/** For subcommands that talk to the running tower: which one it is. */
export function defineTower(command: Command): void {
  defineSettings(command, ['dataDir']);
}

export async function towerOf(invocation: Invocation): Promise<AdminClient> {
  const {values} = await settingsOf(invocation);
  return new AdminClient(values.dataDir);
}
