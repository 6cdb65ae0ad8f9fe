import {type ChainHeader, serializeHeader} from '../chain/header.js';
import type {Network} from '../chain/network.js';
import {assert} from '../errors/index.js';
import {applyAnswers} from '../gatekeeper/auth/answers.js';
import {forgetFinal, makeTimeoutsFinal} from '../gatekeeper/auth/forgetting.js';
import {expireRequests, restoreRequests} from '../gatekeeper/auth/timeout.js';
import {deleteOutdated, restoreDeleted, type Users} from '../gatekeeper/expiry.js';
import {makeFinal, purgeFinal} from '../gatekeeper/purge.js';
import {type GatekeeperSettings, pickSettings, sameSettings} from '../gatekeeper/settings.js';
import {headerKey, logKey, logNumberOf, maxU48, tableRange} from '../store/layout.js';
import {decodeHeader, encodeHeader} from '../store/rows.js';
import type {Transaction} from '../store/transaction.js';
import type {History, TowerEvent} from './events.js';

/** Blocks that can be undone, counted from the highest tip ever reached. Source: TEOS, LDK. */
export const finality = 100;
/** Headers kept: the blocks that can be undone, and the one below them. */
export const headersKept = finality + 1;
/** Blocks for which the log is kept unless told otherwise: half a year, at ten minutes each. */
export const defaultLogBlocks = 26_280;
const logPruneBlocks = 100;
/** Log rows that one block prunes, unless more than half as many come with each. */
const prunedLogRows = 10_000;
/** The most that one block prunes of the log: about half a second. */
const maxPrunedLogRows = 100_000;

type Publish = (event: TowerEvent) => void;

/** Begins an empty store at the source's tip: the last header; the ones before it are its history. */
export function beginStore(
  transaction: Transaction,
  publish: Publish,
  chain: {network: Network; genesis: string},
  headers: readonly ChainHeader[],
  settings: GatekeeperSettings,
): void {
  const tip = headers[headers.length - 1];
  assert(tip, 'a store begins with a tip');
  transaction.begin({
    chain,
    tip,
    start: tip.height,
    counters: {
      nextUserId: 1,
      nextSubscription: 1,
      users: 0,
      nextRequestId: 1,
      pendingRequests: 0,
      closedRequests: 0,
      unprovenRequests: 0,
      appointments: 0,
      takenSlots: 0,
    },
    settings,
    progress: {
      highest: tip.height,
      sweptExpiry: tip.height - 1,
      purgedUndo: 0,
      sweptForget: tip.height,
      sweptTimeouts: tip.height - 1,
      sweptClosed: tip.height,
      purgedTimeouts: 0,
      firstAnswered: maxU48,
      lastJoin: 0,
      prunedLog: tip.height,
      firstLog: 0,
      nextLog: 0,
    },
  });
  for (const header of headers) transaction.put(headerKey(header.height), encodeHeader(header));
  const {height, hash} = tip;
  const {network, genesis} = chain;
  const beginning = {network, genesis, settings: pickSettings(settings), ...historyOf(headers)};
  publish({type: 'started', height, hash, beginning});
}

/** Puts other settings in force, from the next event on. */
export function changeSettings(transaction: Transaction, publish: Publish, settings: GatekeeperSettings): void {
  const {settings: before, tip} = transaction.meta;
  if (sameSettings(before, settings)) return;
  transaction.update({settings});
  publish({type: 'settings_changed', height: tip.height, settings});
}

/** One block more. The phases stand in the order in which they count. */
export async function connectBlock(
  transaction: Transaction,
  publish: Publish,
  header: ChainHeader,
  logBlocks: number,
): Promise<void> {
  const {tip} = transaction.meta;
  assert(header.previous === tip.hash, `block ${header.hash} does not extend tip ${tip.hash}`);
  assert(header.height === tip.height + 1, `block ${header.hash} has height ${header.height} on tip ${tip.height}`);
  transaction.update({tip: header});
  // Only answers that wait ask who is gone.
  const deletedUsers = new Set<number>();
  const hasAnswers = transaction.meta.progress.firstAnswered < maxU48;
  const deleted = await deleteOutdated(transaction, header.height, hasAnswers ? deletedUsers : undefined);
  const expired = await expireRequests(transaction, header);
  transaction.put(headerKey(header.height), encodeHeader(header));
  if (header.height >= headersKept) transaction.del(headerKey(header.height - headersKept));
  publish({
    type: 'block_connected',
    height: header.height,
    hash: header.hash,
    header: serializeHeader(header).toString('hex'),
    ...named('deletedUsers', deleted),
    ...(expired.count > 0 ? {expiredRequests: expired} : {}),
  });
  await applyAnswers(transaction, publish, deletedUsers);
  const {progress} = transaction.meta;
  if (header.height > progress.highest) {
    transaction.update({progress: {...progress, highest: header.height}});
    await purgeFinal(transaction, header.height - finality);
    await forgetFinal(transaction, header.height - finality);
    await pruneLog(transaction, header.height, logBlocks);
  }
}

/** One block less: undoes what the connect at the tip caused, and only that. */
export async function disconnectBlock(transaction: Transaction, publish: Publish, header: ChainHeader): Promise<void> {
  const {tip, progress} = transaction.meta;
  assert(header.hash === tip.hash, `block ${header.hash} is not the tip ${tip.hash}`);
  assert(header.height > progress.highest - finality, `block ${header.height} is final`);
  const below = await transaction.get(headerKey(header.height - 1));
  assert(below, `the header at height ${header.height - 1} is missing`);
  const tipBelow = decodeHeader(header.height - 1, below);
  const {superseded, ...reopened} = await restoreRequests(transaction, header.height, tipBelow);
  const restored = await restoreDeleted(transaction, header.height);
  transaction.del(headerKey(header.height));
  transaction.update({tip: tipBelow});
  publish({
    type: 'block_disconnected',
    height: header.height,
    hash: header.hash,
    ...named('restoredUsers', restored),
    ...(reopened.count > 0 ? {restoredRequests: reopened} : {}),
  });
  for (const event of superseded) publish(event);
}

/** The operator's choice after a reorg that is too deep: another tip, and every user stays as he is. */
export async function acceptChain(
  transaction: Transaction,
  publish: Publish,
  headers: readonly ChainHeader[],
  depth: number | null,
): Promise<void> {
  const tip = headers[headers.length - 1];
  assert(tip, 'a chain has a tip');
  const stored = await transaction.range({...tableRange('header'), limit: 2 * headersKept});
  for (const [key] of stored) transaction.del(key);
  for (const header of headers) transaction.put(headerKey(header.height), encodeHeader(header));
  await makeFinal(transaction);
  await makeTimeoutsFinal(transaction);
  const {progress} = transaction.meta;
  transaction.update({
    tip,
    progress: {
      ...progress,
      highest: tip.height,
      sweptExpiry: Math.min(progress.sweptExpiry, tip.height),
      sweptForget: Math.min(progress.sweptForget, tip.height),
      sweptTimeouts: Math.min(progress.sweptTimeouts, tip.height),
      prunedLog: Math.min(progress.prunedLog, tip.height),
    },
  });
  publish({type: 'chain_accepted', height: tip.height, hash: tip.hash, depth, history: historyOf(headers)});
}

function historyOf(headers: readonly ChainHeader[]): History {
  const hex = headers.map((header) => serializeHeader(header).toString('hex'));
  return {headers: hex, chainwork: headers.at(-1)!.chainwork.toString(16)};
}

function named<Name extends string>(name: Name, users: Users): {userIds: readonly number[]} & Record<Name, number> {
  return {[name]: users.count, userIds: users.ids} as {userIds: readonly number[]} & Record<Name, number>;
}

/**
 * Drops log rows of blocks that are older than `logBlocks`, oldest first: every hundredth block, so that most blocks read
 * none, and in each that follows while there is more than one can drop. That is twice what an average block adds, so
 * that the log does not outgrow it.
 */
async function pruneLog(transaction: Transaction, tipHeight: number, logBlocks: number): Promise<void> {
  const {progress} = transaction.meta;
  const height = tipHeight - logBlocks;
  if (height < progress.prunedLog + logPruneBlocks) return;
  const twiceAdded = Math.ceil((2 * (progress.nextLog - progress.firstLog)) / logBlocks);
  const last = progress.firstLog + Math.min(Math.max(twiceAdded, prunedLogRows), maxPrunedLogRows);
  let {firstLog} = progress;
  for (let whole = false; !whole && firstLog < last;) {
    const limit = Math.min(prunedLogRows, last - firstLog);
    const rows = await transaction.range({from: logKey(firstLog), to: tableRange('log').to, limit});
    const kept = rows.findIndex(([, value]) => heightOfEntry(value) >= height);
    const old = kept === -1 ? rows : rows.slice(0, kept);
    for (const [key] of old) transaction.del(key);
    if (old.length > 0) firstLog = logNumberOf(old[old.length - 1]![0]) + 1;
    whole = old.length < limit;
  }
  const {progress: now} = transaction.meta;
  transaction.update({progress: {...now, firstLog, prunedLog: firstLog < last ? height : now.prunedLog}});
}

const heightOfEntry = (value: Uint8Array): number =>
  (JSON.parse(Buffer.from(value).toString()) as {height: number}).height;
