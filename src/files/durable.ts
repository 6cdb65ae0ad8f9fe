import {open, rename, rm} from 'node:fs/promises';
import {dirname} from 'node:path';

/** Sees to it that a file, or the names in a folder, are on disk. */
export async function syncPath(path: string): Promise<void> {
  const opened = await open(path);
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}

/** Writes a file that has its name once it is whole and on disk, for its owner alone unless a mode is given. */
export async function writeWhole(path: string, data: Uint8Array | string, mode = 0o600): Promise<void> {
  // Two processes that write it at once each have a file of their own until then.
  const unfinished = `${path}.${process.pid}.new`;
  await rm(unfinished, {force: true});
  try {
    const file = await open(unfinished, 'wx', mode);
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, {force: true});
    throw error;
  }
  await syncPath(dirname(path));
}
