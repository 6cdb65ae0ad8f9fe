import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {OperationalError} from '../errors/index.js';
import {makeFolder} from '../files/folder.js';

export const storePathOf = (dataDir: string): string => join(dataDir, 'store');
export const simulatedChainPathOf = (dataDir: string): string => join(dataDir, 'simulated-chain.hex');
export const keyPathOf = (dataDir: string): string => join(dataDir, 'tower.key');

/** Where a restore puts together what it restores. While it is there, so is no tower. */
export const restoringPathOf = (dataDir: string): string => join(dataDir, 'restoring');
/** What makes a folder a backup. */
export const manifestPathOf = (folder: string): string => join(folder, 'backup.json');

/**
 * A restore that was cut off has left no tower, and a backup is none: nobody shall begin one in their place.
 * @throws OperationalError TOWER_RESTORE_INCOMPLETE, TOWER_IS_BACKUP
 */
export function refuseUnfinished(dataDir: string): void {
  if (existsSync(restoringPathOf(dataDir))) {
    throw new OperationalError('TOWER_RESTORE_INCOMPLETE', `a restore into ${dataDir} was cut off, or is under way`);
  }
  if (existsSync(manifestPathOf(dataDir))) {
    throw new OperationalError('TOWER_IS_BACKUP', `${dataDir} is a backup`);
  }
}

/**
 * Makes the data directory and the store's in it, which are nobody's but their owner's. A data directory that was there
 * already stays as open as it is; key, socket and store in it do not depend on that.
 */
export async function makeDataDir(dataDir: string): Promise<void> {
  try {
    await makeFolder(storePathOf(dataDir));
  } catch (cause) {
    throw new OperationalError('TOWER_FILE_FAILED', `the data directory ${dataDir} cannot be made`, {cause});
  }
}

/**
 * A simulated chain and a regtest node share their genesis block, so the store alone would not tell them apart: it would
 * wait for a node that has lost its blocks.
 *
 * @param state `begun`: whether the store has seen a block. A tower that was killed in its first start may have a store
 *   that has not, and no chain.
 * @throws OperationalError TOWER_WRONG_NETWORK
 */
export function refuseOtherChain(dataDir: string, chain: 'simulated' | 'bitcoind', {begun}: {begun: boolean}): void {
  const found = existsSync(simulatedChainPathOf(dataDir)) ? 'simulated' : 'bitcoind';
  if (found === chain || (found === 'bitcoind' && !begun)) return;
  const has = {simulated: 'is on a simulated chain', bitcoind: 'follows a bitcoind'}[found];
  throw new OperationalError('TOWER_WRONG_NETWORK', `the tower in ${dataDir} ${has}`, {
    hint: `Use another --data-dir, or --chain ${found}.`,
  });
}
