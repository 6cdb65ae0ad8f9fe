import {printing} from '../subcommand.js';
import type {SubcommandEntry} from '../subcommand-entry.js';

/** What a user does at a tower, in the order of the help. */
export const clientSubcommands: readonly SubcommandEntry[] = [
  {
    name: 'key',
    summary: 'show the public key that stands for you at towers, or make one',
    group: 'Commands:',
    load: async () => printing((await import('./key.js')).key),
  },
  {
    name: 'ping',
    summary: 'see whether a tower answers',
    group: 'Commands:',
    load: async () => printing((await import('./ping.js')).ping),
  },
  {
    name: 'register',
    summary: 'register with a tower, or renew the subscription',
    group: 'Commands:',
    load: async () => printing((await import('./register.js')).register),
  },
  {
    name: 'subscription-info',
    summary: 'show the subscription as the tower has it',
    group: 'Commands:',
    load: async () => printing((await import('./subscription-info.js')).subscriptionInfo),
  },
  {
    name: 'add-appointment',
    summary: 'deposit an appointment, or update it',
    group: 'Commands:',
    load: async () => printing((await import('./add-appointment.js')).addAppointment),
  },
  {
    name: 'get-appointment',
    summary: 'show an appointment as the tower has it',
    group: 'Commands:',
    load: async () => printing((await import('./get-appointment.js')).getAppointment),
  },
  {
    name: 'receipts',
    summary: 'list the receipts of a tower',
    group: 'Commands:',
    load: async () => printing((await import('./receipts.js')).receipts),
  },
  {
    name: 'verify',
    summary: 'ask a tower for everything that its receipts promise',
    group: 'Commands:',
    load: async () => printing((await import('./verify.js')).verify),
  },
  {
    name: 'signup',
    summary: 'ask a tower to become a new user',
    group: 'Authorization:',
    load: async () => printing((await import('./signup.js')).signup),
  },
  {
    name: 'login',
    summary: 'ask a tower to become a further device of a user',
    group: 'Authorization:',
    load: async () => printing((await import('./login.js')).login),
  },
  {
    name: 'new-node',
    summary: 'ask a tower to become a node',
    group: 'Authorization:',
    load: async () => printing((await import('./new-node.js')).newNode),
  },
  {
    name: 'request',
    summary: 'show where the key stands with a tower, and its requests',
    group: 'Authorization:',
    load: async () => printing((await import('./request.js')).request),
  },
];
