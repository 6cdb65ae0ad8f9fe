import {createHmac} from 'node:crypto';
import {getPublicKey, hashes, Point, recoverPublicKey, sign, utils} from '@noble/secp256k1';
import type {Secp256k1} from './secp256k1.js';

hashes.hmacSha256 = (key, message) => createHmac('sha256', key).update(message).digest();

const {p: fieldPrime, b} = Point.CURVE();

/** @noble/secp256k1, which runs everywhere: the reference. */
export const noble: Secp256k1 = {
  name: 'noble',
  isSecretKey: (secret) => utils.isValidSecretKey(secret),
  publicKey: (secret) => getPublicKey(secret),
  sign: (digest, secret) => sign(digest, secret, {prehash: false, format: 'recovered'}),

  recover(recoverable, digest) {
    try {
      return recoverPublicKey(recoverable, digest, {prehash: false});
    } catch {
      return undefined;
    }
  },

  isPoint(compressed) {
    const x = BigInt(`0x${Buffer.from(compressed.subarray(1)).toString('hex')}`);
    // Whether the y exists can be known many times faster than y itself. No point of this curve has y = 0.
    return x < fieldPrime && jacobi((x * x * x + b) % fieldPrime, fieldPrime) === 1;
  },
};

/**
 * The Jacobi symbol (a/n), n odd and positive: for a prime n, 1 says that `a` is the square of something other than
 * zero. Source: Cohen, "A Course in Computational Algebraic Number Theory", algorithm 1.4.10.
 */
function jacobi(a: bigint, n: bigint): -1 | 0 | 1 {
  let [top, bottom] = [a, n];
  let sign: -1 | 1 = 1;
  while (top !== 0n) {
    // Only the lowest bits decide about signs, and they are cheaper to look at as a number.
    let low = Number(top & 0xffff_ffffn);
    for (; low === 0; low = Number(top & 0xffff_ffffn)) top >>= 32n;
    const zeros = 31 - Math.clz32(low & -low);
    const bottomMod8 = Number(bottom & 7n);
    if (zeros % 2 === 1 && (bottomMod8 === 3 || bottomMod8 === 5)) sign = -sign as -1 | 1;
    if (zeros > 0) top >>= BigInt(zeros);
    if (bottomMod8 % 4 === 3 && Number(top & 3n) === 3) sign = -sign as -1 | 1;
    [top, bottom] = [bottom % top, top];
  }
  return bottom === 1n ? sign : 0;
}
