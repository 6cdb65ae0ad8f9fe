import {curve} from './curve.js';
import type {Secp256k1} from './secp256k1.js';

const compressedPattern = /^0[23][0-9a-f]{64}$/i;

/** Whether the text is a compressed secp256k1 public key, 33 bytes in hex of either case, that lies on the curve. */
export const isPublicKey = (hex: string): boolean => isPublicKeyOn(curve, hex);

/** `isPublicKey` as this implementation has it. */
export const isPublicKeyOn = (on: Secp256k1, hex: string): boolean =>
  compressedPattern.test(hex) && on.isPoint(Buffer.from(hex, 'hex'));
