import {hash} from 'node:crypto';

// Digests come as hex because Node hands over a short string twice as fast as a new buffer.
const sha256 = (bytes: Uint8Array): Buffer => Buffer.from(hash('sha256', bytes, 'hex'), 'hex');

/** SHA-256 of the SHA-256, 32 bytes, as Bitcoin and Lightning use it. */
export const doubleSha256 = (bytes: Uint8Array): Buffer => sha256(sha256(bytes));
