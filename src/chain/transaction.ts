import {OperationalError} from '../errors/index.js';
import {ByteReader} from './byte-reader.js';
import {doubleSha256, toDisplayHex} from './header.js';

export interface TransactionInput {
  /** Transaction id of the output that is spent, display order. */
  readonly previousTxid: string;
  readonly previousIndex: number;
  readonly script: Uint8Array;
  readonly sequence: number;
  /** Empty for an input without a witness. */
  readonly witness: readonly Uint8Array[];
}

export interface TransactionOutput {
  readonly amountSats: bigint;
  readonly script: Uint8Array;
}

interface Parts {
  readonly version: number;
  readonly inputs: readonly TransactionInput[];
  readonly outputs: readonly TransactionOutput[];
  readonly lockTime: number;
  /** Where the serialisation without witnesses lies in `raw`: version, this, lock time. */
  readonly base: Uint8Array;
}

/**
 * A transaction as a block holds it. It keeps the very bytes it was read from, so both of its hashes are right
 * whatever they say. Source: BIP 144.
 */
export class Transaction {
  readonly raw: Uint8Array;
  readonly version: number;
  readonly inputs: readonly TransactionInput[];
  readonly outputs: readonly TransactionOutput[];
  readonly lockTime: number;
  readonly #base: Uint8Array;
  #txidBytes: Buffer | undefined;
  #txid: string | undefined;

  constructor(raw: Uint8Array, parts: Parts) {
    this.raw = raw;
    this.version = parts.version;
    this.inputs = parts.inputs;
    this.outputs = parts.outputs;
    this.lockTime = parts.lockTime;
    this.#base = parts.base;
  }

  /** Display order; does not cover the witnesses. */
  get txid(): string {
    this.#txid ??= toDisplayHex(this.txidBytes);
    return this.#txid;
  }

  /** Display order; covers the witnesses, and equals `txid` when there are none. Source: BIP 141. */
  get wtxid(): string {
    return this.hasWitness ? toDisplayHex(this.wtxidBytes) : this.txid;
  }

  /** Internal order, 32 bytes. */
  get txidBytes(): Buffer {
    this.#txidBytes ??= doubleSha256(this.hasWitness ? this.#withoutWitness() : this.raw);
    return this.#txidBytes;
  }

  /** Internal order, 32 bytes. */
  get wtxidBytes(): Buffer {
    return this.hasWitness ? doubleSha256(this.raw) : this.txidBytes;
  }

  get hasWitness(): boolean {
    return this.#base.length + 8 !== this.raw.length;
  }

  #withoutWitness(): Buffer {
    return Buffer.concat([this.raw.subarray(0, 4), this.#base, this.raw.subarray(-4)]);
  }
}

/**
 * Reads exactly one transaction.
 * @throws OperationalError TOWER_INVALID_BLOCK when it is malformed, cut short or followed by more bytes.
 */
export function parseTransaction(raw: Uint8Array): Transaction {
  const reader = new ByteReader(raw);
  const transaction = readTransaction(reader);
  if (!reader.isAtEnd) {
    throw new OperationalError(
      'TOWER_INVALID_BLOCK',
      `${raw.length - reader.position} bytes follow the transaction ${transaction.txid}`,
    );
  }
  return transaction;
}

/** Reads the next transaction. Accepts and refuses what Bitcoin Core does. */
export function readTransaction(reader: ByteReader): Transaction {
  const start = reader.position;
  const version = reader.i32();
  let baseStart = reader.position;
  let inputCount = reader.compactSize();
  let flag = 0;
  if (inputCount === 0) {
    // What would be a transaction without inputs is the marker of one with witnesses; its flag follows. A flag of 0
    // is its count of outputs.
    flag = reader.u8();
    if (flag > 1) throw new OperationalError('TOWER_INVALID_BLOCK', `a transaction has the unknown flag ${flag}`);
    if (flag === 1) {
      baseStart = reader.position;
      inputCount = reader.compactSize();
    }
  }
  const inputs = repeat(inputCount, () => readInput(reader));
  const isEmpty = inputCount === 0 && flag === 0;
  const outputs = isEmpty ? [] : repeat(reader.compactSize(), () => readOutput(reader));
  const base = reader.since(baseStart);
  if (flag === 1) {
    for (const input of inputs) input.witness = repeat(reader.compactSize(), () => reader.sized());
    if (inputs.every((input) => input.witness.length === 0)) {
      throw new OperationalError('TOWER_INVALID_BLOCK', 'a transaction is marked as one with witnesses but has none');
    }
  }
  const lockTime = reader.u32();
  return new Transaction(reader.since(start), {version, inputs, outputs, lockTime, base});
}

const readInput = (reader: ByteReader) => ({
  previousTxid: toDisplayHex(reader.bytes(32)),
  previousIndex: reader.u32(),
  script: reader.sized(),
  sequence: reader.u32(),
  witness: noWitness,
});

const noWitness: readonly Uint8Array[] = [];

const readOutput = (reader: ByteReader): TransactionOutput => ({amountSats: reader.u64(), script: reader.sized()});

// Grows with what is really there: a count of a damaged block may promise anything.
function repeat<T>(count: number, read: () => T): T[] {
  const all: T[] = [];
  for (let i = 0; i < count; i++) all.push(read());
  return all;
}
