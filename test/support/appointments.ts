import {layout} from '../../src/store/index.js';
import {decodeUser, encodeAppointment, encodeUser} from '../../src/store/rows.js';
import {locator} from './keys.js';
import type {World} from './world.js';

/** Gives a user many appointments of one slot, as a long life would. */
export async function appoint(world: World, id: number, count: number): Promise<void> {
  await world.change(async (transaction) => {
    const user = decodeUser((await transaction.get(layout.userKey(id)))!);
    for (let n = 1; n <= count; n++) {
      transaction.put(layout.appointmentKey(user.subscription, locator(n)), encodeAppointment(1));
      transaction.put(layout.locatorKey(locator(n), user.subscription), new Uint8Array(0));
    }
    transaction.put(
      layout.userKey(id),
      encodeUser({...user, appointments: count, grantedSlots: user.availableSlots + count}),
    );
  });
}
