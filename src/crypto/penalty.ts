import {createCipheriv, createDecipheriv, hash} from 'node:crypto';
import {assert} from '../errors/index.js';

const cipher = 'chacha20-poly1305';
const tagBytes = 16;
/** The key is the dispute's own, so that the nonce can be nothing. Source: rust-teos. */
const nonce = Buffer.alloc(12);

/**
 * What a tower keeps of a penalty transaction, and cannot read before the dispute is on the chain: ChaCha20-Poly1305
 * under the SHA-256 of the dispute's txid in internal order, 16 bytes longer than the transaction. Source: rust-teos.
 *
 * @param disputeTxid display order, 64 characters of hex
 */
export function encryptPenalty(disputeTxid: string, penaltyTx: Uint8Array): Uint8Array {
  const sealed = createCipheriv(cipher, keyOf(disputeTxid), nonce, {authTagLength: tagBytes});
  return Buffer.concat([sealed.update(penaltyTx), sealed.final(), sealed.getAuthTag()]);
}

/**
 * The penalty transaction again.
 * @returns undefined when the blob is not one of this dispute
 */
export function decryptPenalty(disputeTxid: string, encryptedBlob: Uint8Array): Uint8Array | undefined {
  const end = encryptedBlob.length - tagBytes;
  if (end < 0) return undefined;
  const opened = createDecipheriv(cipher, keyOf(disputeTxid), nonce, {authTagLength: tagBytes});
  opened.setAuthTag(encryptedBlob.subarray(end));
  try {
    return Buffer.concat([opened.update(encryptedBlob.subarray(0, end)), opened.final()]);
  } catch {
    return undefined;
  }
}

function keyOf(disputeTxid: string): Buffer {
  assert(/^[0-9a-f]{64}$/i.test(disputeTxid), 'a txid has 64 characters of hex');
  return hash('sha256', Buffer.from(disputeTxid, 'hex').reverse(), 'buffer');
}
