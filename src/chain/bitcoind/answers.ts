import {OperationalError} from '../../errors/index.js';
import type {ChainHeader} from '../header.js';
import type {Network} from '../network.js';

// The wire names of bitcoind end in this folder.

const networks: Readonly<Record<string, Network>> = {
  main: 'bitcoin',
  test: 'testnet',
  testnet4: 'testnet4',
  signet: 'signet',
  regtest: 'regtest',
};

/** @throws OperationalError TOWER_WRONG_NETWORK for a chain that we do not know. */
export function networkOf(chain: string): Network {
  const network = networks[chain];
  if (network !== undefined) return network;
  throw new OperationalError('TOWER_WRONG_NETWORK', `bitcoind is on the chain "${chain}", which is not known here`);
}

export const chainworkOf = (hex: string): bigint => BigInt(`0x${hex}`);

/** @throws OperationalError TOWER_BITCOIND_RPC when the answer is not bytes in hex. */
export function hexBytes(answer: unknown): Buffer {
  if (typeof answer === 'string' && answer.length % 2 === 0) {
    const bytes = Buffer.from(answer, 'hex');
    if (bytes.length * 2 === answer.length) return bytes;
  }
  throw new OperationalError('TOWER_BITCOIND_RPC', 'bitcoind answers with something that is not hex', {
    retryable: true,
  });
}

interface VerboseHeader {
  readonly hash: string;
  readonly height: number;
  readonly version: number;
  /** Absent at genesis. */
  readonly previousblockhash?: string;
  readonly merkleroot: string;
  readonly time: number;
  readonly bits: string;
  readonly nonce: number;
  readonly chainwork: string;
}

/** Reads an answer of `getblockheader`, verbose. */
export function chainHeaderOf(answer: unknown): ChainHeader {
  const header = answer as VerboseHeader;
  return {
    hash: header.hash,
    height: header.height,
    version: header.version,
    previous: header.previousblockhash ?? '0'.repeat(64),
    merkleRoot: header.merkleroot,
    time: header.time,
    bits: Number.parseInt(header.bits, 16),
    nonce: header.nonce,
    chainwork: chainworkOf(header.chainwork),
  };
}
