import {mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import {OperationalError} from '../../errors/index.js';

export const storePathOf = (dataDir: string): string => join(dataDir, 'store');
export const keyPathOf = (dataDir: string): string => join(dataDir, 'tower.key');

/** Makes the data directory, which is nobody's but its owner's: it holds the key and the admin socket. */
export async function makeDataDir(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, {recursive: true, mode: 0o700});
  } catch (cause) {
    throw new OperationalError('TOWER_FILE_FAILED', `the data directory ${dataDir} cannot be made`, {cause});
  }
}
