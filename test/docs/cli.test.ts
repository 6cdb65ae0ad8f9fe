import test from 'ava';
import {subcommands} from '../../src/cli/subcommands.js';
import {runHere} from '../cli/harness.js';
import {holdsGenerated} from './generated.js';

async function help(...args: string[]): Promise<string> {
  const {status, stdout} = await runHere([...args, '--help']);
  return status === 0 ? `\`\`\`\n${stdout}\`\`\`\n` : `status ${status}`;
}

/** Every command line that has a help of its own. */
const commands = subcommands.flatMap((entry) =>
  'subcommands' in entry ? [[entry.name], ...entry.subcommands.map(({name}) => [entry.name, name])] : [[entry.name]],
);

test('the page of commands holds the help of each', async (t) => {
  const sections = [`\n${await help()}`];
  for (const command of commands) sections.push(`### ${command.join(' ')}\n\n${await help(...command)}`);
  await holdsGenerated(t, 'cli.md', 'help', `${sections.join('\n')}\n`);
});

test('every subcommand takes --json, and a help line ends without a full stop', async (t) => {
  for (const entry of subcommands.flatMap((one) => ('subcommands' in one ? [one, ...one.subcommands] : [one]))) {
    t.regex(entry.summary, /[^.]$/);
  }
  for (const command of commands) {
    if (command.join() !== 'client') t.regex(await help(...command), /--json/, command.join(' '));
  }
});
