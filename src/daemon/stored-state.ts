import {BartizanError} from '../errors/index.js';
import {NoTip} from '../gatekeeper/rejections.js';
import {LevelStore} from '../store/level-store.js';
import {Store} from '../store/store.js';
import {storePathOf} from './data-dir.js';

/** A store that no tower has open, and its tip. */
export interface StoredState {
  readonly store: Store;
  readonly tip: {readonly height: number; readonly hash: string};
}

/**
 * Asks the running tower, or the store itself when no tower runs.
 * @throws OperationalError TOWER_STORE_MISSING, TOWER_STORE_*; Rejection TOWER_NO_TIP
 */
export async function askTowerOrStore<Answer>(
  dataDir: string,
  tower: () => Promise<Answer>,
  stored: (state: StoredState) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await tower();
  } catch (error) {
    if (!(error instanceof BartizanError) || error.code !== 'TOWER_NOT_RUNNING') throw error;
  }
  const rows = await LevelStore.open(storePathOf(dataDir), {create: false});
  try {
    const store = await Store.open(rows);
    const tip = store.meta?.tip;
    if (tip === undefined) throw new NoTip();
    return await stored({store, tip: {height: tip.height, hash: tip.hash}});
  } finally {
    await rows.close();
  }
}
