import {fine, type Finding, type Invariant, type Moment} from './invariant.js';
import type {Reckoned} from './ledger.js';

/** Bytes that one slot holds. Source: rust-teos. */
const slotBytes = 2048;

/** Slots are neither made nor lost. */
export const slots: Invariant = {
  name: 'slots',
  claim: 'slots granted are slots free plus slots that appointments take; each change of either is what it should be',
  watch: () => (moment) => [
    ...moment.events.flatMap(wrongChange),
    ...(moment.batch.tables.has('user!') || moment.batch.tables.has('appointment!') ? wrongSlots(moment) : fine),
  ],
};

function wrongChange({event, before, settings, told}: Reckoned): Finding {
  if (event.type === 'user_registered' || (event.type === 'subscription_renewed' && before)) {
    const free = event.type === 'user_registered' ? 0 : before!.free;
    const should = free + settings.subscriptionSlots;
    const slots = event.availableSlots;
    // More only so that the receipt is above the one before.
    if (slots === should || (slots > should && told && slots <= told.slots + 1)) return fine;
    return [`user ${event.userId} had ${free} free slots, registered, and has ${slots}, not ${should}`];
  }
  if (event.type !== 'appointment_added' && event.type !== 'appointment_updated') return fine;
  const {userId, locator, height, slots, blobBytes, availableSlots} = event;
  if (!before) return [`appointment ${locator} is of user ${userId}, who is not there`];
  const held = before.appointments.get(locator);
  const free = before.free - (slots - (held ?? 0));
  return [
    ...(slots === Math.max(1, Math.ceil(blobBytes / slotBytes)) ? fine : [`${blobBytes} bytes took ${slots} slots`]),
    ...(availableSlots === free && free >= 0
      ? fine
      : [`user ${userId} had ${before.free} free slots, and ${availableSlots} after an appointment of ${slots}`]),
    ...((event.type === 'appointment_updated') === (held !== undefined)
      ? fine
      : [`appointment ${locator} of user ${userId} was said to be ${held === undefined ? 'old' : 'new'}`]),
    ...(height < before.expiry ? fine : [`user ${userId} had expired at ${before.expiry}, and added at ${height}`]),
  ];
}

function wrongSlots({rows, ledger}: Moment): Finding {
  const wrong: string[] = [];
  for (const [id, {subscription, availableSlots, grantedSlots, appointments}] of rows.users) {
    const taken = rows.taken.get(subscription) ?? {count: 0, slots: 0};
    const holder = ledger.users.get(id);
    if (grantedSlots !== availableSlots + taken.slots) {
      wrong.push(`user ${id}: ${grantedSlots} slots granted, ${availableSlots} free, ${taken.slots} taken`);
    }
    if (appointments !== taken.count) wrong.push(`user ${id} has ${taken.count} appointments, not ${appointments}`);
    if (!holder) continue;
    if (holder.free !== availableSlots) wrong.push(`user ${id} has ${availableSlots} free slots, not ${holder.free}`);
    let held = 0;
    for (const slots of holder.appointments.values()) held += slots;
    if (held !== taken.slots) wrong.push(`the appointments of user ${id} take ${taken.slots} slots, not ${held}`);
  }
  return wrong;
}
