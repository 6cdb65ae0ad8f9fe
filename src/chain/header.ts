import {doubleSha256} from '../crypto/double-sha256.js';
import {OperationalError} from '../errors/index.js';
import {meetsTarget, workOf} from './work.js';

export {doubleSha256};

/** Size of a serialised block header. Source: Bitcoin's block format. */
export const headerBytes = 80;

/** A block header. Hashes are in display order (what `bitcoin-cli` prints). */
export interface Header {
  readonly hash: string;
  readonly version: number;
  readonly previous: string;
  readonly merkleRoot: string;
  /** Seconds since 1970, as the miner claims. */
  readonly time: number;
  /** Compact form of the target. */
  readonly bits: number;
  readonly nonce: number;
}

/** A header with its place in the chain: genesis is height 0, `chainwork` includes its own work. */
export interface ChainHeader extends Header {
  readonly height: number;
  readonly chainwork: bigint;
}

/** Turns a hash between internal and display order. */
export const toDisplayHex = (internal: Uint8Array): string => Buffer.from(internal).reverse().toString('hex');
export const fromDisplayHex = (hex: string): Buffer => Buffer.from(hex, 'hex').reverse();

/**
 * Reads the first 80 bytes as a header.
 * @throws OperationalError TOWER_INVALID_BLOCK when there are fewer.
 */
export function parseHeader(bytes: Uint8Array): Header {
  if (bytes.length < headerBytes) {
    throw new OperationalError('TOWER_INVALID_BLOCK', `a header has ${headerBytes} bytes, not ${bytes.length}`);
  }
  const raw = Buffer.from(bytes.buffer, bytes.byteOffset, headerBytes);
  return {
    hash: toDisplayHex(doubleSha256(raw)),
    version: raw.readInt32LE(0),
    previous: toDisplayHex(raw.subarray(4, 36)),
    merkleRoot: toDisplayHex(raw.subarray(36, 68)),
    time: raw.readUInt32LE(68),
    bits: raw.readUInt32LE(72),
    nonce: raw.readUInt32LE(76),
  };
}

export function serializeHeader(header: Omit<Header, 'hash'>): Buffer {
  const raw = Buffer.alloc(headerBytes);
  raw.writeInt32LE(header.version, 0);
  fromDisplayHex(header.previous).copy(raw, 4);
  fromDisplayHex(header.merkleRoot).copy(raw, 36);
  raw.writeUInt32LE(header.time, 68);
  raw.writeUInt32LE(header.bits, 72);
  raw.writeUInt32LE(header.nonce, 76);
  return raw;
}

/**
 * Puts a header on top of its parent.
 * @throws OperationalError TOWER_INVALID_BLOCK when it does not extend it.
 */
export function extend(parent: ChainHeader, header: Header): ChainHeader {
  if (header.previous !== parent.hash) {
    throw new OperationalError('TOWER_INVALID_BLOCK', `block ${header.hash} does not extend ${parent.hash}`, {
      facts: {parentHeight: parent.height},
    });
  }
  if (!meetsTarget(header)) {
    throw new OperationalError('TOWER_INVALID_BLOCK', `block ${header.hash} does not have the proof of work it claims`);
  }
  return {...header, height: parent.height + 1, chainwork: parent.chainwork + workOf(header.bits)};
}

/** The parent of a header whose place is known. */
export function parentOf(header: ChainHeader, parent: Header): ChainHeader {
  return {...parent, height: header.height - 1, chainwork: header.chainwork - workOf(header.bits)};
}
