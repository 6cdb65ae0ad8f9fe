import type {Transaction, TransactionInput} from '../../transaction.js';

/** A coinbase spends this. Source: Bitcoin's consensus rules. */
const nothingTxid = '0'.repeat(64);

export const isCoinbase = ({inputs}: Transaction): boolean =>
  inputs.length === 1 && inputs[0]!.previousIndex === 0xffffffff && inputs[0]!.previousTxid === nothingTxid;

/**
 * A transaction as `getblock` shows it, without what reads scripts (asm, descriptors, addresses, types) and without
 * fees. Source: Bitcoin Core's core_io.cpp.
 */
export function transactionShape(transaction: Transaction): Record<string, unknown> {
  const {raw, txid, wtxid, version, lockTime, inputs, outputs} = transaction;
  const weight = 4 * raw.length - 3 * witnessBytesOf(transaction);
  return {
    txid,
    hash: wtxid,
    version: version >>> 0,
    size: raw.length,
    vsize: Math.ceil(weight / 4),
    weight,
    locktime: lockTime,
    vin: inputs.map((input) => inputShape(input, isCoinbase(transaction))),
    vout: outputs.map(({amountSats, script}, n) => ({
      value: Number(amountSats) / 1e8,
      n,
      scriptPubKey: {hex: hex(script)},
    })),
    hex: hex(raw),
  };
}

function inputShape({previousTxid, previousIndex, script, sequence, witness}: TransactionInput, isCoinbase: boolean) {
  return {
    ...(isCoinbase
      ? {coinbase: hex(script)}
      : {txid: previousTxid, vout: previousIndex, scriptSig: {hex: hex(script)}}),
    ...(witness.length > 0 && {txinwitness: witness.map(hex)}),
    sequence,
  };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** What the witnesses take of a transaction. Source: BIP 144. */
export function witnessBytesOf({hasWitness, inputs}: Transaction): number {
  if (!hasWitness) return 0;
  // Marker and flag, and the stack of each input.
  return inputs.reduce((sum, {witness}) => {
    const items = witness.reduce((bytes, item) => bytes + sizeBytes(item.length) + item.length, 0);
    return sum + sizeBytes(witness.length) + items;
  }, 2);
}

/** What a CompactSize takes. */
const sizeBytes = (value: number): number => (value < 0xfd ? 1 : value <= 0xffff ? 3 : 5);
