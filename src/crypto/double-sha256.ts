import {hash} from 'node:crypto';

/** SHA-256 of the SHA-256, 32 bytes, as Bitcoin and Lightning use it. */
export const doubleSha256 = (bytes: Uint8Array): Buffer => hash('sha256', hash('sha256', bytes, 'buffer'), 'buffer');
