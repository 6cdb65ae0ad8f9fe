import {describeOrigin, shownValue} from '../tower/settings.js';
import {settingKeys, settingNames} from '../tower/settings-table.js';
import {settingsTemplate} from '../tower/settings-template.js';
import {defineSettings, settingsOf} from './setting-options.js';
import type {Subcommand} from './subcommand.js';
import {columns} from './table.js';

interface ConfigOutput {
  /** The configuration file that was read. */
  readonly file: string | null;
  /** The text of a commented configuration file, when that was asked for. */
  readonly template?: string;
  readonly settings: readonly {
    readonly name: string;
    /** A secret is not shown. */
    readonly value: string | number;
    readonly origin: string;
  }[];
}

export const config: Subcommand<ConfigOutput> = {
  define(command) {
    command.option('--template', 'print a commented bartizan.toml with every setting at its default');
    defineSettings(command);
    command.addHelpText('after', '\nDefaults < bartizan.toml < environment (BARTIZAN_<NAME>) < flags.');
  },

  async run(invocation, show) {
    if (invocation.options['template'] === true) {
      show({file: null, template: settingsTemplate(), settings: []});
      return 0;
    }
    const {file, values, origins} = await settingsOf(invocation);
    show({
      file: file ?? null,
      settings: settingKeys.map((key) => ({
        name: settingNames(key).name,
        value: typeof values[key] === 'number' ? values[key] : shownValue(key, values[key]),
        origin: describeOrigin(origins[key]),
      })),
    });
    return 0;
  },

  render({file, template, settings}, paint) {
    if (template !== undefined) return template.trimEnd();
    const rows = settings.map(({name, value, origin}) => [name, JSON.stringify(value), origin]);
    const lines = columns(rows).map((line, index) =>
      settings[index]?.origin === 'default' ? paint('dim', line) : line,
    );
    return [file === null ? 'no configuration file' : `configuration file ${file}`, '', ...lines].join('\n');
  },
};
