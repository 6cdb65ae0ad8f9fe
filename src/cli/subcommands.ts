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
    name: 'run',
    summary: 'run a tower until it is told to stop',
    group: 'Tower:',
    load: async () => printing((await import('./run.js')).run),
  },
  {
    name: 'config',
    summary: 'show the settings in force and where each comes from',
    group: 'Tower:',
    load: async () => printing((await import('./config.js')).config),
  },
  {
    name: 'status',
    summary: 'show what the running tower is doing',
    group: 'Tower:',
    load: async () => printing((await import('./status.js')).status),
  },
  {
    name: 'register',
    summary: 'register a public key, or renew its subscription',
    group: 'Tower:',
    load: async () => printing((await import('./register.js')).register),
  },
  {
    name: 'users',
    summary: 'list the users',
    group: 'Tower:',
    load: async () => printing((await import('./users.js')).users),
  },
  {
    name: 'user',
    summary: 'show one user and his appointments',
    group: 'Tower:',
    load: async () => printing((await import('./user.js')).user),
  },
  {
    name: 'mine',
    summary: 'mine blocks on a simulated chain',
    group: 'Tower:',
    load: async () => printing((await import('./mine.js')).mine),
  },
  {
    name: 'digest',
    summary: 'print the digest of the state',
    group: 'Tower:',
    load: async () => printing((await import('./digest.js')).digest),
  },
  {
    name: 'verify',
    summary: 'hold all rows of the store against each other',
    group: 'Tower:',
    load: async () => printing((await import('./verify.js')).verify),
  },
  {
    name: 'stop',
    summary: 'stop the tower',
    group: 'Tower:',
    load: async () => printing((await import('./stop.js')).stop),
  },
  {
    name: 'recover',
    summary: 'see and settle a chain that the tower cannot follow',
    group: 'Tower:',
    load: async () => printing((await import('./recover.js')).recover),
  },
  {
    name: 'sim',
    summary: 'play scenarios against the tower and check what they expect',
    group: 'Chains:',
    load: async () => printing((await import('./sim.js')).sim),
  },
  {
    name: 'replay',
    summary: 'let a fresh tower follow a recorded chain',
    group: 'Chains:',
    load: async () => printing((await import('./replay.js')).replay),
  },
  {
    name: 'record',
    summary: 'record the chain of a bitcoind as a fixture chain',
    group: 'Chains:',
    load: async () => printing((await import('./record.js')).record),
  },
  {
    name: 'regtest',
    summary: 'start a regtest bitcoind to work against',
    group: 'Chains:',
    load: async () => printing((await import('./regtest.js')).regtest),
  },
];
