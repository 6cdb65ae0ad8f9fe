import {appointmentKey, blobKey, locatorKey} from '../store/layout.js';
import type {Transaction} from '../store/transaction.js';

/** Where an appointment stands. There is one at most. */
export interface Place {
  readonly subscription: number;
  readonly locator: string;
}

/** Every row of an appointment goes. Whoever deletes one does it here, so that no blob stays behind. */
export function forgetAppointment(transaction: Transaction, {subscription, locator}: Place): void {
  transaction.del(appointmentKey(subscription, locator));
  transaction.del(blobKey(subscription, locator));
  transaction.del(locatorKey(locator, subscription));
}
