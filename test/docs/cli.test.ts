import test from 'ava';
import {subcommands} from '../../src/cli/subcommands.js';
import {runHere} from '../cli/harness.js';
import {holdsGenerated} from './generated.js';

async function help(...args: string[]): Promise<string> {
  const {status, stdout} = await runHere([...args, '--help']);
  return status === 0 ? `\`\`\`\n${stdout}\`\`\`\n` : `status ${status}`;
}

test('the page of commands holds the help of each', async (t) => {
  const sections = [`\n${await help()}`];
  for (const {name} of subcommands) sections.push(`### ${name}\n\n${await help(name)}`);
  await holdsGenerated(t, 'cli.md', 'help', `${sections.join('\n')}\n`);
});

test('every subcommand takes --json, and a help line ends without a full stop', async (t) => {
  for (const {name, summary} of subcommands) {
    t.regex(await help(name), /--json/, name);
    t.regex(summary, /[^.]$/);
  }
});
