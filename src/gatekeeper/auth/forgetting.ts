import {
  infoKey,
  requestDueOf,
  requestDueRange,
  requestKey,
  timeoutHeightOf,
  timeoutKey,
  timeoutRange,
} from '../../store/layout.js';
import {pageRows} from '../../store/pages.js';
import {decodeIds, decodeRequest} from '../../store/request-row.js';
import type {Transaction} from '../../store/transaction.js';
import {maxU32} from '../settings.js';
import {forgottenPerBlock, requestKeptBlocks} from './limits.js';
import {forgetRequest} from './request-rows.js';

/**
 * What no reorg can bring back, and nobody asks for any more, goes: the info of requests that have timed out for good,
 * and requests that were closed long ago. Runs only when the tip is higher than ever before, so it is never undone.
 *
 * @param finalHeight blocks at or below it are final
 */
export async function forgetFinal(transaction: Transaction, finalHeight: number): Promise<void> {
  await forgetInfo(transaction, finalHeight);
  await forgetClosed(transaction);
}

async function forgetInfo(transaction: Transaction, finalHeight: number): Promise<void> {
  let budget = forgottenPerBlock;
  while (budget > 0 && finalHeight >= transaction.meta.progress.purgedTimeouts) {
    const {progress} = transaction.meta;
    const [timeout] = await transaction.range({...timeoutRange(progress.purgedTimeouts, maxU32), limit: 1});
    const height = timeout ? timeoutHeightOf(timeout[0]) : maxU32;
    if (!timeout || height > finalHeight) {
      transaction.update({progress: {...progress, purgedTimeouts: height}});
      return;
    }
    const ids = decodeIds(timeout[1]);
    for (const id of ids) transaction.del(infoKey(id));
    transaction.del(timeout[0]);
    budget -= ids.length + 1;
  }
}

async function forgetClosed(transaction: Transaction): Promise<void> {
  const {tip, progress, counters} = transaction.meta;
  const last = tip.height - requestKeptBlocks;
  if (counters.closedRequests === 0 || last < progress.sweptClosed) return;
  let forgotten = 0;
  while (forgotten < forgottenPerBlock) {
    const page = await forgetPage(transaction, last, Math.min(pageRows, forgottenPerBlock - forgotten));
    forgotten += page.count;
    if (page.whole) return;
  }
}

async function forgetPage(
  transaction: Transaction,
  last: number,
  limit: number,
): Promise<{count: number; whole: boolean}> {
  const {sweptClosed} = transaction.meta.progress;
  const page = await transaction.keys({...requestDueRange('c', sweptClosed, last), limit});
  const due = page.map(requestDueOf);
  const rows = await transaction.getMany(due.map(({id}) => requestKey(id)));
  for (const [i, {id}] of due.entries()) await forgetRequest(transaction, id, decodeRequest(rows[i]!));
  const whole = page.length < limit;
  const next = whole ? await nextClosed(transaction, last + 1) : due.at(-1)!.height;
  transaction.update({progress: {...transaction.meta.progress, sweptClosed: next}});
  return {count: due.length, whole};
}

/** Where the next one stands, so that the blocks before it read nothing; this very height if there is none. */
async function nextClosed(transaction: Transaction, from: number): Promise<number> {
  if (from > maxU32) return from;
  const [next] = await transaction.keys({...requestDueRange('c', from, maxU32), limit: 1});
  return next === undefined ? from : requestDueOf(next).height;
}

/** Makes room for one more. */
export async function forgetOldest(transaction: Transaction): Promise<void> {
  await forgetPage(transaction, maxU32, 1);
}

/** Makes every time-out final: what an operator asks for when he accepts another chain. */
export async function makeTimeoutsFinal(transaction: Transaction): Promise<void> {
  let n = 0;
  while ((await transaction.get(timeoutKey(0, n))) !== undefined) n++;
  for (;;) {
    const page = await transaction.range({...timeoutRange(1, maxU32), limit: 10});
    if (page.length === 0) return;
    for (const [key, value] of page) {
      transaction.del(key);
      transaction.put(timeoutKey(0, n++), value);
    }
    transaction.update({progress: {...transaction.meta.progress, purgedTimeouts: 0}});
  }
}
