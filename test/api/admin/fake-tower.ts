import type {AdminTower, UserDetails} from '../../../src/api/admin/admin-tower.js';
import type {UserSummary} from '../../../src/api/admin/user-summary.js';
import {Rejection} from '../../../src/errors/index.js';
import {fakeAuthorization} from './fake-authorization.js';
import {fakeOperator} from './fake-operator.js';

export const fakeKey = `02${'ab'.repeat(32)}`;

const summary: UserSummary = {
  userId: 7,
  keys: [fakeKey],
  state: 'active',
  availableSlots: 9999,
  takenSlots: 1,
  subscriptionStart: 120,
  subscriptionExpiry: 4440,
  appointments: 1,
};
const details: UserDetails = {
  ...summary,
  tipHeight: 121,
  deletionHeight: 4446,
  slotsByLocator: {ab12: 1},
};

/** A tower of answers, with single methods replaced as a test needs. */
export function fakeTower(overrides: Partial<AdminTower> = {}): AdminTower {
  return {
    auth: fakeAuthorization(),
    operator: fakeOperator(summary),
    log: {
      end: () => Promise.reject(new Rejection('TOWER_NO_TIP', 'there is no log yet')),
      page: ({from}) => Promise.resolve({from, entries: []}),
    },
    status: () =>
      Promise.resolve({
        version: '0.1.0',
        pid: 4242,
        towerId: fakeKey,
        network: 'regtest',
        chain: 'simulated',
        state: 'synced',
        problem: null,
        api: 'http://127.0.0.1:9814',
        tip: {height: 121, hash: '00'.repeat(32)},
        sourceHeight: 121,
        users: 1,
        userStates: {active: 1, expired: 0, outdated: 0},
        appointments: 1,
        takenSlots: 2,
        auth: 'user',
        ready: true,
        pendingRequests: 2,
        unprovenRequests: 1,
        policies: [{name: 'policy', callback: ['user_signup', 'user_login'], check: ['user_signup'], trouble: null}],
        signatures: 'libsecp256k1',
      }),
    register: (key) =>
      Promise.resolve({
        userId: 7,
        key,
        availableSlots: 10_000,
        subscriptionStart: 120,
        subscriptionExpiry: 4440,
        tipHeight: 120,
        signature: 'd'.repeat(104),
      }),
    users: ({after, limit}) =>
      Promise.resolve({tipHeight: 121, total: 1, users: after < 7 ? [summary].slice(0, limit) : [], next: null}),
    user: (who) =>
      'userId' in who
        ? who.userId === 7
          ? Promise.resolve(details)
          : notFound(`id ${who.userId}`)
        : notFound(who.key),
    mine: (blocks) => Promise.resolve({blocks, height: 121 + blocks, hash: '11'.repeat(32)}),
    digest: () => Promise.resolve({height: 121, hash: '00'.repeat(32), digest: 'cd'.repeat(32)}),
    verify: () =>
      Promise.resolve({
        ...{height: 121, users: 1, appointments: 1, appointmentsOfDeleted: 0, requests: 0},
        ...{problemCount: 0, problems: []},
      }),
    stop: () => undefined,
    ...overrides,
  };
}

function notFound(who: string): Promise<never> {
  return Promise.reject(new Rejection('TOWER_USER_NOT_FOUND', `no user ${who}`));
}
