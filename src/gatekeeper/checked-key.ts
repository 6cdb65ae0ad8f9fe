import {isPublicKey} from '../crypto/public-key.js';
import {InvalidParameter} from './rejections.js';

/** The key in lower case. @throws InvalidParameter unless it is a compressed public key, 33 bytes in hex. */
export function checkedKey(key: string): string {
  if (!isPublicKey(key)) throw new InvalidParameter('public key', 'a point on secp256k1, compressed, 33 bytes in hex');
  return key.toLowerCase();
}
