import type {PrintingSubcommand} from './subcommand.js';

/** What `bartizan --help` knows of a subcommand without loading it. */
export interface SubcommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly group: string;
  load(): Promise<PrintingSubcommand>;
}

/** A subcommand that has subcommands of its own. */
export interface SubcommandGroup {
  readonly name: string;
  readonly summary: string;
  readonly group: string;
  readonly subcommands: readonly SubcommandEntry[];
}

export type CommandEntry = SubcommandEntry | SubcommandGroup;
