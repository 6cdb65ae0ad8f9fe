import {
  appointmentOf,
  appointmentRange,
  deviceKey,
  forgetKey,
  forgetOf,
  forgetRange,
  toldKey,
  undoHeightOf,
  undoKey,
  undoRange,
} from '../store/layout.js';
import {pageRows} from '../store/pages.js';
import {
  decodeSubscription,
  decodeTold,
  decodeUndo,
  decodeUser,
  encodeSubscription,
  type Device,
  encodeUndo,
} from '../store/rows.js';
import type {Transaction} from '../store/transaction.js';
import {forgetAppointment} from './appointment-place.js';
import {maxU32} from './settings.js';

/** Rows that one block purges at most, so that no block takes long however much was deleted; the rest waits. */
export const purgeRowsPerBlock = 10_000;

/** Its appointment, locator and blob rows. */
const rowsOfAppointment = 3;

/** For how long a key whose user is gone for good is still known: about a year. */
export const toldKeptBlocks = 52_560;

/**
 * Users whose deletion no reorg can undo any more lose what is left of them: their appointments, and, a year later,
 * what their keys were told. Runs only when the tip is higher than ever before, so it is never undone.
 *
 * @param finalHeight blocks at or below it are final
 */
export async function purgeFinal(transaction: Transaction, finalHeight: number): Promise<void> {
  await purgeUndo(transaction, finalHeight);
  await forgetTold(transaction);
}

async function purgeUndo(transaction: Transaction, finalHeight: number): Promise<void> {
  let budget = purgeRowsPerBlock;
  const {from: first, to} = undoRange(transaction.meta.progress.purgedUndo, maxU32);
  let from = first;
  while (finalHeight >= transaction.meta.progress.purgedUndo) {
    const {progress} = transaction.meta;
    const [undo] = await transaction.range({from, to, limit: 1});
    const height = undo ? undoHeightOf(undo[0]) : maxU32;
    if (!undo || height > finalHeight) {
      transaction.update({progress: {...progress, purgedUndo: height}});
      return;
    }
    const deleted = decodeUndo(undo[1]);
    let done = 0;
    for (; done < deleted.length && budget > 0; done++) {
      const user = decodeUser(deleted[done]!.user);
      budget--;
      if (user.appointments > 0) {
        const purged = await purgeAppointments(transaction, user.subscription, budget);
        budget -= purged.rows;
        if (!purged.whole) break;
      }
      forgetLater(transaction, user);
    }
    if (done < deleted.length) {
      transaction.put(undo[0], encodeUndo(deleted.slice(done)));
      return;
    }
    transaction.del(undo[0]);
    from = `${undo[0]}\0`;
    if (budget <= 0) return;
  }
}

async function purgeAppointments(
  transaction: Transaction,
  subscription: number,
  budget: number,
): Promise<{rows: number; whole: boolean}> {
  let rows = 0;
  while (rows < budget) {
    const limit = Math.min(pageRows, Math.ceil((budget - rows) / rowsOfAppointment));
    const page = await transaction.keys({...appointmentRange(subscription), limit});
    for (const key of page) forgetAppointment(transaction, appointmentOf(key));
    rows += page.length * rowsOfAppointment;
    if (page.length < limit) return {rows, whole: true};
  }
  return {rows, whole: false};
}

/** What these devices were told of a subscription that they have lost is forgotten a year from now. */
export function forgetLater(
  transaction: Transaction,
  {subscription, devices}: {readonly subscription: number; readonly devices: readonly Pick<Device, 'key'>[]},
): void {
  const {tip, progress} = transaction.meta;
  const height = tip.height + toldKeptBlocks;
  for (const {key} of devices) transaction.put(forgetKey(height, key), encodeSubscription(subscription));
  if (height <= progress.sweptForget) transaction.update({progress: {...progress, sweptForget: height - 1}});
}

async function forgetTold(transaction: Transaction): Promise<void> {
  const {tip, progress} = transaction.meta;
  if (tip.height <= progress.sweptForget) return;
  const page = await transaction.range({...forgetRange(progress.sweptForget + 1, tip.height), limit: pageRows});
  const keys = page.map(([key]) => forgetOf(key).publicKey);
  const [told, devices] = await Promise.all([
    transaction.getMany(keys.map(toldKey)),
    transaction.getMany(keys.map(deviceKey)),
  ]);
  page.forEach(([key, subscription], i) => {
    transaction.del(key);
    const row = told[i];
    // A key that has joined a subscription again since, be it the same, is told of that, and stays.
    if (row && !devices[i] && decodeTold(row).subscription === decodeSubscription(subscription)) {
      transaction.del(toldKey(forgetOf(key).publicKey));
    }
  });
  if (page.length === pageRows) return;
  let sweptForget = tip.height;
  if (page.length === 0) {
    // Where the next one stands, so that the blocks before it read nothing.
    const [next] = await transaction.range({...forgetRange(tip.height + 1, maxU32), limit: 1});
    sweptForget = next ? forgetOf(next[0]).height - 1 : maxU32;
  }
  transaction.update({progress: {...progress, sweptForget}});
}

/** Makes every deletion final at once: what an operator asks for when he accepts another chain. */
export async function makeFinal(transaction: Transaction): Promise<void> {
  for (;;) {
    const page = await transaction.range({...undoRange(1, 0xffff_fffe), limit: 10});
    if (page.length === 0) return;
    for (const [key, value] of page) {
      await keepForPurge(transaction, value);
      transaction.del(key);
    }
  }
}

/**
 * Keeps an undo row for the purge alone: its users stay deleted, and what is left of them goes with the next blocks. It
 * stands at height 0, which no block that can be undone has.
 */
export async function keepForPurge(transaction: Transaction, undo: Uint8Array): Promise<void> {
  // Each event begins its search elsewhere, so that a thousand deletions in a row do not pass each other's rows.
  let n = transaction.meta.progress.nextLog % (maxU32 + 1);
  while ((await transaction.get(undoKey(0, n))) !== undefined) n = (n + 1) % (maxU32 + 1);
  transaction.put(undoKey(0, n), undo);
  transaction.update({progress: {...transaction.meta.progress, purgedUndo: 0}});
}
