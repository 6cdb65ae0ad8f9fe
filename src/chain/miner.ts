import {coinbase, witnessCommitment} from './coinbase.js';
import {doubleSha256, type Header, headerBytes, serializeHeader, toDisplayHex} from './header.js';
import {merkleRootOf} from './merkle.js';
import type {Transaction} from './transaction.js';

const regtestBits = 0x207fffff;
/** No soft fork signalled. Source: BIP 9. */
const blockVersion = 0x2000_0000;
const zeros = Buffer.alloc(32);
const emptyCommitment = witnessCommitment(zeros);

export interface Job {
  /** Hash of the block to build on. */
  readonly previous: string;
  readonly height: number;
  /** Seconds since 1970; above the median of the 11 blocks before. */
  readonly time: number;
  /** 12 bytes that make the block unlike its siblings. */
  readonly tag: Uint8Array;
  readonly transactions: readonly Transaction[];
}

/** Mines a regtest block: the same job always gives the same block. */
export function mineBlock(job: Job): {raw: Buffer; header: Header} {
  const {transactions} = job;
  const isEmpty = transactions.length === 0;
  const commitment = isEmpty
    ? emptyCommitment
    : witnessCommitment(merkleRootOf([zeros, ...transactions.map((transaction) => transaction.wtxidBytes)]).root);
  const first = coinbase({height: job.height, tag: job.tag, commitment});
  const root = isEmpty
    ? first.txidBytes
    : merkleRootOf([first.txidBytes, ...transactions.map((transaction) => transaction.txidBytes)]).root;
  const header = solve({
    version: blockVersion,
    previous: job.previous,
    merkleRoot: toDisplayHex(root),
    time: job.time,
    bits: regtestBits,
    nonce: 0,
  });
  const parts = [header.raw, compactSize(transactions.length + 1), first.raw];
  for (const transaction of transactions) parts.push(Buffer.from(transaction.raw));
  return {raw: Buffer.concat(parts), header: header.header};
}

/** Tries nonces from 0 up; regtest's target lets every second hash through. */
function solve(draft: Omit<Header, 'hash'>): {raw: Buffer; header: Header} {
  const raw = serializeHeader(draft);
  for (let nonce = 0; ; nonce++) {
    raw.writeUInt32LE(nonce, headerBytes - 4);
    const hash = doubleSha256(raw);
    // The target is 7fffff followed by zeros. Of the hashes that begin like it only one would do: not worth a look.
    if (hash.readUIntLE(29, 3) < 0x7fffff) return {raw, header: {hash: toDisplayHex(hash), ...draft, nonce}};
  }
}

function compactSize(count: number): Buffer {
  if (count < 0xfd) return Buffer.from([count]);
  const bytes = Buffer.alloc(count <= 0xffff ? 3 : 5);
  bytes[0] = count <= 0xffff ? 0xfd : 0xfe;
  bytes.writeUIntLE(count, 1, bytes.length - 1);
  return bytes;
}
