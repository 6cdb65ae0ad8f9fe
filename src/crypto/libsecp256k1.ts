import type {Secp256k1} from './secp256k1.js';

/** What is used of the package `secp256k1`. Its calls throw on what is not well-formed, and on sizes that are wrong. */
interface Binding {
  privateKeyVerify(secret: Uint8Array): boolean;
  publicKeyCreate(secret: Uint8Array): Uint8Array;
  publicKeyVerify(key: Uint8Array): boolean;
  ecdsaSign(digest: Uint8Array, secret: Uint8Array, options: object, rs: Uint8Array): {recid: number};
  ecdsaRecover(rs: Uint8Array, recovery: number, digest: Uint8Array): Uint8Array;
}

const curveOrder = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** libsecp256k1, many times faster, through a native binding. */
export const libsecp256k1 = (binding: Binding): Secp256k1 => ({
  name: 'libsecp256k1',

  isSecretKey(secret) {
    try {
      return binding.privateKeyVerify(secret);
    } catch {
      return false;
    }
  },

  publicKey: (secret) => binding.publicKeyCreate(secret),

  sign(digest, secret) {
    const recoverable = new Uint8Array(65);
    const {recid} = binding.ecdsaSign(reduced(digest), secret, {}, recoverable.subarray(1));
    recoverable[0] = recid;
    return recoverable;
  },

  recover(recoverable, digest) {
    try {
      return binding.ecdsaRecover(recoverable.subarray(1), recoverable[0]!, digest);
    } catch {
      return undefined;
    }
  },

  isPoint: (compressed) => binding.publicKeyVerify(compressed),
});

/** RFC 6979 makes the nonce from the digest modulo the order of the curve; this library takes the digest as it is. */
function reduced(digest: Uint8Array): Uint8Array {
  // A smaller first word is below the order, as all but one in four billion are.
  if (digest.length !== 32 || digest.subarray(0, 4).some((byte) => byte !== 0xff)) return digest;
  const number = BigInt(`0x${Buffer.from(digest).toString('hex')}`);
  return number < curveOrder ? digest : Buffer.from((number - curveOrder).toString(16).padStart(64, '0'), 'hex');
}
