import {SigningKey} from '../../src/crypto/index.js';

const keys = new Map<number, SigningKey>();

/** The signing key of the n-th test user, n from 1. */
export function signingKey(n: number): SigningKey {
  let key = keys.get(n);
  if (!key) {
    const secret = Buffer.alloc(32);
    secret.writeUInt32BE(n, 28);
    keys.set(n, (key = new SigningKey(secret)));
  }
  return key;
}

export const publicKey = (n: number): string => signingKey(n).publicKey;

/** Text that looks like a compressed key; for rows written directly, where no point on the curve is needed. */
export const fakeKey = (n: number): string => `02${n.toString(16).padStart(64, '0')}`;

export const locator = (n: number): string => n.toString(16).padStart(32, '0');

/** Signs nothing, quickly: for tests in which nobody reads a receipt. */
export const quickKey = {publicKey: publicKey(1), sign: (): string => 'unsigned'};
