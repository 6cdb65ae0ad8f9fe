import {RawTx} from '@scure/btc-signer/script.js';
import {openScript, openWitnessScript} from './coinbase.js';
import {fromDisplayHex} from './header.js';
import {parseTransaction, type Transaction, type TransactionOutput} from './transaction.js';

/** An output of a simulated chain that anyone can spend: one that pays to `openScript`. */
export interface OpenOutput {
  /** Display order. */
  readonly txid: string;
  readonly index: number;
  readonly amountSats: bigint;
}

/** Enough for a node's default minimum of one satoshi a virtual byte. */
const feeSats = 1_000n;

/**
 * A valid transaction that spends an open output.
 * @param outputs what it pays; unless told, all but a fee of 1000 satoshis goes to one new open output
 */
export function spend(output: OpenOutput, outputs?: readonly TransactionOutput[]): Transaction {
  const paid = outputs ?? [{amountSats: output.amountSats - feeSats, script: openScript}];
  const raw = RawTx.encode({
    version: 2,
    segwitFlag: true,
    // The library takes the id in display order and turns it.
    inputs: [
      {
        txid: fromDisplayHex(output.txid).reverse(),
        index: output.index,
        finalScriptSig: new Uint8Array(),
        sequence: 0xfffffffd,
      },
    ],
    outputs: paid.map(({amountSats, script}) => ({amount: amountSats, script: Uint8Array.from(script)})),
    witnesses: [[Uint8Array.from(openWitnessScript)]],
    lockTime: 0,
  });
  return parseTransaction(raw);
}
