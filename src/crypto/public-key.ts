import {utils} from '@noble/secp256k1';

const compressedPattern = /^0[23][0-9a-f]{64}$/i;

/** Whether the text is a compressed secp256k1 public key, 33 bytes in hex of either case, that lies on the curve. */
export const isPublicKey = (hex: string): boolean =>
  compressedPattern.test(hex) && utils.isValidPublicKey(Buffer.from(hex, 'hex'), true);
