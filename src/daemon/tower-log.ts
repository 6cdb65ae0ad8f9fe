import {AdminClient} from '../api/admin/client.js';
import {BartizanError} from '../errors/index.js';
import type {KeyValueReader} from '../store/key-value-store.js';
import {LevelStore} from '../store/level-store.js';
import {Store} from '../store/store.js';
import {type Log, readLogEnd, readLogPage} from '../tower/log.js';
import {storePathOf} from './data-dir.js';

export const logOf = (rows: KeyValueReader): Log => ({
  end: () => readLogEnd(rows),
  page: (options) => readLogPage(rows, options),
});

/**
 * Reads the log of a data directory: from the running tower, or from the store itself when no tower runs.
 * @throws OperationalError TOWER_STORE_*; Rejection TOWER_NO_TIP; whatever `use` throws
 */
export async function withLog<Result>(dataDir: string, use: (log: Log) => Promise<Result>): Promise<Result> {
  const {log} = new AdminClient(dataDir);
  try {
    await log.page({from: Number.MAX_SAFE_INTEGER, limit: 1});
  } catch (error) {
    if (!(error instanceof BartizanError) || error.code !== 'TOWER_NOT_RUNNING') throw error;
    const rows = await LevelStore.open(storePathOf(dataDir), {create: false});
    try {
      await Store.open(rows);
      return await use(logOf(rows));
    } finally {
      await rows.close();
    }
  }
  return use(log);
}
