import {OperationalError} from '../../errors/index.js';
import type {ChainChoice} from '../simulated-chain.js';
import type {BitcoindRpc} from './transport.js';

/**
 * Tells a bitcoind which blocks are invalid, or no longer, in order; it knows them all.
 * @throws OperationalError TOWER_BITCOIND_*
 */
export async function chooseBlocks(rpc: BitcoindRpc, choices: readonly ChainChoice[]): Promise<void> {
  const calls = choices.map(({type, hash}) => ({method: `${type}block`, params: [hash]}));
  for (const answer of await rpc.batch(calls)) {
    if ('error' in answer) throw new OperationalError('TOWER_BITCOIND_RPC', `bitcoind: ${answer.error.message}`);
  }
}
