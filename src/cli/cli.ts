import {Command, CommanderError} from 'commander';
import {BartizanError, OperationalError} from '../errors/index.js';
import type {Io} from './io.js';
import {errorAsJson, renderError} from './render-error.js';
import type {ExitStatus, PrintingSubcommand} from './subcommand.js';
import type {CommandEntry} from './subcommand-entry.js';
import {subcommands} from './subcommands.js';
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
  const asked = askedSubcommands(argv);
  const named = await addSubcommands(program, subcommands, {asked, io, finish: (ended) => (status = ended)});
  const [first, second] = argv;
  if (first === 'help' && second !== undefined && !subcommands.some(({name}) => name === second)) {
    throw new OperationalError('TOWER_USAGE', `unknown command '${second}'`);
  }
  if (argv.length === 0 || isOnlyNamed(named, argv)) {
    io.log(named.helpInformation().trimEnd());
    return 2;
  }
  await program.parseAsync(argv, {from: 'user'});
  return status;
}

interface Frame {
  /** The subcommand that was asked for, and the one of its own, if it has any. */
  readonly asked: readonly string[];
  readonly io: Io;
  finish(status: ExitStatus): void;
}

/** Adds all, and loads the one that was asked for. Answers the deepest command that was named. */
async function addSubcommands(parent: Command, entries: readonly CommandEntry[], frame: Frame): Promise<Command> {
  const {asked, io, finish} = frame;
  let named = parent;
  for (const entry of entries) {
    const command = framed(parent.command(entry.name), io).summary(entry.summary).helpGroup(entry.group);
    if (entry.name !== asked[0]) continue;
    named = command.description(`${entry.summary[0]?.toUpperCase()}${entry.summary.slice(1)}.`);
    if ('load' in entry) connect(command, await entry.load(), io, finish);
    else {
      command.usage('<command> [options]').helpOption('-h, --help', 'print this help');
      named = await addSubcommands(command, entry.subcommands, {...frame, asked: asked.slice(1)});
    }
  }
  return named;
}

/** A command that is nothing without one of its own, and stands there without. */
const isOnlyNamed = (command: Command, argv: readonly string[]): boolean =>
  command.commands.length > 0 && argv.at(-1) === command.name() && argv[0] !== 'help';

function connect(command: Command, subcommand: PrintingSubcommand, io: Io, finish: (status: ExitStatus) => void): void {
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

function askedSubcommands(argv: readonly string[]): readonly string[] {
  return argv.filter((word) => !word.startsWith('-') && word !== 'help');
}

function usageError(error: CommanderError): OperationalError {
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  if (suggestion === undefined) return new OperationalError('TOWER_USAGE', message);
  const question = suggestion.replace(/^\(|\)$/g, '').replace('Did you mean one of ', 'Did you mean ');
  return new OperationalError('TOWER_USAGE', message, {hint: question});
}
