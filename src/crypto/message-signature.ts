import {curve} from './curve.js';
import {doubleSha256} from './double-sha256.js';
import type {Secp256k1} from './secp256k1.js';
import {decodeZbase32, encodeZbase32} from './zbase32.js';

/** A header byte that also says which of the candidates is the key, r and s. */
export const messageSignatureBytes = 65;

const zbase32Characters = 104;
const hexPattern = /^[0-9a-f]{130}$/i;
const prefix = Buffer.from('Lightning Signed Message:', 'ascii');
/** 27 marks a recoverable signature, 4 more a compressed key. */
const firstHeader = 31;

/** What a Lightning message signature signs, 32 bytes. Source: the `signmessage` call of LND and Core Lightning. */
export const messageDigest = (message: Uint8Array): Uint8Array => doubleSha256(Buffer.concat([prefix, message]));

/**
 * The key that signed the message: compressed, 66 characters of lower-case hex. There is no other proof: any
 * well-formed signature recovers to some key for most messages, so the caller asks whether he knows that key.
 *
 * @param signature zbase32 (104 characters) or hex (130 characters), in either case. Both s and its negative are
 *   accepted, as the peers do; a receipt therefore covers the exact text that was received.
 * @returns `undefined` when the text is not a signature or no key signs so.
 */
export const recoverKey = (message: Uint8Array, signature: string): string | undefined =>
  recoverKeyOn(curve, message, signature);

/** `recoverKey` as this implementation has it. */
export function recoverKeyOn(on: Secp256k1, message: Uint8Array, signature: string): string | undefined {
  const recoverable = recoverableOf(signature);
  const key = recoverable && on.recover(recoverable, messageDigest(message));
  return key && Buffer.from(key).toString('hex');
}

/** The recovery id, r and s of a signature in zbase32 or hex; `undefined` if the text is no such thing. */
export function recoverableOf(signature: string): Uint8Array | undefined {
  const bytes = parseMessageSignature(signature);
  if (bytes === undefined) return undefined;
  const recoverable = Uint8Array.from(bytes);
  recoverable[0] = bytes[0]! - firstHeader;
  return recoverable;
}

/** The 65 bytes of a signature in zbase32 or hex, with a header of 31 to 34; `undefined` if the text is no such thing. */
export function parseMessageSignature(signature: string): Uint8Array | undefined {
  const bytes =
    signature.length === zbase32Characters
      ? decodeZbase32(signature)
      : hexPattern.test(signature)
        ? Buffer.from(signature, 'hex')
        : undefined;
  const recovery = bytes === undefined ? -1 : bytes[0]! - firstHeader;
  return recovery >= 0 && recovery <= 3 ? bytes : undefined;
}

/** The text of a recoverable signature: recovery id, r, s. */
export function formatMessageSignature(recoverable: Uint8Array): string {
  const bytes = Uint8Array.from(recoverable);
  bytes[0] = recoverable[0]! + firstHeader;
  return encodeZbase32(bytes);
}
