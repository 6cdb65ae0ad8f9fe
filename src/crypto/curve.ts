import {createRequire} from 'node:module';
import {libsecp256k1} from './libsecp256k1.js';
import {noble} from './noble.js';
import type {Secp256k1} from './secp256k1.js';

/** The package's main file would do with slow JavaScript where its binary does not load. */
const loadBinding = (): unknown => createRequire(import.meta.url)('secp256k1/bindings.js');

/**
 * libsecp256k1 where its binding loads and computes what it should, otherwise noble.
 * @param load gives what the package `secp256k1` exports, or throws
 */
export function chooseCurve(load: () => unknown): Secp256k1 {
  try {
    const native = libsecp256k1(load() as Parameters<typeof libsecp256k1>[0]);
    return isRight(native) ? native : noble;
  } catch {
    return noble;
  }
}

const known = {
  secret: Buffer.alloc(32, 1),
  digest: Buffer.alloc(32, 2),
  recoverable: [
    '00',
    '97ef30233ead25d10f7bb2bf9eaf571a16f2deb33a75f20819284f0cb8ff3cc1',
    '4870ca05940199c113b4dc77866f001702691cde269f6835581e7aea1ead2660',
  ].join(''),
  publicKey: '031b84c5567b126440995d3ed5aaba0565d71e1834604819ff9c17f5e9d5dd078f',
};

/** A binary that loads may still be another version's, or another processor's. */
function isRight({sign, publicKey, recover, isSecretKey, isPoint}: Secp256k1): boolean {
  const recoverable = sign(known.digest, known.secret);
  const key = publicKey(known.secret);
  const signer = recover(recoverable, known.digest) ?? Buffer.alloc(0);
  return (
    isHex(recoverable, known.recoverable) &&
    isHex(key, known.publicKey) &&
    isHex(signer, known.publicKey) &&
    isSecretKey(known.secret) &&
    isPoint(key)
  );
}

const isHex = (bytes: Uint8Array, hex: string): boolean => Buffer.from(bytes).toString('hex') === hex;

/** What computes in this process. */
export const curve = chooseCurve(loadBinding);
