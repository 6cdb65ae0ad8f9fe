import type {Invariant} from './invariant.js';

/** Numbers are given out once. */
export const ids: Invariant = {
  name: 'ids',
  claim: 'user ids, subscription numbers and request ids are unique and never given out twice',
  watch() {
    let highestId = 0;
    let highestSubscription = 0;
    /** User ids, by subscription. */
    const holders = new Map<number, number>();
    let told = 0;
    return ({rows, events, ledger, batch}) => {
      const wrong: string[] = [];
      const created = new Set<number>();
      for (const {event} of events) {
        if (event.type === 'user_registered') {
          if (event.userId <= highestId) wrong.push(`user id ${event.userId} was given out again`);
          highestId = Math.max(highestId, event.userId);
          created.add(event.userId);
        } else if (event.type === 'device_authorized' && event.created && event.userId !== null) {
          highestId = Math.max(highestId, event.userId);
          created.add(event.userId);
        }
      }
      const {counters} = rows.meta;
      highestId = Math.max(highestId, ledger.highestId);
      if (counters.nextUserId <= highestId) {
        wrong.push(`the next user id is ${counters.nextUserId}, and ${highestId} has been given out`);
      }
      if (counters.nextRequestId <= ledger.requests.highestId) {
        wrong.push(`the next request id is ${counters.nextRequestId}, and ${ledger.requests.highestId} was given out`);
      }
      for (const id of ledger.requests.misnumbered.slice(told)) wrong.push(`request id ${id} was given out of turn`);
      told = ledger.requests.misnumbered.length;
      if (!batch.tables.has('user!')) return wrong;
      const isUndone = events.some(({event}) => event.type === 'block_disconnected');
      let highest = highestSubscription;
      for (const [id, {subscription}] of rows.users) {
        const holder = holders.get(subscription);
        if (holder !== undefined && holder !== id) {
          wrong.push(`subscription ${subscription} of user ${holder} was given to user ${id}`);
        }
        if (created.has(id) && !isUndone && subscription <= highestSubscription) {
          wrong.push(`user ${id} is new, and has subscription ${subscription}, which was given out before`);
        }
        if (subscription >= counters.nextSubscription) {
          wrong.push(`subscription ${subscription} of user ${id} could be given out again`);
        }
        holders.set(subscription, id);
        highest = Math.max(highest, subscription);
      }
      highestSubscription = highest;
      return wrong;
    };
  },
};
