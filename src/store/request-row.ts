import type {RequestKind, RequestStage} from './layout.js';
import {intact, type Role} from './rows.js';

/** `pending` until it is decided, in time or not; the others are closed. */
export type RequestState = 'pending' | 'approved' | 'denied' | 'expired' | 'failed' | 'superseded';

/** What whoever decides has made of a request. */
export type Verdict =
  /** User id 0: a new one. */
  | {readonly type: 'approve_user'; readonly userId: number}
  | {readonly type: 'approve_node'; readonly role: 'primary' | 'secondary'}
  | {readonly type: 'deny'; readonly reason: string};

/** A verdict that waits for a block, with the block in which it was heard of. */
export interface RecordedAnswer {
  readonly verdict: Verdict;
  readonly actor: string;
  readonly height: number;
  readonly hash: string;
}

/** How a request was closed: in which block, by whom, why, and what the device got. */
export interface Closing {
  readonly height: number;
  readonly hash: string;
  readonly actor: string;
  readonly reason: string;
  readonly userId: number | null;
  readonly role: Role;
}

/** An authorization request. Heights are u32, hashes and keys hex. */
export interface RequestRow {
  readonly kind: RequestKind;
  /** Public key of the device. */
  readonly key: string;
  /** SHA-256 of signup_info or login_info, whose text stands in a row of its own; null for a node. */
  readonly infoHash: string | null;
  /** JSON, as the device sent it. */
  readonly nodeInfo: string;
  /** The tip when it was received. */
  readonly receivedHeight: number;
  readonly receivedHash: string;
  /** Whether its device has signed it. What is unproven, anybody may have sent. */
  readonly proven: boolean;
  /** Height of the block that its proof names; of one that is unproven, that of the device's last proof before. */
  readonly proofHeight: number;
  /** 1 for the first, one more for each that superseded a pending one. */
  readonly revision: number;
  /** The request that it superseded. */
  readonly previous: number | null;
  /** Of one that is unproven: the newest signed one of its key and kind when it came. */
  readonly signedBefore: number | null;
  readonly state: RequestState;
  readonly stage: RequestStage;
  /** Attempts to have it answered that ended in an error. */
  readonly attempts: number;
  /** Height from which on it may be asked about. */
  readonly readyHeight: number;
  readonly answer: RecordedAnswer | null;
  readonly closing: Closing | null;
}

export function encodeRequest(row: RequestRow): Buffer {
  const {proven, signedBefore, answer, closing} = row;
  // One order of fields, so that equal requests are equal bytes.
  return Buffer.from(
    JSON.stringify({
      kind: row.kind,
      key: row.key,
      infoHash: row.infoHash,
      nodeInfo: row.nodeInfo,
      receivedHeight: row.receivedHeight,
      receivedHash: row.receivedHash,
      proofHeight: row.proofHeight,
      revision: row.revision,
      previous: row.previous,
      state: row.state,
      stage: row.stage,
      attempts: row.attempts,
      readyHeight: row.readyHeight,
      answer: answer && {
        verdict: orderedVerdict(answer.verdict),
        actor: answer.actor,
        height: answer.height,
        hash: answer.hash,
      },
      closing: closing && {
        height: closing.height,
        hash: closing.hash,
        actor: closing.actor,
        reason: closing.reason,
        userId: closing.userId,
        role: closing.role,
      },
      // Said only where it is not so: most are proven.
      ...(proven ? {} : {proven}),
      ...(signedBefore === null ? {} : {signedBefore}),
    } satisfies StoredRequest),
  );
}

type StoredRequest = Omit<RequestRow, 'proven' | 'signedBefore'> & Partial<Pick<RequestRow, 'proven' | 'signedBefore'>>;

export function decodeRequest(raw: Uint8Array): RequestRow {
  const text = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString();
  intact(text.startsWith('{"kind":"') && text.endsWith('}'), 'a request row cannot be read');
  try {
    return {proven: true, signedBefore: null, ...(JSON.parse(text) as StoredRequest)};
  } catch {
    intact(false, 'a request row cannot be read');
  }
}

function orderedVerdict(verdict: Verdict): Verdict {
  switch (verdict.type) {
    case 'approve_user':
      return {type: verdict.type, userId: verdict.userId};
    case 'approve_node':
      return {type: verdict.type, role: verdict.role};
    case 'deny':
      return {type: verdict.type, reason: verdict.reason};
  }
}

const idBytes = 6;

/** Request ids, packed. */
export function encodeIds(ids: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(idBytes * ids.length);
  ids.forEach((id, i) => bytes.writeUIntBE(id, idBytes * i, idBytes));
  return bytes;
}

export function decodeIds(raw: Uint8Array): number[] {
  intact(raw.length % idBytes === 0, `a row of request ids has ${raw.length} bytes`);
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  return Array.from({length: raw.length / idBytes}, (_, i) => bytes.readUIntBE(idBytes * i, idBytes));
}
