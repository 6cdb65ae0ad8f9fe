import {encodeUndo, encodeUser} from '../store/rows.js';
import type {Transaction} from '../store/transaction.js';
import {denyAnswersFor} from './auth/answers.js';
import type {AuthEvent} from './auth/events.js';
import type {GatekeeperEvent} from './events.js';
import {deleteUsers} from './expiry.js';
import {keepForPurge} from './purge.js';
import type {KnownUser} from './user-reference.js';

/**
 * Deletes a user with his devices by somebody's will, so that no reorg brings him back. His appointments are nobody's
 * from now on, and go page by page with the next blocks. Requests of his devices stay as they are; an answer that waits
 * for a block and names him becomes a denial, or it would make him anew.
 */
export async function deleteUser(
  transaction: Transaction,
  publish: (event: GatekeeperEvent | AuthEvent) => void,
  {id, user}: KnownUser,
): Promise<void> {
  const deleted = deleteUsers(transaction, [{id, height: user.expiry}], [encodeUser(user)]);
  await keepForPurge(transaction, encodeUndo(deleted));
  publish({
    type: 'user_deleted',
    height: transaction.meta.tip.height,
    userId: id,
    keys: user.devices.map(({key}) => key),
    appointments: user.appointments,
  });
  await denyAnswersFor(transaction, publish, id);
}
