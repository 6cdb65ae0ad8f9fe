import {type PrintingSubcommand, printing} from './subcommand.js';

/** What `bartizan --help` knows of a subcommand without loading it. */
export interface SubcommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly group: string;
  load(): Promise<PrintingSubcommand>;
}

/** All subcommands, in the order of the help. Loaded one at a time, so that starting stays quick. */
export const subcommands: readonly SubcommandEntry[] = [
  {
    name: 'config',
    summary: 'show the settings in force and where each comes from',
    group: 'Tower:',
    load: async () => printing((await import('./config.js')).config),
  },
];
