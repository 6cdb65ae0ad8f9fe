import {Command, CommanderError} from 'commander';
import {BartizanError, OperationalError} from '../errors/index.js';
import type {Io} from './io.js';
import {errorAsJson, renderError} from './render-error.js';
import type {ExitStatus, PrintingSubcommand} from './subcommand.js';
import {type SubcommandEntry, subcommands} from './subcommands.js';
import {packageVersion} from '../daemon/version.js';

const about = 'A block-driven Lightning watchtower and its own simulator.';

/** Runs one command line to its end. The only place that prints errors. */
export async function runCli(argv: readonly string[], io: Io): Promise<ExitStatus> {
  try {
    return await dispatch(argv, io);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const shown = error instanceof CommanderError ? usageError(error) : error;
    io.log(asksForJson(argv) ? errorAsJson(shown) : renderError(shown, io.paintLog));
    return shown instanceof BartizanError ? shown.exit : 1;
  }
}

/** Also of a command line that is not understood. */
function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end === -1 ? argv.length : end).includes('--json');
}

async function dispatch(argv: readonly string[], io: Io): Promise<ExitStatus> {
  let status: ExitStatus = 0;
  const program = framed(new Command('bartizan'), io)
    .description(about)
    .usage('<command> [options]')
    .version(await packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help');
  const asked = askedSubcommand(argv);
  for (const entry of subcommands) {
    const command = framed(program.command(entry.name), io).summary(entry.summary).helpGroup(entry.group);
    if (entry.name !== asked) continue;
    connect(command, entry, await entry.load(), io, (ended) => {
      status = ended;
    });
  }
  const [first, second] = argv;
  if (first === 'help' && second !== undefined && !subcommands.some(({name}) => name === second)) {
    throw new OperationalError('TOWER_USAGE', `unknown command '${second}'`);
  }
  if (argv.length === 0) {
    io.log(program.helpInformation().trimEnd());
    return 2;
  }
  await program.parseAsync(argv, {from: 'user'});
  return status;
}

function connect(
  command: Command,
  entry: SubcommandEntry,
  subcommand: PrintingSubcommand,
  io: Io,
  finish: (status: ExitStatus) => void,
): void {
  command.description(`${entry.summary[0]?.toUpperCase()}${entry.summary.slice(1)}.`);
  subcommand.define(command);
  command.option('--json', 'print JSON, one object a line').helpOption('-h, --help', 'print this help');
  command.action(async () => finish(await subcommand.run({args: command.args, options: command.opts(), io})));
}

/** Commander reports by exceptions, prints only what was asked for, and leaves errors to us. */
function framed(command: Command, io: Io): Command {
  return command.exitOverride().configureOutput({
    writeOut: (text) => io.print(text.trimEnd()),
    writeErr: () => {},
    outputError: () => {},
  });
}

function askedSubcommand(argv: readonly string[]): string | undefined {
  const words = argv.filter((word) => !word.startsWith('-'));
  return words[0] === 'help' ? words[1] : words[0];
}

function usageError(error: CommanderError): OperationalError {
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  if (suggestion === undefined) return new OperationalError('TOWER_USAGE', message);
  const question = suggestion.replace(/^\(|\)$/g, '').replace('Did you mean one of ', 'Did you mean ');
  return new OperationalError('TOWER_USAGE', message, {hint: question});
}
