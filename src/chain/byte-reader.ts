import {OperationalError} from '../errors/index.js';

/** Reads Bitcoin's serialisation from front to back. Every read beyond the end throws TOWER_INVALID_BLOCK. */
export class ByteReader {
  readonly #bytes: Buffer;
  #position: number;

  constructor(bytes: Uint8Array, position = 0) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#position = position;
  }

  get position(): number {
    return this.#position;
  }

  get isAtEnd(): boolean {
    return this.#position === this.#bytes.length;
  }

  /** The bytes from `start` to here: a view, not a copy. */
  since(start: number): Buffer {
    return this.#bytes.subarray(start, this.#position);
  }

  bytes(length: number): Buffer {
    const start = this.#skip(length);
    return this.#bytes.subarray(start, start + length);
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#skip(1));
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.#skip(4));
  }

  i32(): number {
    return this.#bytes.readInt32LE(this.#skip(4));
  }

  u64(): bigint {
    return this.#bytes.readBigUInt64LE(this.#skip(8));
  }

  /** A count or length of 1 to 9 bytes, which must be as short as it can. Source: Bitcoin's CompactSize. */
  compactSize(): number {
    const first = this.u8();
    if (first < 0xfd) return first;
    if (first === 0xfd) return this.#shortest(this.#bytes.readUInt16LE(this.#skip(2)), 0xfd);
    if (first === 0xfe) return this.#shortest(this.u32(), 0x1_0000);
    // No block has 2^32 of anything.
    throw new OperationalError('TOWER_INVALID_BLOCK', `a length at byte ${this.#position - 1} is beyond 32 bits`);
  }

  /** A length followed by as many bytes. */
  sized(): Buffer {
    return this.bytes(this.compactSize());
  }

  #shortest(value: number, least: number): number {
    if (value >= least) return value;
    throw new OperationalError('TOWER_INVALID_BLOCK', `a length before byte ${this.#position} is not in shortest form`);
  }

  #skip(length: number): number {
    const start = this.#position;
    if (start + length > this.#bytes.length) {
      throw new OperationalError(
        'TOWER_INVALID_BLOCK',
        `the data end at byte ${this.#bytes.length}, in the middle of ${length} bytes from ${start}`,
      );
    }
    this.#position = start + length;
    return start;
  }
}
