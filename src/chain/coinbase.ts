import {hash} from 'node:crypto';
import {doubleSha256} from './header.js';

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

/** The witness script of `openScript`: OP_TRUE. */
export const openWitnessScript = Buffer.from([0x51]);

/** An output script that anyone can spend: pay to the witness script hash of OP_TRUE. Source: BIP 141. */
export const openScript = Buffer.concat([
  Buffer.from([0x00, 0x20]),
  Buffer.from(hash('sha256', openWitnessScript, 'hex'), 'hex'),
]);

/** What a regtest miner may create at a height: 50 bitcoin, halved every 150 blocks. Source: Bitcoin Core's chain parameters. */
export const subsidySats = (height: number): number => Math.floor(5_000_000_000 / 2 ** Math.floor(height / 150));

const witnessReserved = Buffer.alloc(32);

/** What the coinbase commits to: the root over wtxids (internal order), with the coinbase's own as zeros. Source: BIP 141. */
export const witnessCommitment = (witnessRoot: Uint8Array): Buffer =>
  doubleSha256(Buffer.concat([witnessRoot, witnessReserved]));

/**
 * The shortest script that pushes a height. Source: BIP 34, and Bitcoin Core for 1 to 16, where it is an opcode.
 */
export function heightPush(height: number): Buffer {
  if (height === 0) return Buffer.from([0x00]);
  if (height <= 16) return Buffer.from([0x50 + height]);
  // Script numbers are signed, so the highest bit has to stay free.
  const length = height < 0x80 ? 1 : height < 0x8000 ? 2 : height < 0x80_0000 ? 3 : height < 0x8000_0000 ? 4 : 5;
  const push = Buffer.alloc(1 + length, 0);
  push[0] = length;
  push.writeUIntLE(height, 1, length);
  return push;
}

const version = u32(2);
const marker = Buffer.from([0x00, 0x01]);
const input = Buffer.concat([Buffer.from([1]), Buffer.alloc(32), u32(0xffffffff)]);
const sequence = u32(0xffffffff);
const openOutput = Buffer.concat([Buffer.from([openScript.length]), openScript]);
const commitmentOutput = Buffer.concat([Buffer.alloc(8), Buffer.from('266a24aa21a9ed', 'hex')]);
const witness = Buffer.concat([Buffer.from([1, witnessReserved.length]), witnessReserved]);
const lockTime = u32(0);

/** Tells blocks of one height apart. */
export const tagBytes = 12;

/** All that stays the same while the height's push keeps its length; filled in for each block. */
class CoinbaseTemplate {
  /** Without witness, as its id is made of. */
  readonly #base: Buffer;
  readonly #raw: Buffer;
  readonly #pushBytes: number;

  constructor(pushBytes: number) {
    this.#pushBytes = pushBytes;
    const head = Buffer.from([pushBytes + 1 + tagBytes]);
    const tag = Buffer.alloc(1 + tagBytes);
    tag[0] = tagBytes;
    const value = Buffer.alloc(9);
    value[0] = 2; // outputs
    const script = [head, Buffer.alloc(pushBytes), tag, sequence];
    const body = [input, ...script, value, openOutput, commitmentOutput, Buffer.alloc(32)];
    this.#base = Buffer.concat([version, ...body, lockTime]);
    this.#raw = Buffer.concat([version, marker, ...body, witness, lockTime]);
  }

  fill(push: Buffer, of: CoinbaseParts): Coinbase {
    this.#write(this.#base, version.length, push, of);
    this.#write(this.#raw, version.length + marker.length, push, of);
    return {raw: this.#raw, txidBytes: doubleSha256(this.#base)};
  }

  #write(target: Buffer, start: number, push: Buffer, of: CoinbaseParts): void {
    const pushAt = start + input.length + 1;
    const tagAt = pushAt + this.#pushBytes + 1;
    const valueAt = tagAt + tagBytes + sequence.length + 1;
    target.set(push, pushAt);
    target.set(of.tag, tagAt);
    target.writeUIntLE(subsidySats(of.height), valueAt, 6);
    target.set(of.commitment, valueAt + 8 + openOutput.length + commitmentOutput.length);
  }
}

const templates = new Map<number, CoinbaseTemplate>();

export interface CoinbaseParts {
  readonly height: number;
  /** 12 bytes that make it, and so its block, unlike every other of its height. */
  readonly tag: Uint8Array;
  /** Of the block's wtxids: see `witnessCommitment`. */
  readonly commitment: Uint8Array;
}

export interface Coinbase {
  /** Good until the next coinbase is made. */
  readonly raw: Buffer;
  /** Internal order. */
  readonly txidBytes: Buffer;
}

/** The first transaction of a regtest block: takes the subsidy, no fees, to an output that anyone can spend. */
export function coinbase(of: CoinbaseParts): Coinbase {
  const push = heightPush(of.height);
  let template = templates.get(push.length);
  if (template === undefined) {
    template = new CoinbaseTemplate(push.length);
    templates.set(push.length, template);
  }
  return template.fill(push, of);
}
