import {countHoldings} from '../../src/gatekeeper/holdings.js';
import {layout} from '../../src/store/index.js';
import {decodeUser, encodeUser} from '../../src/store/rows.js';
import {rowsOfAppointment} from './deposits.js';
import {locator} from './keys.js';
import type {World} from './world.js';

/** Gives a user many appointments of one slot, as a long life would. */
export async function appoint(world: World, id: number, count: number): Promise<void> {
  await world.change(async (transaction) => {
    const user = decodeUser((await transaction.get(layout.userKey(id)))!);
    for (let n = 1; n <= count; n++) {
      const place = {userId: id, subscription: user.subscription, locator: locator(n)};
      for (const [key, value] of rowsOfAppointment(place)) transaction.put(key, value);
    }
    const after = {...user, appointments: count, grantedSlots: user.availableSlots + count};
    transaction.put(layout.userKey(id), encodeUser(after));
    countHoldings(transaction, {gone: [user], come: [after]});
  });
}
