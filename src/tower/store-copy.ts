import type {Network} from '../chain/network.js';
import {BartizanError, OperationalError} from '../errors/index.js';
import {NoTip} from '../gatekeeper/rejections.js';
import {type Contents, copyRows} from '../store/copy.js';
import type {Changes, KeyValueStore} from '../store/key-value-store.js';
import {LevelStore} from '../store/level-store.js';
import {readMeta} from '../store/meta.js';
import {schemaOf} from '../store/schema.js';

/** A copy of a store, and what it is a copy of. */
export interface StoreCopy extends Contents {
  readonly schema: number;
  readonly network: Network;
  readonly genesis: string;
  readonly tip: {readonly height: number; readonly hash: string};
}

/** How far a copy is. */
export interface CopyProgress {
  readonly rows: number;
  /** Of keys and values. */
  readonly bytes: number;
}

/**
 * Copies a store as it stands now into a folder, whatever is written meanwhile. Nothing waits for it.
 *
 * @param tell told now and then; whoever throws ends it
 * @throws Rejection TOWER_NO_TIP; OperationalError TOWER_FOLDER_NOT_EMPTY, TOWER_STORE_*, TOWER_FILE_FAILED
 */
export async function copyStore(
  store: Pick<KeyValueStore, 'snapshot'>,
  path: string,
  tell: (progress: CopyProgress) => void,
): Promise<StoreCopy> {
  const snapshot = store.snapshot();
  try {
    const meta = await readMeta(snapshot);
    if (!meta) throw new NoTip();
    const {chain, tip} = meta;
    const schema = await schemaOf(snapshot);
    const copy = await LevelStore.open(path, {fresh: true});
    try {
      const target = {write: (changes: Changes) => written(path, copy.write(changes))};
      const contents = await copyRows(snapshot, target, tell);
      return {...contents, schema, ...chain, tip: {height: tip.height, hash: tip.hash}};
    } finally {
      await copy.close();
    }
  } finally {
    await snapshot.close();
  }
}

/** The disk of the copy may be another one than the store's, and is told apart. */
async function written(path: string, writing: Promise<void>): Promise<void> {
  try {
    await writing;
  } catch (error) {
    const cause = error instanceof BartizanError ? error.cause : error;
    throw new OperationalError('TOWER_FILE_FAILED', `the copy in ${path} cannot be written`, {cause});
  }
}
