import {clientSubcommands} from './client/subcommands.js';
import {printing} from './subcommand.js';
import type {CommandEntry} from './subcommand-entry.js';

/** All subcommands, in the order of the help. Loaded one at a time, so that starting stays quick. */
export const subcommands: readonly CommandEntry[] = [
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
    name: 'watch',
    summary: 'watch what the running tower is doing',
    group: 'Tower:',
    load: async () => printing((await import('./watch.js')).watch),
  },
  {
    name: 'health',
    summary: 'ask the running tower whether it is in step; for probes, by its exit status',
    group: 'Tower:',
    load: async () => printing((await import('./health.js')).health),
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
    name: 'appointments',
    summary: 'list the appointments, or those with a locator',
    group: 'Tower:',
    load: async () => printing((await import('./appointments.js')).appointments),
  },
  {
    name: 'forecast',
    summary: 'show who expires and who is deleted, by height',
    group: 'Tower:',
    load: async () => printing((await import('./forecast.js')).forecast),
  },
  {
    name: 'extend',
    summary: 'add blocks to a subscription',
    group: 'Tower:',
    load: async () => printing((await import('./extend.js')).extend),
  },
  {
    name: 'delete',
    summary: 'delete a user with his devices and appointments',
    group: 'Tower:',
    load: async () => printing((await import('./delete.js')).deleteUser),
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
    name: 'requests',
    summary: 'list the authorization requests',
    group: 'Authorization:',
    load: async () => printing((await import('./requests.js')).requests),
  },
  {
    name: 'request',
    summary: 'show one authorization request and what became of it',
    group: 'Authorization:',
    load: async () => printing((await import('./request.js')).request),
  },
  {
    name: 'approve',
    summary: 'approve a pending request',
    group: 'Authorization:',
    load: async () => printing((await import('./approve.js')).approve),
  },
  {
    name: 'deny',
    summary: 'deny a pending request',
    group: 'Authorization:',
    load: async () => printing((await import('./deny.js')).deny),
  },
  {
    name: 'authorize-user',
    summary: 'make a device one of a user, asked for or not',
    group: 'Authorization:',
    load: async () => printing((await import('./authorize-user.js')).authorizeUser),
  },
  {
    name: 'authorize-node',
    summary: 'give a node its role, asked for or not',
    group: 'Authorization:',
    load: async () => printing((await import('./authorize-node.js')).authorizeNode),
  },
  {
    name: 'devices',
    summary: 'list the authorized devices',
    group: 'Authorization:',
    load: async () => printing((await import('./devices.js')).devices),
  },
  {
    name: 'revoke',
    summary: 'take the authorization of a device back',
    group: 'Authorization:',
    load: async () => printing((await import('./revoke.js')).revoke),
  },
  {
    name: 'pragma',
    summary: 'run a PRAGMA line of OctoDB',
    group: 'Authorization:',
    load: async () => printing((await import('./pragma.js')).pragma),
  },
  {
    name: 'submit',
    summary: 'ask for authorization, as a device does',
    group: 'Authorization:',
    load: async () => printing((await import('./submit.js')).submit),
  },
  {
    name: 'client',
    summary: 'use a tower, as its users do',
    group: 'Users of a tower:',
    subcommands: clientSubcommands,
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
