import {deviceKey, headerKey, requestOfKey} from '../../store/layout.js';
import type {RequestRow} from '../../store/request-row.js';
import {decodeHeader} from '../../store/rows.js';
import type {Transaction} from '../../store/transaction.js';
import {NoTip} from '../rejections.js';
import {readDevice} from './devices.js';
import type {AuthEvent} from './events.js';
import {forgetOldest} from './forgetting.js';
import {hasWhat, takesKind} from './level.js';
import {maxClosedRequests, maxRevisions} from './limits.js';
import {
  alreadyAuthorized,
  deniedCooldown,
  replayedProof,
  staleProof,
  tooManyRequests,
  tooManyRevisions,
  wrongLevel,
} from './rejections.js';
import {closeRequest, newestRequest, putNew, readRequest} from './request-rows.js';
import type {CheckedSubmission} from './submission.js';

/** Rows that a reception reads first. */
export const receptionReads = ({key, kind, blockHeight}: CheckedSubmission): string[] => [
  headerKey(blockHeight),
  deviceKey(key),
  requestOfKey(key, kind),
];

export interface Received {
  readonly id: number;
  readonly row: RequestRow;
}

/**
 * Takes a request in: a new one, the same one again, or one in the place of another.
 * @throws Rejection, before anything has changed
 */
export async function receive(
  transaction: Transaction,
  publish: (event: AuthEvent) => void,
  submission: CheckedSubmission,
): Promise<Received> {
  if (!transaction.begun) throw new NoTip();
  const {settings, tip, counters} = transaction.meta;
  const {kind, key, info, infoHash, nodeInfo, blockHeight} = submission;
  if (!takesKind(settings.auth, kind)) throw wrongLevel(`${kind} is not asked for`, settings.auth);
  await requireRecent(transaction, submission);
  const device = await readDevice(transaction, key);
  if (device && hasWhat(kind, device)) throw alreadyAuthorized(device);

  const newest = await newestRequest(transaction, key, kind);
  // After an operator has accepted a lower chain, what was signed on the one before binds nobody.
  if (newest && blockHeight < Math.min(newest.row.proofHeight, tip.height)) throw replayedProof(newest.id);
  const pending = newest?.row.state === 'pending' ? newest : undefined;
  if (pending && isSame(pending.row, submission)) return pending;
  if (newest?.row.state === 'denied' && newest.row.closing) {
    const retryHeight = newest.row.closing.height + settings.deniedCooldown;
    if (tip.height < retryHeight) throw deniedCooldown(retryHeight, newest.row.closing.reason);
  }
  if (pending) {
    if (pending.row.revision >= maxRevisions) throw tooManyRevisions(pending.id, pending.row.revision);
    await requireFresh(transaction, pending.row, submission);
  } else if (counters.pendingRequests >= settings.maxPendingRequests) {
    throw tooManyRequests(counters.pendingRequests);
  }

  const id = counters.nextRequestId;
  transaction.update({counters: {...counters, nextRequestId: id + 1}});
  if (pending) {
    const closing = {height: tip.height, hash: tip.hash, actor: 'device', reason: `superseded by request ${id}`};
    closeRequest(transaction, pending.id, pending.row, 'superseded', {...closing, userId: null, role: null});
  }
  const row: RequestRow = {
    kind,
    key,
    infoHash,
    nodeInfo,
    receivedHeight: tip.height,
    receivedHash: tip.hash,
    proofHeight: blockHeight,
    revision: pending ? pending.row.revision + 1 : 1,
    previous: pending?.id ?? null,
    state: 'pending',
    stage: 'callback',
    attempts: 0,
    readyHeight: tip.height,
    answer: null,
    closing: null,
  };
  putNew(transaction, id, row, info);
  publish({
    type: 'request_received',
    height: tip.height,
    requestId: id,
    kind,
    key,
    infoHash,
    nodeInfo,
    proofHeight: blockHeight,
    supersedes: pending?.id ?? null,
  });
  if (transaction.meta.counters.closedRequests > maxClosedRequests) await forgetOldest(transaction);
  return {id, row};
}

const isSame = (row: RequestRow, {infoHash, nodeInfo}: CheckedSubmission): boolean =>
  row.infoHash === infoHash && row.nodeInfo === nodeInfo;

async function requireRecent(transaction: Transaction, {blockHeight, blockHash}: CheckedSubmission): Promise<void> {
  const {tip, settings} = transaction.meta;
  const isRecent = blockHeight <= tip.height && blockHeight > tip.height - settings.proofWindow;
  const raw = isRecent ? await transaction.get(headerKey(blockHeight)) : undefined;
  if (!raw || decodeHeader(blockHeight, raw).hash !== blockHash) {
    throw staleProof(blockHeight, tip.height, settings.proofWindow);
  }
}

/**
 * What was superseded must not come back by somebody who has listened and sends it once more. The device itself may
 * change its mind in a later block; it may also have sent the same more than once, so that the one that took its place
 * counts, too.
 */
async function requireFresh(
  transaction: Transaction,
  pending: RequestRow,
  submission: CheckedSubmission,
): Promise<void> {
  for (let {previous} = pending; previous !== null;) {
    const row = await readRequest(transaction, previous);
    if (!row) return;
    const lastProof = Math.max(row.proofHeight, pending.proofHeight);
    if (isSame(row, submission) && submission.blockHeight <= lastProof) throw replayedProof(previous);
    ({previous} = row);
  }
}
