import {utils} from '@noble/secp256k1';
import {OperationalError} from '../errors/index.js';
import {curve} from './curve.js';
import {formatMessageSignature, messageDigest} from './message-signature.js';
import type {Secp256k1} from './secp256k1.js';

/** A secp256k1 secret key that signs Lightning messages. Nothing that prints, copies or serialises it shows the secret. */
export class SigningKey {
  readonly #secret: Uint8Array;
  readonly #on: Secp256k1;
  /** Compressed, 66 characters of lower-case hex. */
  readonly publicKey: string;

  /**
   * @param secret 32 bytes, from 1 to the order of the curve less 1; they are copied, so the caller may wipe his.
   * @param on what computes with it
   * @throws OperationalError TOWER_INVALID_KEY
   */
  constructor(secret: Uint8Array, on: Secp256k1 = curve) {
    if (!on.isSecretKey(secret)) {
      // The value stays out of the message: it may be a secret with a slip in it.
      throw new OperationalError(
        'TOWER_INVALID_KEY',
        'a secret key has 32 bytes and lies within the order of secp256k1',
      );
    }
    this.#secret = Uint8Array.from(secret);
    this.#on = on;
    this.publicKey = Buffer.from(on.publicKey(this.#secret)).toString('hex');
  }

  /** Signs a message: 104 characters of zbase32. The same message gives the same signature (RFC 6979, low s). */
  sign(message: Uint8Array): string {
    return formatMessageSignature(this.signDigest(messageDigest(message)));
  }

  /** Signs 32 bytes as they are: recovery id, r, s. */
  signDigest(digest: Uint8Array): Uint8Array {
    return this.#on.sign(digest, this.#secret);
  }
}

/** 32 fresh bytes from the operating system's randomness. */
export const generateSecretKey = (): Uint8Array => utils.randomSecretKey();
