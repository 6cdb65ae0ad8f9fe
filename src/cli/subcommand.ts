import type {Command} from 'commander';
import {toWire} from '../api/wire-names.js';
import type {Io} from './io.js';
import type {Paint} from './paint.js';
import type {SignalStatus} from './signals.js';

export interface Invocation {
  readonly args: readonly string[];
  /** By name in camelCase, as commander has them. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly io: Io;
}

/** One subcommand: what it accepts, what it does, and how its output reads. */
export interface Subcommand<Output> {
  /** Adds arguments, options and help; `--json` is everybody's and added by the frame. */
  define(command: Command): void;
  /** Answers the exit status. Each `show` prints one output, in words or as JSON. */
  run(invocation: Invocation, show: (output: Output) => void): Promise<ExitStatus>;
  /** The output in words. Pure; without a line end at its end. */
  render(output: Output, paint: Paint): string;
}

/** 0 done, 1 refused or failed, 2 not understood; more when a signal has ended long work before its end. */
export type ExitStatus = 0 | 1 | 2 | SignalStatus;

/** A subcommand as the frame sees it, whatever its output is. */
export interface PrintingSubcommand {
  define(command: Command): void;
  run(invocation: Invocation): Promise<ExitStatus>;
}

/** The one place where outputs are printed. */
export function printing<Output>(subcommand: Subcommand<Output>): PrintingSubcommand {
  return {
    define: (command) => subcommand.define(command),
    run(invocation) {
      const {io, options} = invocation;
      const show = (output: Output) =>
        io.print(options['json'] === true ? JSON.stringify(toWire(output)) : subcommand.render(output, io.paintData));
      return subcommand.run(invocation, show);
    },
  };
}
