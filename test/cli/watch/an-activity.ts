import type {Activity} from '../../../src/api/observation/activity.js';

/** A tower that has seen something. Local times, so that pictures are the same in every time zone. */
export const anActivity: Activity = {
  change: 1,
  pid: 4242,
  version: '0.1.0',
  network: 'regtest',
  chain: 'bitcoind',
  time: new Date(2026, 0, 2, 12, 3, 4).toISOString(),
  startedAt: new Date(2026, 0, 2, 9, 50, 0).toISOString(),
  lastBlockAt: new Date(2026, 0, 2, 11, 59, 4).toISOString(),
  state: 'synced',
  problem: null,
  tip: {height: 104, hash: `${'0a'.repeat(31)}c2`},
  sourceHeight: 104,
  users: 1234,
  userStates: {active: 1222, expired: 12, outdated: 0},
  pendingRequests: 3,
  queued: 0,
  requestsPerSecond: 212.4,
  sinceStart: {
    blocks: 9,
    registrations: 5,
    renewals: 2,
    deposits: 18_204,
    slotsTaken: 20_113,
    requests: 1_204_113,
    requestsRefused: 12,
  },
  events: [
    {
      number: 7,
      time: new Date(2026, 0, 2, 11, 59, 4).toISOString(),
      level: 'info',
      event: 'block_connected',
      count: 1,
      facts: {height: 104, hash: `${'0a'.repeat(31)}c2`, deletedUsers: 2, userIds: [7, 9]},
    },
    {
      number: 1252,
      time: new Date(2026, 0, 2, 12, 3, 4).toISOString(),
      level: 'debug',
      event: 'appointment_added',
      count: 1245,
      facts: {height: 104, key: `02${'ab'.repeat(32)}`, userId: 7, slots: 1},
    },
  ],
};
