import type {RequestRow} from '../../store/request-row.js';
import type {Transaction} from '../../store/transaction.js';
import type {AuthEvent} from './events.js';
import {forgetOldest} from './forgetting.js';
import {maxClosedRequests} from './limits.js';
import {closeRequest, putNew} from './request-rows.js';

export interface Received {
  readonly id: number;
  readonly row: RequestRow;
}

/** What is new about a request. */
export interface NewRequest extends Pick<
  RequestRow,
  'kind' | 'key' | 'infoHash' | 'nodeInfo' | 'proven' | 'proofHeight' | 'revision' | 'signedBefore'
> {
  /** signup_info or login_info; null for a node. */
  readonly info: string | null;
  /** The pending one that it takes the place of. */
  readonly supersedes: Received | undefined;
}

/** Has the last word on a request that is new, before anything is written; throws a Rejection if there is no room. */
export type Admission = (request: {
  /** About what it adds to the log and to the store. */
  readonly bytes: number;
  readonly tipHeight: number;
}) => void;

/** What a request takes in the log or in the store besides what its device says: hashes, heights, names of fields. */
const fixedBytes = 512;

/** Within a row of JSON, quotation marks take two bytes. */
export const requestBytes = ({info, nodeInfo}: {readonly info: string | null; readonly nodeInfo: string}): number =>
  fixedBytes + Buffer.byteLength(info ?? '') + Buffer.byteLength(JSON.stringify(nodeInfo));

/** Writes a request down that nobody has seen before. */
export async function fileRequest(
  transaction: Transaction,
  publish: (event: AuthEvent) => void,
  {info, supersedes, ...request}: NewRequest,
): Promise<Received> {
  const {tip, counters} = transaction.meta;
  const id = counters.nextRequestId;
  transaction.update({counters: {...counters, nextRequestId: id + 1}});
  if (supersedes) {
    const closing = {height: tip.height, hash: tip.hash, actor: 'device', reason: `superseded by request ${id}`};
    closeRequest(transaction, supersedes.id, supersedes.row, 'superseded', {...closing, userId: null, role: null});
  }
  const row: RequestRow = {
    ...request,
    receivedHeight: tip.height,
    receivedHash: tip.hash,
    previous: supersedes?.id ?? null,
    state: 'pending',
    stage: 'callback',
    attempts: 0,
    readyHeight: tip.height,
    answer: null,
    closing: null,
  };
  putNew(transaction, id, row, info);
  const {kind, key, infoHash, nodeInfo, proven, proofHeight, previous} = row;
  publish({
    type: 'request_received',
    height: tip.height,
    requestId: id,
    kind,
    key,
    infoHash,
    nodeInfo,
    proven,
    proofHeight,
    supersedes: previous,
  });
  if (transaction.meta.counters.closedRequests > maxClosedRequests) await forgetOldest(transaction);
  return {id, row};
}
