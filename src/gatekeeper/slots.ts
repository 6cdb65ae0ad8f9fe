import type {UserRow} from '../store/rows.js';
import {NotEnoughSlots, SubscriptionExpired} from './rejections.js';
import {isExpired} from './subscription.js';

/** Bytes of an encrypted blob that one slot holds. Source: rust-teos. */
export const slotBytes = 2048;

/** Slots that a blob takes: at least one, so that an empty blob is not free. */
export const slotsOf = (blobBytes: number): number => Math.max(1, Math.ceil(blobBytes / slotBytes));

export interface AppointmentRows {
  readonly tipHeight: number;
  readonly user: UserRow;
  /** Slots of the appointment that is to be updated; undefined for a new one. */
  readonly held: number | undefined;
}

/** The user's row once he has added or updated an appointment: the difference is charged or returned. */
export function decideAppointment(
  {tipHeight, user, held}: AppointmentRows,
  slots: number,
): UserRow | SubscriptionExpired | NotEnoughSlots {
  if (isExpired(user, tipHeight)) return new SubscriptionExpired(user.expiry);
  const needed = slots - (held ?? 0);
  if (needed > user.availableSlots) return new NotEnoughSlots(needed, user.availableSlots);
  return {
    ...user,
    availableSlots: user.availableSlots - needed,
    appointments: user.appointments + (held === undefined ? 1 : 0),
  };
}

/** The user's row once appointments of his are gone; refunded slots can be used again, others are forfeited. */
export function withoutAppointments(user: UserRow, gone: {count: number; slots: number}, refund: boolean): UserRow {
  return {
    ...user,
    appointments: user.appointments - gone.count,
    availableSlots: user.availableSlots + (refund ? gone.slots : 0),
    grantedSlots: user.grantedSlots - (refund ? 0 : gone.slots),
  };
}
