import {parseBlock} from '../../block.js';
import type {ChainHeader} from '../../header.js';
import {targetOf} from '../../work.js';
import type {BlockIndex, IndexEntry} from './block-index.js';
import {transactionShape, witnessBytesOf} from './transaction-shape.js';

// What bitcoind answers, in its own names and order. Source: Bitcoin Core's rpc/blockchain.cpp.

/** The median of so many blocks is what a block's time must exceed. Source: Bitcoin's consensus rules. */
const medianBlocks = 11;
/** Bytes that bitcoind puts before each block on the disk: the network's magic and the length. */
export const recordBytes = 8;

const hex32 = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
const hex256 = (value: bigint): string => value.toString(16).padStart(64, '0');

let ofBits: {bits: number; target: string; difficulty: number} | undefined;

/** What follows from the bits alone; nearly all blocks share theirs. */
function factsOf(bits: number): {target: string; difficulty: number} {
  if (ofBits?.bits !== bits) ofBits = {bits, target: hex256(targetOf(bits)), difficulty: shown(difficultyOf(bits))};
  return ofBits;
}

/** bitcoind prints 16 digits. */
const shown = (value: number): number => Number(value.toPrecision(16));

function difficultyOf(bits: number): number {
  let shift = bits >>> 24;
  let difficulty = 0x0000ffff / (bits & 0x00ffffff);
  for (; shift < 29; shift++) difficulty *= 256;
  for (; shift > 29; shift--) difficulty /= 256;
  return difficulty;
}

export function medianTimeOf(index: BlockIndex, entry: IndexEntry): number {
  const times: number[] = [];
  for (
    let at: IndexEntry | undefined = entry;
    at !== undefined && times.length < medianBlocks;
    at = index.parentOf(at)
  ) {
    times.push(at.header.time);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!;
}

/** The tip as `getblockchaininfo` has it. */
export function tipShape(index: BlockIndex): Record<string, unknown> {
  const {header} = index.tip;
  return {
    blocks: header.height,
    headers: index.bestHeader.height,
    bestblockhash: header.hash,
    bits: hex32(header.bits),
    ...targetShape(header),
    time: header.time,
    mediantime: medianTimeOf(index, index.tip),
  };
}

export const chainworkHex = ({chainwork}: ChainHeader): string => hex256(chainwork);

const targetShape = ({bits}: ChainHeader): object => {
  const {target, difficulty} = factsOf(bits);
  return {target, difficulty};
};

/** `getblockheader`, verbose. */
export function headerShape(index: BlockIndex, entry: IndexEntry): Record<string, unknown> {
  const {header} = entry;
  const isActive = index.isActive(entry);
  const next = isActive ? index.at(header.height + 1)?.header.hash : undefined;
  return {
    hash: header.hash,
    confirmations: isActive ? index.tip.header.height - header.height + 1 : -1,
    height: header.height,
    version: header.version,
    versionHex: hex32(header.version),
    merkleroot: header.merkleRoot,
    time: header.time,
    mediantime: medianTimeOf(index, entry),
    nonce: header.nonce,
    bits: hex32(header.bits),
    ...targetShape(header),
    chainwork: hex256(header.chainwork),
    nTx: entry.transactions,
    ...(header.height > 0 && {previousblockhash: header.previous}),
    ...(next !== undefined && {nextblockhash: next}),
  };
}

/** `getblock` with its transactions, or only their ids. */
export function blockShape(
  index: BlockIndex,
  entry: IndexEntry,
  raw: Uint8Array,
  {whole}: {readonly whole: boolean},
): Record<string, unknown> {
  const {transactions} = parseBlock(raw);
  const witnessBytes = transactions.reduce((sum, transaction) => sum + witnessBytesOf(transaction), 0);
  const strippedSize = raw.length - witnessBytes;
  return {
    ...headerShape(index, entry),
    strippedsize: strippedSize,
    size: raw.length,
    weight: 3 * strippedSize + raw.length,
    tx: transactions.map((transaction) => (whole ? transactionShape(transaction) : transaction.txid)),
  };
}

/** Of the blocks that it has. */
export function sizeOnDisk(index: BlockIndex): number {
  return index.bytes + index.blocks * recordBytes;
}
