import {type FileHandle, open} from 'node:fs/promises';
import {dirname} from 'node:path';
import {syncPath} from '../files/durable.js';

/** A state folder, in it one of a tower, in it one of a key; and what the state folder lies in. */
const levels = 4;

/** Brings the names of a folder's files to the disk, and its own name, wherever it may be new. */
export async function syncFolders(path: string): Promise<void> {
  for (let level = 0, folder = path; level < levels; level++, folder = dirname(folder)) {
    try {
      await syncPath(folder);
    } catch (error) {
      // What we may not look into was not made by us.
      if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    }
  }
}

/** Appends a line by one write, and brings it to the disk. Half a line that a crash has left stays a line of its own. */
export async function appendLine(path: string, line: string): Promise<void> {
  const file = await open(path, 'a+', 0o600);
  try {
    const bytes = Buffer.from(`${(await endsInHalfALine(file)) ? '\n' : ''}${line}\n`);
    const {bytesWritten} = await file.write(bytes);
    if (bytesWritten < bytes.length) throw new Error(`only ${bytesWritten} of ${bytes.length} bytes could be written`);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function endsInHalfALine(file: FileHandle): Promise<boolean> {
  const {size} = await file.stat();
  if (size === 0) return false;
  const {buffer} = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer.toString() !== '\n';
}
