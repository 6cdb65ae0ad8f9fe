import test from 'ava';
import {definitionOf, settingKeys, settingNames} from '../../src/tower/settings-table.js';
import {holdsGenerated} from './generated.js';

function settingsInMarkdown(): string {
  const lines: string[] = [];
  for (const group of new Set(settingKeys.map((key) => definitionOf(key).group))) {
    lines.push('', `## ${group}`, '', '| setting | default | values | meaning |', '|---|---|---|---|');
    for (const key of settingKeys.filter((candidate) => definitionOf(candidate).group === group)) {
      const {fallback, expected, meaning} = definitionOf(key);
      const shown = fallback === '' ? '' : `\`${fallback}\``;
      lines.push(`| \`${settingNames(key).name}\` | ${shown} | ${expected} | ${meaning} |`);
    }
  }
  return `${lines.join('\n')}\n\n`;
}

test('the page of settings lists the table that they are loaded by', async (t) => {
  await holdsGenerated(t, 'configuration.md', 'settings', settingsInMarkdown());
});
