import {readdir, rename, rm, rmdir} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {type ErrorCode, OperationalError} from '../../errors/index.js';
import {syncPath} from '../../files/durable.js';
import {makeFolder} from '../../files/folder.js';
import {contentsOf} from '../../store/copy.js';
import {digestOf} from '../../store/digest.js';
import {schemaVersion} from '../../store/layout.js';
import {LevelStore} from '../../store/level-store.js';
import {Store} from '../../store/store.js';
import {verify} from '../../store/verify.js';
import {readKey} from '../../tower/key-file.js';
import {settingsFileName} from '../../tower/settings.js';
import {keyPathOf, manifestPathOf, restoringPathOf, simulatedChainPathOf, storePathOf} from '../data-dir.js';
import {requireSame} from './backup.js';
import {copyFiles, fileFailed, filesIn, isThere, readIfThere, writeWhole} from './files.js';
import {invalidBackup, type Manifest, requireSum} from './manifest.js';

export interface RestoreOptions {
  /** The backup, and what it says of itself. */
  readonly folder: string;
  readonly manifest: Manifest;
  /** Made if it is not there; it must hold no tower. */
  readonly dataDir: string;
  readonly tell: (progress: RestoreProgress) => void;
}

export type RestoreProgress =
  | {readonly phase: 'copying'; readonly bytes: number; readonly total: number}
  | {readonly phase: 'checking'; readonly rows: number; readonly total: number};

export interface Restored {
  readonly users: number;
  readonly appointments: number;
  /** What deleted users have left in the store, besides. */
  readonly appointmentsOfDeleted: number;
  /** Of the restored store: another one than the backup's if that was of an older schema. */
  readonly digest: string;
}

/** Files of LevelDB that are its own notes, not rows. */
const notes: readonly string[] = ['LOCK', 'LOG', 'LOG.old'];

/**
 * Makes a tower in a data directory out of a backup, which is left as it is. All of it is put together and checked in a
 * folder of its own; whoever is cut off leaves that folder, which no tower starts beside, whoever fails leaves nothing.
 *
 * @throws OperationalError TOWER_FOLDER_NOT_EMPTY, TOWER_INVALID_BACKUP, TOWER_INVALID_KEY, TOWER_FILE_FAILED,
 * TOWER_STORE_*
 */
export async function restoreBackup({folder, manifest, dataDir, tell}: RestoreOptions): Promise<Restored> {
  const restoring = restoringPathOf(dataDir);
  const wasThere = await isThere(dataDir);
  if (await isThere(restoring)) {
    await refuseSecond(restoring);
    await clearRemains(dataDir);
  }
  await refuseTower(dataDir);
  let restored: Restored;
  try {
    await begin(restoring);
    await copyStoreFiles(folder, restoring, tell);
    restored = await blamed(checkStore(restoring, manifest, tell));
    await copyOthers(folder, restoring, manifest);
  } catch (error) {
    await rm(restoring, {recursive: true, force: true}).catch(() => undefined);
    if (!wasThere) await rmdir(dataDir).catch(() => undefined);
    throw error;
  }
  await moveInto(dataDir, manifest);
  return restored;
}

const ownPaths = [storePathOf, keyPathOf, simulatedChainPathOf] as const;

/** What stands beside the folder of a restore is of that restore: nobody makes a tower there. */
async function clearRemains(dataDir: string): Promise<void> {
  for (const pathOf of ownPaths) await rm(pathOf(dataDir), {recursive: true, force: true});
  await rm(restoringPathOf(dataDir), {recursive: true, force: true});
}

async function refuseTower(dataDir: string): Promise<void> {
  for (const pathOf of [...ownPaths, manifestPathOf]) {
    const path = pathOf(dataDir);
    const isEmptyFolder = (await readdir(path).catch(() => undefined))?.length === 0;
    if (isEmptyFolder || !(await isThere(path))) continue;
    throw new OperationalError('TOWER_FOLDER_NOT_EMPTY', `${dataDir} holds something of a tower: ${path}`, {
      hint: 'Use another --data-dir, or move what is there away.',
    });
  }
}

/** Holds the id of the process that restores. */
const processPathOf = (restoring: string): string => join(restoring, 'process');

async function begin(restoring: string): Promise<void> {
  try {
    await makeFolder(restoring);
    await writeWhole(processPathOf(restoring), String(process.pid));
    await syncPath(dirname(restoring));
  } catch (cause) {
    throw fileFailed(restoring, 'written', cause);
  }
}

async function refuseSecond(restoring: string): Promise<void> {
  const pid = Number((await readIfThere(processPathOf(restoring)))?.toString());
  if (!Number.isSafeInteger(pid) || pid < 1 || !isAlive(pid)) return;
  throw new OperationalError('TOWER_RESTORE_INCOMPLETE', `process ${pid} is restoring into ${dirname(restoring)}`, {
    hint: `Wait until it has ended. If that process is another one, remove ${restoring}.`,
  });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function copyStoreFiles(
  folder: string,
  restoring: string,
  tell: (progress: RestoreProgress) => void,
): Promise<void> {
  const from = storePathOf(folder);
  if (!(await isThere(from))) throw invalidBackup(`the backup in ${folder} has no store`);
  const files = (await filesIn(from)).filter(({name}) => !notes.includes(name));
  const total = files.reduce((sum, {bytes}) => sum + bytes, 0);
  const names = files.map(({name}) => name);
  await copyFiles({from, to: storePathOf(restoring), names}, (bytes) => tell({phase: 'copying', bytes, total}));
}

/** The rows are those of the backup, belong to it, and agree with each other. */
async function checkStore(
  restoring: string,
  manifest: Manifest,
  tell: (progress: RestoreProgress) => void,
): Promise<Restored> {
  const rows = await LevelStore.open(storePathOf(restoring), {create: false});
  try {
    const contents = await contentsOf(rows, ({rows}) => tell({phase: 'checking', rows, total: manifest.rows}));
    requireSame(contents, manifest);
    if (manifest.schema === schemaVersion && contents.digest !== manifest.digest) {
      throw invalidBackup(`the digest of the backup is ${contents.digest}, and is said to be ${manifest.digest}`);
    }
    // Migrates the store of an older version.
    const {meta} = await Store.open(rows);
    const {chain, tip} = manifest;
    const isOfBackup = meta?.chain.network === manifest.network && meta.chain.genesis === manifest.genesis;
    if (!isOfBackup || meta.tip.hash !== tip.hash || meta.tip.height !== tip.height) {
      throw invalidBackup(`the store in the backup is not of the tower that it is said to be of (${chain})`);
    }
    const {problemCount, problems, ...found} = await verify(rows);
    if (problemCount > 0) {
      throw invalidBackup(`the rows of the backup do not agree with each other: ${problems[0]}`, {problemCount});
    }
    const isMigrated = manifest.schema < schemaVersion;
    const {users, appointments, appointmentsOfDeleted} = found;
    return {users, appointments, appointmentsOfDeleted, digest: isMigrated ? await digestOf(rows) : contents.digest};
  } finally {
    await rows.close();
  }
}

const damages: readonly ErrorCode[] = ['TOWER_STORE_CORRUPT', 'TOWER_STORE_FAILED', 'TOWER_STORE_MISSING'];

/** A damaged store in the backup is the backup's fault. */
async function blamed(checking: Promise<Restored>): Promise<Restored> {
  try {
    return await checking;
  } catch (cause) {
    if (!(cause instanceof OperationalError) || !damages.includes(cause.code)) throw cause;
    throw new OperationalError('TOWER_INVALID_BACKUP', 'the store in the backup is damaged, or cannot be read', {
      cause,
    });
  }
}

async function copyOthers(folder: string, restoring: string, {towerId, files, sums = []}: Manifest): Promise<void> {
  const key = await readKey(keyPathOf(folder));
  if (key?.publicKey !== towerId) {
    throw invalidBackup(`the backup has ${key === undefined ? 'no key' : 'another key than that of its tower'}`);
  }
  for (const name of ['tower.key', ...files]) {
    const data = await readIfThere(join(folder, name));
    if (data === undefined) throw invalidBackup(`the backup has no ${name}`);
    const sum = sums.find((one) => one.name === name);
    if (sum !== undefined) requireSum(data, sum);
    await writeWhole(join(restoring, name), data);
  }
}

/** The store comes last, and the folder goes: from then on there is a tower. */
async function moveInto(dataDir: string, {files}: Manifest): Promise<void> {
  const restoring = restoringPathOf(dataDir);
  try {
    for (const name of [...files, 'tower.key', 'store']) {
      // Settings that are there already were made for this place.
      if (name === settingsFileName && (await isThere(join(dataDir, name)))) continue;
      await rename(join(restoring, name), join(dataDir, name));
    }
    await syncPath(storePathOf(dataDir));
    await syncPath(dataDir);
    await rm(restoring, {recursive: true});
    await syncPath(dataDir);
  } catch (cause) {
    throw fileFailed(dataDir, 'written', cause);
  }
}
