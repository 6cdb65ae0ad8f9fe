/**
 * What is computed on the curve secp256k1. Whoever implements it computes the same: one answer for one input.
 * Digests have 32 bytes, public keys are compressed (33 bytes), a recoverable signature is recovery id, r, s (65 bytes).
 */
export interface Secp256k1 {
  readonly name: 'libsecp256k1' | 'noble';
  /** Whether these are 32 bytes from 1 to the order of the curve less 1. */
  isSecretKey(secret: Uint8Array): boolean;
  publicKey(secret: Uint8Array): Uint8Array;
  /** With the nonce of RFC 6979 and a low s. */
  sign(digest: Uint8Array, secret: Uint8Array): Uint8Array;
  /** The key that signed; both s and its negative are taken. `undefined` if no key signs so. */
  recover(recoverable: Uint8Array, digest: Uint8Array): Uint8Array | undefined;
  /** Whether these 33 bytes, the first of which is 2 or 3, are a point. */
  isPoint(compressed: Uint8Array): boolean;
}
