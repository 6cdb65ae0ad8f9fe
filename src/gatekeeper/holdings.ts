import type {UserRow} from '../store/rows.js';
import type {Transaction} from '../store/transaction.js';

/** Users who are no more as they were (`gone`), and how they are now (`come`). */
interface Turnover {
  readonly gone?: readonly UserRow[];
  readonly come?: readonly UserRow[];
}

/**
 * Keeps count of users, their appointments and the slots that those take, so that nobody ever has to add them up.
 * Whoever deletes or restores users, or changes what one of them holds, says so here; a new user holds nothing.
 */
export function countHoldings(transaction: Transaction, {gone = [], come = []}: Turnover): void {
  if (gone.length + come.length === 0) return;
  let {users, appointments, takenSlots} = transaction.meta.counters;
  for (const [rows, sign] of [
    [gone, -1],
    [come, 1],
  ] as const) {
    users += sign * rows.length;
    for (const row of rows) {
      appointments += sign * row.appointments;
      takenSlots += sign * (row.grantedSlots - row.availableSlots);
    }
  }
  transaction.update({counters: {...transaction.meta.counters, users, appointments, takenSlots}});
}
