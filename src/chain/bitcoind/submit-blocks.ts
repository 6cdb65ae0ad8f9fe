import {OperationalError} from '../../errors/index.js';
import type {BitcoindRpc} from './transport.js';

/** Blocks in one JSON-RPC batch: about a tenth of a second of bitcoind's time where they are empty. */
const batchBlocks = 250;

/** What `submitblock` answers to a block that is in order, but is not the best one, or not new. Source: BIP 22. */
const harmless: readonly unknown[] = [null, 'inconclusive', 'duplicate'];

/**
 * Gives raw blocks to a bitcoind, in order.
 * @throws OperationalError TOWER_BITCOIND_*; TOWER_INVALID_BLOCK with bitcoind's word when it refuses one
 */
export async function submitBlocks(rpc: BitcoindRpc, rawBlocks: readonly Uint8Array[]): Promise<void> {
  for (let from = 0; from < rawBlocks.length; from += batchBlocks) {
    const calls = rawBlocks.slice(from, from + batchBlocks).map((raw) => ({
      method: 'submitblock',
      params: [Buffer.from(raw).toString('hex')],
    }));
    for (const answer of await rpc.batch(calls)) {
      if ('error' in answer) throw new OperationalError('TOWER_INVALID_BLOCK', `bitcoind: ${answer.error.message}`);
      if (harmless.includes(answer.result)) continue;
      throw new OperationalError('TOWER_INVALID_BLOCK', `bitcoind refuses a block: ${String(answer.result)}`);
    }
  }
}
