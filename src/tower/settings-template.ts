import {definitionOf, settingKeys, settingNames} from './settings-table.js';

/** A configuration file that says everything and sets nothing: each setting, commented out, at its default. */
export function settingsTemplate(): string {
  const lines = ['# Settings of Bartizan. A line without its "# " takes effect at the next start.'];
  let group = '';
  for (const key of settingKeys) {
    const definition = definitionOf(key);
    if (definition.group !== group) {
      group = definition.group;
      lines.push('', `## ${group}`);
    }
    lines.push('', `## ${definition.meaning}: ${definition.expected}.`);
    if (key === 'dataDir') lines.push('## Only in a file that is named with --config: this one is found through it.');
    lines.push(`# ${settingNames(key).name} = ${JSON.stringify(definition.fallback)}`);
  }
  return `${lines.join('\n')}\n`;
}
