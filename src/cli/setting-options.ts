import type {Command} from 'commander';
import {type LoadedSettings, loadSettings} from '../tower/settings.js';
import {definitionOf, type SettingKey, settingKeys, settingNames} from '../tower/settings-table.js';
import type {Invocation} from './subcommand.js';

/** Adds a flag for each of these settings, and `--config`. */
export function defineSettings(command: Command, keys: readonly SettingKey[] = settingKeys): void {
  for (const group of new Set(keys.map((key) => definitionOf(key).group))) {
    command.optionsGroup(`${group}:`);
    for (const key of keys.filter((candidate) => definitionOf(candidate).group === group)) {
      const {meaning, kind, fallback, expected, path} = definitionOf(key);
      const shown = fallback === '' ? '' : ` (default: ${fallback})`;
      const placeholder = kind === 'integer' ? 'n' : path ? 'path' : kind === 'choice' ? 'choice' : 'text';
      const choices = kind === 'choice' ? `, ${expected}` : '';
      command.option(`${settingNames(key).flag} <${placeholder}>`, `${meaning}${choices}${shown}`);
    }
  }
  command.optionsGroup('Options:');
  command.option('--config <file>', 'configuration file (default: bartizan.toml in the data directory)');
}

/** The settings in force for a command that has `defineSettings`. */
export function settingsOf({options, io}: Invocation): Promise<LoadedSettings> {
  const flags: Record<string, string> = {};
  for (const key of settingKeys) {
    const given = options[key];
    if (typeof given === 'string') flags[settingNames(key).flag] = given;
  }
  return loadSettings({
    flags,
    configFile: options['config'] as string | undefined,
    ...io,
  });
}
