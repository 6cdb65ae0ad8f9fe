import type {AdminOperator} from '../../../src/api/admin/admin-operator.js';
import type {UserSummary} from '../../../src/api/admin/user-summary.js';

const one = {users: 1, availableSlots: 9999, takenSlots: 1, appointments: 1, blobBytes: 300};
const nobody = {users: 0, availableSlots: 0, takenSlots: 0, appointments: 0, blobBytes: 0};

/** An operator's calls that answer about one user. */
export function fakeOperator(user: UserSummary): AdminOperator {
  const deletionHeight = user.subscriptionExpiry + 6;
  const tipHeight = 121;
  return {
    extend: async (_who, blocks) => ({
      ...user,
      tipHeight,
      subscriptionExpiry: user.subscriptionExpiry + blocks,
      deletionHeight: deletionHeight + blocks,
      blocks,
    }),
    delete: async () => ({...user, tipHeight}),
    forecast: async ({blocks}) => ({
      tipHeight,
      lastHeight: tipHeight + blocks,
      expiring: one,
      deleted: one,
      heights: [
        {height: 4440, expiring: {...one, userIds: [user.userId]}, deleted: {...nobody, userIds: []}},
        {height: 4446, expiring: {...nobody, userIds: []}, deleted: {...one, userIds: [user.userId]}},
      ],
      next: 4446,
    }),
    dueUsers: async ({blocks}) => ({
      tipHeight,
      lastHeight: tipHeight + blocks,
      users: [{...user, deletionHeight}],
      next: '4440:7',
    }),
    copyStore: async (_path, tell) => {
      tell({rows: 10, bytes: 1_000});
      return {
        ...{rows: 20, bytes: 2_000, hash: 'ef'.repeat(32), digest: 'cd'.repeat(32)},
        ...{schema: 3, network: 'regtest', genesis: '00'.repeat(32), tip: {height: tipHeight, hash: '11'.repeat(32)}},
      };
    },
    appointments: async () => ({
      tipHeight,
      total: 1,
      appointments: [
        {
          uuid: `000000000001${'ab'.repeat(16)}`,
          locator: 'ab'.repeat(16),
          userId: user.userId,
          key: user.keys[0]!,
          slots: 1,
          blobBytes: 300,
          blobHash: 'cd'.repeat(32),
          toSelfDelay: 42,
          startBlock: 121,
          signature: 'd'.repeat(104),
        },
      ],
      next: null,
    }),
  };
}
