import {lstat, mkdir, open, readdir, readFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {OperationalError} from '../../errors/index.js';
import * as durable from '../../files/durable.js';
import {syncPath} from '../../files/durable.js';

const copyBytes = 1024 * 1024;

/** The bytes of a file; undefined when there is none. @throws OperationalError TOWER_FILE_FAILED */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fileFailed(path, 'read', cause);
  }
}

/** Whether anything stands at a path, whatever it is. */
export async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

/** A file has its name once it is whole and on disk. @throws OperationalError TOWER_FILE_FAILED */
export async function writeWhole(path: string, data: Uint8Array | string, mode?: number): Promise<void> {
  await durable.writeWhole(path, data, mode).catch((cause: unknown) => {
    throw fileFailed(path, 'written', cause);
  });
}

/** Sees to it that a folder of files is on disk. @throws OperationalError TOWER_FILE_FAILED */
export async function syncFolder(folder: string): Promise<void> {
  try {
    for (const name of await readdir(folder)) await syncPath(join(folder, name));
    await syncPath(folder);
    await syncPath(dirname(folder));
  } catch (cause) {
    throw fileFailed(folder, 'written', cause);
  }
}

interface CopiedFile {
  readonly name: string;
  readonly bytes: number;
}

/** The plain files in a folder. @throws OperationalError TOWER_FILE_FAILED */
export async function filesIn(folder: string): Promise<CopiedFile[]> {
  try {
    const files: CopiedFile[] = [];
    for (const name of (await readdir(folder)).sort()) {
      const found = await lstat(join(folder, name));
      if (found.isFile()) files.push({name, bytes: found.size});
    }
    return files;
  } catch (cause) {
    throw fileFailed(folder, 'read', cause);
  }
}

/**
 * Copies files into a new folder, on disk once it is done.
 * @param tell the bytes that have been copied so far
 * @throws OperationalError TOWER_FILE_FAILED
 */
export async function copyFiles(
  {from, to, names}: {readonly from: string; readonly to: string; readonly names: readonly string[]},
  tell: (bytes: number) => void,
): Promise<void> {
  let bytes = 0;
  try {
    await mkdir(to, {mode: 0o700});
    for (const name of names) {
      const [source, target] = [await open(join(from, name)), await open(join(to, name), 'wx', 0o600)];
      try {
        const buffer = Buffer.allocUnsafe(copyBytes);
        for (;;) {
          const {bytesRead} = await source.read(buffer, 0, copyBytes);
          if (bytesRead === 0) break;
          await target.writeFile(buffer.subarray(0, bytesRead));
          tell((bytes += bytesRead));
        }
        await target.sync();
      } finally {
        await source.close();
        await target.close();
      }
    }
    await syncPath(to);
    await syncPath(dirname(to));
  } catch (cause) {
    throw fileFailed(to, 'written', cause);
  }
}

export const fileFailed = (path: string, what: 'read' | 'written', cause: unknown): OperationalError =>
  new OperationalError('TOWER_FILE_FAILED', `${path} cannot be ${what}`, {cause});
