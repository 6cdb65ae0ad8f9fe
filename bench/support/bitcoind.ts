import {BitcoindChain} from '../../src/chain/bitcoind/bitcoind-chain.js';
import {cookieCredentials} from '../../src/chain/bitcoind/credentials.js';
import type {RegtestNode} from '../../src/chain/bitcoind/regtest/index.js';
import {HttpRpc} from '../../src/chain/bitcoind/rpc.js';
import type {Notifications} from '../../src/chain/bitcoind/transport.js';
import {systemTimers} from '../../src/chain/timers.js';

/** Blocks mined by one call: each stays well below the time that a call may take. */
const minedAtOnce = 1_000;

/** Mines to a script that anyone can spend; no wallet is needed. */
export async function mine(node: RegtestNode, blocks: number): Promise<void> {
  for (let left = blocks; left > 0; left -= minedAtOnce) {
    await node.rpc('generatetodescriptor', Math.min(left, minedAtOnce), 'raw(51)');
  }
}

/** A chain source of this node's. Closing it leaves the node alone. */
export function chainOf(node: RegtestNode, notifications?: Notifications): BitcoindChain {
  return new BitcoindChain({
    rpc: new HttpRpc({url: `http://127.0.0.1:${node.rpcPort}`, credentials: cookieCredentials(node.cookiePath)}),
    ...(notifications && {notifications}),
    timers: systemTimers,
  });
}
