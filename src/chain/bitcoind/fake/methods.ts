import {BartizanError} from '../../../errors/index.js';
import {parseBlock} from '../../block.js';
import {ByteReader} from '../../byte-reader.js';
import {headerBytes, serializeHeader} from '../../header.js';
import {parseTransaction, readTransaction} from '../../transaction.js';
import {meetsTarget} from '../../work.js';
import type {IndexEntry} from './block-index.js';
import {chainTips} from './chain-tips.js';
import type {FakeNode} from './fake-node.js';
import {hashParameter, integer, type Parameter, wrongType} from './parameters.js';
import {errorNumbers, RpcError} from './rpc-error.js';
import {blockShape, chainworkHex, headerShape, sizeOnDisk, tipShape} from './shapes.js';
import {isCoinbase} from './transaction-shape.js';

/** One method of the RPC: what it takes, and what it answers. */
export interface Method {
  readonly summary: string;
  readonly parameters: readonly Parameter[];
  run(node: FakeNode, ...values: readonly unknown[]): unknown;
}

/** Blocks at once; bitcoind has no limit, but would be at it for minutes. */
const maxGenerated = 100_000;
/** Messages that may wait for a client of the feed. */
export const feedHwm = 1000;

/** The next one shows what transactions spend. */
const maxVerbosity = 2;

const blockhash: Parameter = {name: 'blockhash', type: 'string'};

export const method = (summary: string, parameters: readonly Parameter[], run: Method['run']): Method => ({
  summary,
  parameters,
  run,
});

/** The methods by name. Amounts of what bitcoind answers beyond what is listed in the reference are left out. */
export const methods: Readonly<Record<string, Method>> = {
  getbestblockhash: method('Returns the hash of the tip.', [], ({tip}) => tip.hash),

  getblock: method(
    'Returns a block: in hex (verbosity 0), or its header with the ids of its transactions (1), or with them (2).',
    [blockhash, {name: 'verbosity', optional: true}],
    (node, hash, verbosity) => {
      const entry = found(node, hash, 'blockhash');
      const level = verbosityOf(verbosity);
      const raw = wholeBlock(node, entry);
      return level <= 0 ? Buffer.from(raw).toString('hex') : blockShape(node.index, entry, raw, {whole: level > 1});
    },
  ),

  getblockchaininfo: method('Returns the state of the chain.', [], (node) => ({
    chain: 'regtest',
    ...tipShape(node.index),
    verificationprogress: 1,
    initialblockdownload: node.initialDownload,
    chainwork: chainworkHex(node.tip),
    size_on_disk: sizeOnDisk(node.index),
    pruned: node.prunedTo !== undefined,
    ...(node.prunedTo !== undefined && {pruneheight: node.prunedTo + 1, automatic_pruning: false}),
    warnings: warningsOf(node),
  })),

  getblockcount: method('Returns the height of the tip.', [], ({tip}) => tip.height),

  getblockhash: method(
    'Returns the hash of the block of the active chain at a height.',
    [{name: 'height', type: 'number'}],
    (node, height) => {
      const entry = node.index.at(integer(height));
      if (entry === undefined) throw new RpcError(errorNumbers.invalidParameter, 'Block height out of range');
      return entry.header.hash;
    },
  ),

  getblockheader: method(
    'Returns the header of a block: verbose, or in hex.',
    [blockhash, {name: 'verbose', type: 'bool', optional: true}],
    (node, hash, verbose) => {
      const entry = found(node, hash, 'hash');
      if (verbose === false) return serializeHeader(entry.header).toString('hex');
      return headerShape(node.index, entry);
    },
  ),

  getchaintips: method('Returns the ends of all branches.', [], (node) => {
    node.listen();
    return chainTips(node.index);
  }),

  getnetworkinfo: method('Returns the version of the node.', [], (node) => ({
    version: 290_000,
    subversion: '/Satoshi:29.0.0(bartizan-fake)/',
    protocolversion: 70_016,
    localservices: '0000000000000409',
    localservicesnames: ['NETWORK', 'WITNESS', 'NETWORK_LIMITED'],
    localrelay: true,
    timeoffset: 0,
    networkactive: node.following !== 'nothing',
    connections: node.following === 'nothing' ? 0 : 1,
    connections_in: 0,
    connections_out: node.following === 'nothing' ? 0 : 1,
    networks: [],
    relayfee: 0.00001,
    incrementalfee: 0.00001,
    localaddresses: [],
    warnings: warningsOf(node),
  })),

  getzmqnotifications: method('Returns what is published where.', [], ({feed, zmqEndpoint}) =>
    feed.topics.map((topic) => ({type: `pub${topic}`, address: zmqEndpoint, hwm: feedHwm})).sort(byType),
  ),

  generateblock: method(
    'Mines a block of the given transactions, in hex, at once. The output is not looked at.',
    [
      {name: 'output', type: 'string'},
      {name: 'transactions', type: 'array'},
    ],
    (node, _output, transactions) => ({hash: node.mine(1, (transactions as unknown[]).map(transactionIn))[0]!.hash}),
  ),

  generatetoaddress: method(
    'Mines blocks at once. They pay to a script that anyone can spend, whatever the address.',
    [
      {name: 'nblocks', type: 'number'},
      {name: 'address', type: 'string'},
      {name: 'maxtries', type: 'number', optional: true},
    ],
    (node, blocks, address) => {
      if (!regtestAddress.test(address as string)) {
        throw new RpcError(errorNumbers.notFound, 'Error: Invalid address');
      }
      return generate(node, blocks);
    },
  ),

  generatetodescriptor: method(
    'Mines blocks at once. They pay to a script that anyone can spend, whatever the descriptor.',
    [
      {name: 'num_blocks', type: 'number'},
      {name: 'descriptor', type: 'string'},
      {name: 'maxtries', type: 'number', optional: true},
    ],
    (node, blocks) => generate(node, blocks),
  ),

  invalidateblock: method('Calls a block invalid, and leaves it.', [blockhash], (node, hash) => {
    node.invalidateBlock(found(node, hash, 'blockhash').header.hash);
    return null;
  }),

  preciousblock: method('Prefers a block over others with the same work.', [blockhash], (node, hash) => {
    node.preciousBlock(found(node, hash, 'blockhash').header.hash);
    return null;
  }),

  reconsiderblock: method('Takes back what was said of a block.', [blockhash], (node, hash) => {
    node.reconsiderBlock(found(node, hash, 'blockhash').header.hash);
    return null;
  }),

  setnetworkactive: method(
    'Lets the node hear of blocks of the chain that it follows, or not.',
    [{name: 'state', type: 'bool'}],
    (node, state) => {
      node.follow(state === true ? 'blocks' : 'nothing');
      return state;
    },
  ),

  submitblock: method(
    'Takes a block, and answers null or, in one word, why not.',
    [
      {name: 'hexdata', type: 'string'},
      {name: 'dummy', optional: true},
    ],
    submitBlock,
  ),

  uptime: method('Returns the seconds since the start.', [], ({uptimeSeconds}) => uptimeSeconds),
};

const warningsOf = ({index}: FakeNode): string[] =>
  index.isContested
    ? [
        'Warning: We do not appear to fully agree with our peers! You may need to upgrade, or other nodes may need to upgrade.',
      ]
    : [];

const regtestAddress = /^(?:bcrt1[02-9ac-hj-np-z]{8,87}|[2mn][1-9A-HJ-NP-Za-km-z]{25,34})$/;

const byType = (a: {type: string}, b: {type: string}): number => (a.type < b.type ? -1 : 1);

function found(node: FakeNode, hash: unknown, name: string): IndexEntry {
  const entry = node.entry(hashParameter(hash, name));
  if (entry !== undefined) return entry;
  throw new RpcError(errorNumbers.notFound, 'Block not found');
}

function verbosityOf(value: unknown): number {
  if (value === undefined || value === null) return 1;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number') {
    const level = integer(value);
    if (level <= maxVerbosity) return level;
    const why = 'this fake bitcoind does not keep what transactions spend';
    throw new RpcError(errorNumbers.invalidParameter, `No verbosity ${level} here: ${why}. Ask for 0, 1 or 2.`);
  }
  throw new RpcError(errorNumbers.type, wrongType(value, 'number'));
}

function wholeBlock(node: FakeNode, {raw, transactions, header}: IndexEntry): Uint8Array {
  if (raw !== undefined) return raw;
  const isPruned = transactions > 0 && header.height <= (node.prunedTo ?? -1);
  throw new RpcError(
    errorNumbers.misc,
    isPruned ? 'Block not available (pruned data)' : 'Block not available (not fully downloaded)',
  );
}

function generate(node: FakeNode, blocks: unknown): string[] {
  const count = integer(blocks);
  if (count > maxGenerated) throw new RpcError(errorNumbers.invalidParameter, `At most ${maxGenerated} blocks at once`);
  return node.mine(Math.max(0, count)).map(({hash}) => hash);
}

function submitBlock(node: FakeNode, hex: unknown): string | null {
  const raw = decoded(() => wholeBlockIn(hexParameter(hex)));
  const {header, transactions} = parseBlock(raw);
  if (transactions[0] === undefined || !isCoinbase(transactions[0])) {
    throw new RpcError(errorNumbers.deserialization, 'Block does not start with a coinbase');
  }
  const known = node.entry(header.hash);
  if (known !== undefined && node.index.isInvalid(known)) return 'duplicate-invalid';
  if (known?.raw !== undefined) return 'duplicate';
  if (!meetsTarget(header)) return 'high-hash';
  const parent = node.entry(header.previous);
  if (parent === undefined) return 'prev-blk-not-found';
  if (node.index.isInvalid(parent)) return 'bad-prevblk';
  try {
    node.submit(raw);
  } catch (error) {
    // Proof of work and parent are in order, so it is the transactions.
    if (error instanceof BartizanError && error.code === 'TOWER_INVALID_BLOCK') return 'bad-txnmrklroot';
    throw error;
  }
  return node.index.isActive(node.entry(header.hash)!) ? null : 'inconclusive';
}

function hexParameter(value: unknown): Buffer {
  if (typeof value === 'string' && value.length % 2 === 0) {
    const bytes = Buffer.from(value, 'hex');
    if (bytes.length * 2 === value.length) return bytes;
  }
  throw new RpcError(errorNumbers.deserialization, 'Block decode failed');
}

/** The bytes of a whole transaction. */
function transactionIn(value: unknown): Buffer {
  if (typeof value !== 'string') throw new RpcError(errorNumbers.type, wrongType(value, 'string'));
  const why = `Transaction decode failed for ${value}. Make sure the tx has at least one input.`;
  return decoded(() => {
    const bytes = hexParameter(value);
    parseTransaction(bytes);
    return bytes;
  }, why);
}

/** bitcoind reads a block and does not look at what follows it. */
function wholeBlockIn(bytes: Buffer): Buffer {
  const reader = new ByteReader(bytes, headerBytes);
  for (let left = reader.compactSize(); left > 0; left--) readTransaction(reader);
  return reader.since(0);
}

function decoded<T>(read: () => T, why = 'Block decode failed'): T {
  try {
    return read();
  } catch {
    throw new RpcError(errorNumbers.deserialization, why);
  }
}
