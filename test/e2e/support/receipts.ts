import {createPublicKey, hash, type KeyObject, verify} from 'node:crypto';
import {Point} from '@noble/secp256k1';
import type {Registration} from '../../../src/api/admin/admin-tower.js';
import {parseMessageSignature} from '../../../src/crypto/message-signature.js';
import {registrationReceipt} from '../../../src/crypto/receipt.js';

/**
 * Whether the tower has signed this receipt. OpenSSL decides, which has no line in common with what signs; it hashes
 * once itself, so one of the two hashes of a Lightning message is left to us.
 */
export function isSigned(receipt: Registration, towerKey: KeyObject): boolean {
  const signature = parseMessageSignature(receipt.signature);
  if (signature === undefined) return false;
  const promise = registrationReceipt({...receipt, userKey: receipt.key});
  const message = Buffer.concat([Buffer.from('Lightning Signed Message:'), promise]);
  const once = hash('sha256', message, 'buffer');
  return verify('sha256', once, {key: towerKey, dsaEncoding: 'ieee-p1363'}, signature.subarray(1));
}

/** A compressed public key as OpenSSL takes it. */
export function keyObject(publicKey: string): KeyObject {
  const {x, y} = Point.fromHex(publicKey);
  const word = (n: bigint) => Buffer.from(n.toString(16).padStart(64, '0'), 'hex').toString('base64url');
  return createPublicKey({key: {kty: 'EC', crv: 'secp256k1', x: word(x), y: word(y)}, format: 'jwk'});
}
