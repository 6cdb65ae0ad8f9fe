import {hash} from 'node:crypto';
import {isPublicKey} from '../../src/crypto/public-key.js';

/** So many keys that lie on the curve; nobody knows their secrets. */
export function deviceKeys(count: number): string[] {
  const keys: string[] = [];
  for (let i = 0; keys.length < count; i++) {
    const key = `02${hash('sha256', `device ${i}`, 'hex')}`;
    if (isPublicKey(key)) keys.push(key);
  }
  return keys;
}

/** Stands in for the tower's key where signatures are not what is measured. */
export const standInSigner = {publicKey: `02${'11'.repeat(32)}`, sign: (): string => 'y'.repeat(104)};
