import {createHash} from 'node:crypto';

/** What the proof of a request covers. */
export interface ProofFields {
  /** The tower's public key, hex: a request to one tower is none to another. */
  readonly towerId: string;
  readonly kind: string;
  /** A block that was connected not long ago, hex in display order. */
  readonly blockHash: string;
  /** signup_info or login_info; empty for a node. */
  readonly info: string;
  readonly nodeInfo: string;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The message that a device signs with its key: six lines of ASCII. See docs/reference/auth.md. */
export function proofMessage({towerId, kind, blockHash, info, nodeInfo}: ProofFields): Uint8Array {
  return Buffer.from(['bartizan-auth-1', towerId, kind, blockHash, sha256(info), sha256(nodeInfo)].join('\n'));
}

/** SHA-256 of signup_info or login_info, hex: what is left of it once a request is closed. */
export const infoHashOf = (info: string): string => sha256(info);
