import {z} from 'zod';
import {OperationalError} from '../../errors/index.js';
import type {SourceTip} from '../chain-source.js';
import type {ChainHeader} from '../header.js';
import type {Network} from '../network.js';

// The wire names of bitcoind end in this folder. What it answers is checked, for it may be another program.

const networks: Readonly<Record<string, Network>> = {
  main: 'bitcoin',
  test: 'testnet',
  testnet4: 'testnet4',
  signet: 'signet',
  regtest: 'regtest',
};

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const u32 = z.int().min(0).max(0xffffffff);
const height = u32;

const blockchainInfo = z.object({
  chain: z.string(),
  blocks: height,
  bestblockhash: hash,
  chainwork: hash,
  initialblockdownload: z.boolean(),
});

// Made once: a schema compiles itself when it is first used.
const chainName = blockchainInfo.pick({chain: true});

const verboseHeader = z.object({
  hash,
  height,
  version: z.int(),
  /** Absent at genesis. */
  previousblockhash: hash.optional(),
  merkleroot: hash,
  time: u32,
  bits: z.string().regex(/^[0-9a-f]{8}$/),
  nonce: u32,
  chainwork: hash,
});

const published = z.array(z.object({type: z.string(), address: z.string()}));
const confirmed = z.object({confirmations: z.int()});

/** Answers of `getblockhash`. */
export const hashOf = (answer: unknown): string => read(hash, answer, 'a block hash');

/** The network of an answer of `getblockchaininfo`. @throws OperationalError TOWER_WRONG_NETWORK for an unknown chain */
export function networkOf(answer: unknown): Network {
  const {chain} = read(chainName, answer, 'its chain');
  const network = Object.hasOwn(networks, chain) ? networks[chain] : undefined;
  if (network !== undefined) return network;
  throw new OperationalError('TOWER_WRONG_NETWORK', `bitcoind is on the chain "${chain}", which is not known here`);
}

/** The tip of an answer of `getblockchaininfo`. */
export function sourceTipOf(answer: unknown): SourceTip {
  const info = read(blockchainInfo, answer, 'its tip');
  return {
    hash: info.bestblockhash,
    height: info.blocks,
    chainwork: BigInt(`0x${info.chainwork}`),
    initialDownload: info.initialblockdownload,
  };
}

/** Answers of `getblockheader`, verbose. */
export function chainHeaderOf(answer: unknown): ChainHeader {
  const header = read(verboseHeader, answer, 'a header');
  return {
    hash: header.hash,
    height: header.height,
    version: header.version,
    previous: header.previousblockhash ?? '0'.repeat(64),
    merkleRoot: header.merkleroot,
    time: header.time,
    bits: Number.parseInt(header.bits, 16),
    nonce: header.nonce,
    chainwork: BigInt(`0x${header.chainwork}`),
  };
}

/** Confirmations in an answer of `getblockheader`, verbose; -1 off the active chain. */
export const confirmationsOf = (answer: unknown): number => read(confirmed, answer, 'a header').confirmations;

/** Addresses at which an answer of `getzmqnotifications` says that a topic is published. */
export const addressesOf = (answer: unknown, topic: string): string[] =>
  read(published, answer, 'its ZMQ notifications')
    .filter(({type}) => type === `pub${topic}`)
    .map(({address}) => address);

/** Raw bytes, such as those of `getblock` and `getblockheader`. */
export function hexBytes(answer: unknown): Buffer {
  if (typeof answer === 'string' && answer.length % 2 === 0) {
    const bytes = Buffer.from(answer, 'hex');
    if (bytes.length * 2 === answer.length) return bytes;
  }
  throw unexpected('bytes in hex');
}

function read<T>(schema: z.ZodType<T>, answer: unknown, what: string): T {
  const {success, data} = schema.safeParse(answer);
  if (success) return data;
  throw unexpected(what);
}

const unexpected = (what: string): OperationalError =>
  new OperationalError('TOWER_BITCOIND_RPC', `bitcoind was asked for ${what} and answers something else`, {
    retryable: true,
  });
