import type {KeyValueReader} from '../../store/key-value-store.js';
import {deviceKey, headerKey, requestOfKey} from '../../store/layout.js';
import type {Meta} from '../../store/meta.js';
import type {RequestRow} from '../../store/request-row.js';
import {decodeHeader} from '../../store/rows.js';
import type {Transaction} from '../../store/transaction.js';
import {NoTip} from '../rejections.js';
import {close} from './decision.js';
import {readDevice} from './devices.js';
import type {AuthEvent} from './events.js';
import {hasWhat, takesKind} from './level.js';
import {maxRevisions} from './limits.js';
import {type Admission, fileRequest, type Received, requestBytes} from './new-request.js';
import {
  alreadyAuthorized,
  deniedCooldown,
  replayedProof,
  staleProof,
  tooManyRequests,
  tooManyRevisions,
  wrongLevel,
} from './rejections.js';
import {newestRequest, readRequest} from './request-rows.js';
import type {CheckedSubmission, NamedBlock} from './submission.js';

/** Rows that a reception reads first. */
export const receptionReads = ({key, kind, blockHeight}: CheckedSubmission): string[] => [
  headerKey(blockHeight),
  deviceKey(key),
  requestOfKey(key, kind),
];

/**
 * Takes a request in: a new one, the same one again, or one in the place of another.
 * @throws Rejection, before anything has changed
 */
export async function receive(
  transaction: Transaction,
  publish: (event: AuthEvent) => void,
  submission: CheckedSubmission,
  admit?: Admission,
): Promise<Received> {
  if (!transaction.begun) throw new NoTip();
  const {settings, tip, counters} = transaction.meta;
  const {kind, key, info, infoHash, nodeInfo, blockHeight} = submission;
  if (!takesKind(settings.auth, kind)) throw wrongLevel(`${kind} is not asked for`, settings.auth);
  await requireRecent(transaction, transaction.meta, submission);
  const device = await readDevice(transaction, key);
  if (device && hasWhat(kind, device)) throw alreadyAuthorized(device);

  const newest = await newestRequest(transaction, key, kind);
  // After an operator has accepted a lower chain, what was signed on the one before binds nobody.
  if (newest && blockHeight < Math.min(newest.row.proofHeight, tip.height)) throw replayedProof(newest.id);
  const supersedes = newest?.row.state === 'pending' ? newest : undefined;
  // What anybody may have sent under the device's name does not count against it.
  const pending = supersedes?.row.proven ? supersedes : undefined;
  if (pending && isSame(pending.row, submission)) return pending;
  if (newest?.row.proven) requireCooledDown(newest.row, transaction.meta, {saying: true});
  if (pending) {
    if (pending.row.revision >= maxRevisions) throw tooManyRevisions(pending.id, pending.row.revision);
    await requireFresh(transaction, pending.row, submission);
  } else {
    const proven = counters.pendingRequests - counters.unprovenRequests;
    if (proven >= settings.maxPendingRequests) throw tooManyRequests(proven);
  }
  const signup = await unprovenSignup(transaction, submission);
  admit?.({bytes: requestBytes(submission), tipHeight: tip.height});

  const revision = pending ? pending.row.revision + 1 : 1;
  const request = {
    kind,
    key,
    info,
    infoHash,
    nodeInfo,
    proven: true,
    proofHeight: blockHeight,
    revision,
    signedBefore: null,
  };
  const received = await fileRequest(transaction, publish, {...request, supersedes});
  if (signup) {
    close(transaction, publish, signup, 'superseded', {
      actor: 'device',
      reason: `superseded by request ${received.id}`,
    });
  }
  return received;
}

/**
 * @param saying whether the reason may be told
 * @throws Rejection while a device that was denied has to wait
 */
export function requireCooledDown(
  {state, closing}: RequestRow,
  {settings, tip}: Meta,
  {saying}: {readonly saying: boolean},
): void {
  if (state !== 'denied' || !closing) return;
  const retryHeight = closing.height + settings.deniedCooldown;
  if (tip.height < retryHeight) throw deniedCooldown(retryHeight, saying ? closing.reason : null);
}

/** A signup that nobody has signed, of a device that signs a login: it is not what the device wants. */
async function unprovenSignup(transaction: Transaction, {kind, key}: CheckedSubmission): Promise<Received | undefined> {
  if (kind !== 'user_login') return undefined;
  const signup = await newestRequest(transaction, key, 'user_signup');
  return signup?.row.state === 'pending' && !signup.row.proven ? signup : undefined;
}

const isSame = (row: RequestRow, {infoHash, nodeInfo}: CheckedSubmission): boolean =>
  row.infoHash === infoHash && row.nodeInfo === nodeInfo;

/** @throws Rejection unless the block that a proof names is one of the last of the tower's chain */
export async function requireRecent(
  rows: KeyValueReader,
  {tip, settings}: Meta,
  {blockHeight, blockHash}: NamedBlock,
): Promise<void> {
  const isRecent = blockHeight <= tip.height && blockHeight > tip.height - settings.proofWindow;
  const raw = isRecent ? await rows.get(headerKey(blockHeight)) : undefined;
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
    if (row.proven && isSame(row, submission) && submission.blockHeight <= lastProof) throw replayedProof(previous);
    ({previous} = row);
  }
}
