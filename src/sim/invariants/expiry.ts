import {fine, type Finding, type Invariant, type Moment} from './invariant.js';
import {namedAtMost, type Reckoned} from './ledger.js';

/** A user is deleted in the first block at or above expiry + expiry_delta, and in no other way but by an operator. */
export const expiry: Invariant = {
  name: 'expiry',
  claim: 'a user is there exactly as long as no block has reached his expiry + expiry_delta',
  watch: () => (moment) => {
    const wrong: string[] = [];
    for (const reckoned of moment.events) wrong.push(...wrongDeletions(reckoned), ...wrongTerm(reckoned));
    if (moment.batch.tables.has('user!') || wrong.length > 0) wrong.push(...wrongUsers(moment));
    return wrong.length > 0 ? wrong : outdated(moment);
  },
};

function wrongDeletions({event, deleted, before}: Reckoned): Finding {
  if (event.type !== 'block_connected') {
    const isNobody = before === undefined && (event.type === 'subscription_renewed' || event.type === 'user_deleted');
    return isNobody ? [`${event.type} names user ${event.userId}, whom a block has deleted`] : fine;
  }
  const {height, deletedUsers, userIds} = event;
  const named = [...userIds].sort((a, b) => a - b);
  const isSame = deletedUsers === deleted.length && (deletedUsers > namedAtMost || named.join() === deleted.join());
  return isSame ? fine : [`block ${height} deleted users [${named.join()}], not [${deleted.join()}]`];
}

/** A subscription lasts as long as the settings say, or a receipt would not be above the one before. */
function wrongTerm({event, before, settings, told}: Reckoned): Finding {
  const {subscriptionDuration: duration, renewal} = settings;
  const judge = (userId: number, height: number, expiry: number, should: number, lifted = 0): Finding =>
    expiry === should || (expiry > should && expiry <= lifted)
      ? fine
      : [`user ${userId} got a subscription at ${height} that expires at ${expiry}, not at ${should}`];
  const lifted = told && told.expiry + 1;
  if (event.type === 'user_registered') {
    return judge(event.userId, event.height, event.subscriptionExpiry, event.height + duration, lifted);
  }
  if (event.type === 'device_authorized' && event.created) {
    return judge(event.userId ?? 0, event.height, event.created.subscriptionExpiry, event.height + duration);
  }
  if (!before) return fine;
  if (event.type === 'subscription_extended') {
    return judge(event.userId, event.height, event.subscriptionExpiry, before.expiry + event.blocks);
  }
  if (event.type !== 'subscription_renewed') return fine;
  const from = renewal === 'extend' ? before.expiry : event.height;
  const should = Math.max(from + duration, before.expiry);
  return judge(event.userId, event.height, event.subscriptionExpiry, should, lifted);
}

function wrongUsers({rows, ledger}: Moment): Finding {
  const wrong: string[] = [];
  for (const [id, {expiry}] of rows.users) {
    const holder = ledger.users.get(id);
    if (!holder)
      wrong.push(`user ${id}, who expires at ${expiry}, is there at ${ledger.tip.height}, but should not be`);
    else if (holder.expiry !== expiry) wrong.push(`user ${id} expires at ${expiry}, not at ${holder.expiry}`);
  }
  for (const {id, expiry} of ledger.users.values()) {
    if (!rows.users.has(id)) wrong.push(`user ${id} is gone at ${ledger.tip.height}, but expires only at ${expiry}`);
  }
  return wrong;
}

/** Settings may change below the feet of a user; the next block sees to him. */
function outdated({rows, ledger, events}: Moment): Finding {
  if (events.at(-1)?.event.type !== 'block_connected') return fine;
  const {tip, settings} = ledger;
  const wrong: string[] = [];
  for (const [id, {expiry}] of rows.users) {
    if (tip.height < expiry + settings.expiryDelta) continue;
    wrong.push(`user ${id} expired at ${expiry} and is there after block ${tip.height}`);
  }
  return wrong;
}
