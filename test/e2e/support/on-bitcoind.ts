import type {ExecutionContext} from 'ava';
import type {RegtestNode} from '../../../src/chain/bitcoind/regtest/index.js';
import {mine} from '../../support/regtest.js';
import {type ChainOfLog, chainOfLog} from './chain-of-log.js';
import {loggedEvents, readStored} from './stored.js';
import {TowerProcess} from './tower-process.js';

/** Pays to another script than blocks usually do here, so that a branch has other blocks at the same heights. */
export const otherScript = 'raw(52)';

/** Starts the daemon on a node, with the shortest pause between two polls that there is. */
export function towerOn(
  t: ExecutionContext,
  node: RegtestNode,
  dataDir: string,
  {args = [], zmqPort = new URL(node.zmqEndpoint).port}: {args?: readonly string[]; zmqPort?: string} = {},
): TowerProcess {
  return new TowerProcess(t, dataDir, [
    ...['--chain', 'bitcoind', '--btc-rpc-url', node.rpcUrl, '--btc-rpc-cookie', node.cookiePath],
    ...['--btc-feed-port', zmqPort, '--polling-delta', '1'],
    ...args,
  ]);
}

/** Replaces the last `depth` blocks of the node by `depth + 1` others. Answers the new ones. */
export async function reorganise(node: RegtestNode, depth: number): Promise<string[]> {
  const height = await node.rpc<number>('getblockcount');
  await node.rpc('invalidateblock', await node.rpc('getblockhash', height - depth + 1));
  return mine(node, depth + 1, otherScript);
}

/**
 * One block more; the tower reaches it and is stopped. Its log proves that it is on the node's chain at every height
 * since its start, and that it connected each exactly once, net of disconnects.
 */
export async function endsAtTheTip(t: ExecutionContext, tower: TowerProcess, node: RegtestNode): Promise<ChainOfLog> {
  const [tip] = await mine(node, 1);
  await tower.reaches(tip!);
  t.like(await tower.admin.verify(), {problemCount: 0});
  t.is((await tower.signal('SIGTERM')).status, 0);
  const chain = chainOfLog(await readStored(tower.dataDir, loggedEvents));
  t.is(chain.hashes.get(chain.tip), tip);
  t.is(chain.hashes.size, chain.tip - Math.min(...chain.hashes.keys()) + 1);
  for (const [height, hash] of chain.hashes) t.is(await node.rpc('getblockhash', height), hash);
  return chain;
}
