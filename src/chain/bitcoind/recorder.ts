import {OperationalError} from '../../errors/index.js';
import {parseBlock} from '../block.js';
import {formatFixture, formatFixtureLine} from '../fixture.js';
import {hexBytes, networkOf} from './answers.js';
import {arrivalOrder, type Branch} from './branches.js';
import type {BitcoindRpc, RpcCall} from './transport.js';

/** Blocks fetched at once: at 4 MB each, as hex, this stays far below what memory allows. */
const blocksAtOnce = 8;
/** Heights asked for at once. */
const hashesAtOnce = 1_000;

export interface RecordingOptions {
  readonly rpc: BitcoindRpc;
  /** Height of the first block. @default 0 */
  readonly from?: number;
  /** Height of the last block of the active chain. @default the tip */
  readonly to?: number;
  /** Lines of comment that go before those of the recorder. */
  readonly comments?: readonly string[];
  /** Takes the text, piece by piece. */
  readonly write: (text: string) => void | Promise<void>;
  readonly progress?: (blocks: number, of: number) => void;
}

export interface Recording {
  readonly blocks: number;
  readonly from: number;
  readonly to: number;
  /** Hash of the block at height `to`. */
  readonly tip: string;
  /** Blocks of branches that are not on the active chain. */
  readonly staleBlocks: number;
}

/**
 * Writes the node's active chain between two heights as a fixture chain, with the branches that left it there and end
 * no higher, as far as the node still has their blocks.
 * @throws OperationalError TOWER_BITCOIND_* ; TOWER_USAGE when the heights are not on the chain
 */
export async function recordChain(options: RecordingOptions): Promise<Recording> {
  const {rpc, write, progress = () => {}} = options;
  const info = (await rpc.call('getblockchaininfo', [])) as {chain: string; blocks: number};
  const {from = 0, to = info.blocks} = options;
  if (from < 0 || from > to || to > info.blocks) {
    throw new OperationalError(
      'TOWER_USAGE',
      `there are no heights ${from} to ${to}: the node's chain ends at ${info.blocks}`,
    );
  }
  const active = await activeHashes(rpc, from, to);
  const branches = await branchesOf(rpc, from, to);
  const order = arrivalOrder(active, from, branches);
  const tip = active.at(-1)!;
  const comments = [
    ...(options.comments ?? []),
    `recorded from bitcoind ${await versionOf(rpc)}: heights ${from} to ${to}, tip ${tip}`,
    ...branches.map(describe),
  ];
  await write(formatFixture({network: networkOf(info), startHeight: from, comments, blocks: []}));
  const written = new Set<string>();
  for (let start = 0; start < order.length; start += blocksAtOnce) {
    const hashes = order.slice(start, start + blocksAtOnce);
    for (const raw of await results(rpc, hashes.map(getBlock))) {
      const block = parseBlock(hexBytes(raw));
      if (written.size > 0 && !written.has(block.header.previous)) {
        throw new OperationalError('TOWER_BITCOIND_RPC', "the node's chain has changed during the recording", {
          retryable: true,
          hint: 'Record again.',
        });
      }
      written.add(block.header.hash);
      await write(formatFixtureLine(block.raw));
      progress(written.size, order.length);
    }
  }
  return {blocks: order.length, from, to, tip, staleBlocks: order.length - active.length};
}

const getBlock = (hash: string): RpcCall => ({method: 'getblock', params: [hash, 0]});

async function activeHashes(rpc: BitcoindRpc, from: number, to: number): Promise<string[]> {
  const hashes: string[] = [];
  for (let start = from; start <= to; start += hashesAtOnce) {
    const heights = Array.from({length: Math.min(hashesAtOnce, to - start + 1)}, (_, index) => start + index);
    hashes.push(
      ...((await results(
        rpc,
        heights.map((height) => ({method: 'getblockhash', params: [height]})),
      )) as string[]),
    );
  }
  return hashes;
}

interface ChainTip {
  readonly height: number;
  readonly hash: string;
  readonly branchlen: number;
  readonly status: string;
}

/** The branches whose blocks the node has. Of the others it knows headers only, or that they are invalid. */
async function branchesOf(rpc: BitcoindRpc, from: number, to: number): Promise<Branch[]> {
  const tips = (await rpc.call('getchaintips', [])) as ChainTip[];
  const branches: Branch[] = [];
  for (const {height, hash, branchlen, status} of tips) {
    const forkHeight = height - branchlen;
    if (status !== 'valid-fork' && status !== 'valid-headers') continue;
    if (forkHeight < from || height > to) continue;
    const hashes: string[] = [];
    for (let at = hash; hashes.length < branchlen;) {
      hashes.unshift(at);
      const header = (await rpc.call('getblockheader', [at, true])) as {previousblockhash: string};
      at = header.previousblockhash;
    }
    // Only what was once connected has been validated whole.
    if (await hasAll(rpc, hashes)) branches.push({hashes, forkHeight, wasActive: status === 'valid-fork'});
  }
  return branches;
}

async function hasAll(rpc: BitcoindRpc, hashes: readonly string[]): Promise<boolean> {
  for (const hash of hashes) {
    const [answer] = await rpc.batch([getBlock(hash)]);
    if (answer === undefined || 'error' in answer) return false;
  }
  return true;
}

async function versionOf(rpc: BitcoindRpc): Promise<string> {
  const [answer] = await rpc.batch([{method: 'getnetworkinfo', params: []}]);
  return answer !== undefined && 'result' in answer ? (answer.result as {subversion: string}).subversion : '';
}

function describe({hashes, forkHeight, wasActive}: Branch): string {
  const blocks = `${hashes.length} stale ${hashes.length === 1 ? 'block' : 'blocks'} above height ${forkHeight}`;
  return `${blocks}, ${wasActive ? 'once active' : 'never active'}: ${hashes.at(-1)}`;
}

async function results(rpc: BitcoindRpc, calls: readonly RpcCall[]): Promise<unknown[]> {
  return (await rpc.batch(calls)).map((answer, index) => {
    if ('result' in answer) return answer.result;
    const {method, params} = calls[index]!;
    throw new OperationalError(
      'TOWER_BITCOIND_RPC',
      `bitcoind refuses ${method} ${String(params[0])}: ${answer.error.message}`,
      {
        facts: {rpcCode: answer.error.code},
        hint: 'A pruned node has no old blocks; record a higher range, or from another node.',
      },
    );
  });
}
