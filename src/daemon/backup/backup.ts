import {mkdir, readdir, rm, rmdir} from 'node:fs/promises';
import {join} from 'node:path';
import {AdminClient} from '../../api/admin/client.js';
import {BartizanError, OperationalError} from '../../errors/index.js';
import {type Contents, contentsOf} from '../../store/copy.js';
import {makeFolder} from '../../files/folder.js';
import {LevelStore} from '../../store/level-store.js';
import {readKey} from '../../tower/key-file.js';
import {settingsFileName} from '../../tower/settings.js';
import {copyStore, type CopyProgress, type StoreCopy} from '../../tower/store-copy.js';
import {keyPathOf, manifestPathOf, refuseUnfinished, simulatedChainPathOf, storePathOf} from '../data-dir.js';
import {packageVersion} from '../version.js';
import {fileFailed, readIfThere, syncFolder, writeWhole} from './files.js';
import {
  type FileSum,
  invalidBackup,
  markUnfinished,
  type Manifest,
  requireSum,
  sumOf,
  writeManifest,
} from './manifest.js';
import {refuseNested} from './place.js';

export interface BackupOptions {
  readonly dataDir: string;
  /** Made if it is not there; it must be empty. */
  readonly folder: string;
  readonly now: Date;
  /** Told how far it is: rows are copied first, and then read back, when their number is known. */
  readonly tell: (progress: BackupProgress) => void;
}

export interface BackupProgress extends CopyProgress {
  readonly phase: 'copying' | 'checking';
  /** Rows that there are to check. */
  readonly total?: number;
}

/** What a backup says of itself, but for the form. */
export type Backup = Omit<Manifest, 'format' | 'complete'>;

/**
 * Makes a backup of a tower in a new folder: of one that runs while it goes on, of one that does not from its store. It
 * is read back before it counts; whoever is cut off leaves a folder that says so, whoever fails leaves none.
 *
 * @throws OperationalError TOWER_USAGE (inside of a data directory or a backup), TOWER_FOLDER_NOT_EMPTY, TOWER_FILE_FAILED, TOWER_INVALID_KEY, TOWER_INVALID_BACKUP when it
 * reads back otherwise, TOWER_STORE_*; Rejection TOWER_NO_TIP, TOWER_BACKUP_RUNNING
 */
export async function makeBackup({dataDir, folder, now, tell}: BackupOptions): Promise<Backup> {
  refuseUnfinished(dataDir);
  await refuseNested(folder, dataDir);
  const made = await claim(folder);
  try {
    await markUnfinished(folder);
    const copy = await copyInto(dataDir, folder, (progress) => tell({phase: 'copying', ...progress}));
    const {towerId, files, sums} = await copyOthers(dataDir, folder);
    await requireKeyInUse(dataDir, towerId);
    await check(folder, copy, (progress) => tell({phase: 'checking', ...progress, total: copy.rows}));
    await checkOthers(folder, sums);
    await syncFolder(storePathOf(folder));
    const said: Backup = {
      version: await packageVersion(),
      madeAt: now.toISOString(),
      ...{schema: copy.schema, network: copy.network, genesis: copy.genesis},
      ...{chain: files.includes('simulated-chain.hex') ? 'simulated' : 'bitcoind', towerId, tip: copy.tip},
      ...{digest: copy.digest, rows: copy.rows, bytes: copy.bytes, hash: copy.hash, files, sums},
    };
    await writeManifest(folder, said);
    return said;
  } catch (error) {
    await clear(folder, made);
    throw error;
  }
}

/** Answers whether the folder had to be made. */
async function claim(folder: string): Promise<boolean> {
  try {
    const names = await readdir(folder);
    if (names.length === 0) return false;
    throw new OperationalError('TOWER_FOLDER_NOT_EMPTY', `${folder} is not empty`);
  } catch (cause) {
    if (cause instanceof OperationalError) throw cause;
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw fileFailed(folder, 'written', cause);
  }
  await makeFolder(folder).catch((cause: unknown) => {
    throw fileFailed(folder, 'written', cause);
  });
  return true;
}

async function copyInto(dataDir: string, folder: string, tell: (progress: CopyProgress) => void): Promise<StoreCopy> {
  const path = storePathOf(folder);
  await mkdir(path, {mode: 0o700}).catch((cause: unknown) => {
    throw fileFailed(path, 'written', cause);
  });
  const copy = await unlessStopped(new AdminClient(dataDir).operator.copyStore(path, tell));
  if (copy !== undefined) return copy;
  const store = await LevelStore.open(storePathOf(dataDir), {create: false});
  try {
    return await copyStore(store, path, tell);
  } finally {
    await store.close();
  }
}

interface Others extends Pick<Manifest, 'towerId' | 'files'> {
  readonly sums: FileSum[];
}

/** After the store: a simulated chain that has grown meanwhile holds every block of the copy. */
async function copyOthers(dataDir: string, folder: string): Promise<Others> {
  const sums: FileSum[] = [];
  const copy = async (name: FileSum['name'], data: Uint8Array) => {
    await writeWhole(join(folder, name), data);
    sums.push(sumOf(name, data));
  };
  const chain = await readIfThere(simulatedChainPathOf(dataDir));
  if (chain !== undefined) {
    // The last line may be half written.
    await copy('simulated-chain.hex', chain.subarray(0, chain.lastIndexOf('\n') + 1));
  }
  const settings = await readIfThere(join(dataDir, settingsFileName));
  if (settings !== undefined) await copy(settingsFileName, settings);
  const key = await readKey(keyPathOf(dataDir));
  const text = await readIfThere(keyPathOf(dataDir));
  if (key === undefined || text === undefined) {
    throw new OperationalError('TOWER_INVALID_KEY', `${keyPathOf(dataDir)} is not there`);
  }
  await writeWhole(keyPathOf(folder), text);
  return {towerId: key.publicKey, files: sums.map(({name}) => name), sums};
}

async function checkOthers(folder: string, sums: readonly FileSum[]): Promise<void> {
  for (const sum of sums) requireSum((await readIfThere(join(folder, sum.name))) ?? new Uint8Array(), sum);
}

/** The key of a tower that runs was read when it was started, and the file may be another one by now. */
async function requireKeyInUse(dataDir: string, towerId: string): Promise<void> {
  const status = await unlessStopped(new AdminClient(dataDir).status());
  if (status === undefined || status.towerId === towerId) return;
  throw new OperationalError('TOWER_INVALID_KEY', `${keyPathOf(dataDir)} is not the key of the tower that runs there`);
}

/** Undefined when no tower runs. */
async function unlessStopped<Answer>(asking: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof BartizanError && error.code === 'TOWER_NOT_RUNNING') return undefined;
    throw error;
  }
}

async function check(folder: string, copy: StoreCopy, tell: (progress: CopyProgress) => void): Promise<void> {
  const store = await LevelStore.open(storePathOf(folder), {create: false});
  try {
    requireSame(await contentsOf(store, tell), copy);
  } finally {
    await store.close();
  }
}

/** @throws OperationalError TOWER_INVALID_BACKUP */
export function requireSame(found: Contents, said: Contents): void {
  if (found.rows === said.rows && found.hash === said.hash) return;
  throw invalidBackup(
    `the store in the backup holds ${found.rows} rows that are not the ${said.rows} that were copied`,
    {
      rowsFound: found.rows,
      rowsCopied: said.rows,
    },
  );
}

async function clear(folder: string, made: boolean): Promise<void> {
  const paths = [storePathOf, simulatedChainPathOf, keyPathOf].map((pathOf) => pathOf(folder));
  // The mark goes last: until then the folder says that it is no whole backup.
  for (const path of [...paths, join(folder, settingsFileName), manifestPathOf(folder)]) {
    await rm(path, {recursive: true, force: true}).catch(() => undefined);
  }
  if (made) await rmdir(folder).catch(() => undefined);
}
