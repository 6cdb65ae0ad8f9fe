import {existsSync} from 'node:fs';
import {mkdir} from 'node:fs/promises';
import {dirname} from 'node:path';

/**
 * Makes a folder and those that it lies in. Nothing happens if it is there.
 * @param mode of those that are made. @default 0o700: nobody but their owner may look into them
 */
export async function makeFolder(path: string, mode = 0o700): Promise<void> {
  // Node's own `recursive` never ends where a parent folder takes no children, as in /proc.
  if (existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) await makeFolder(parent, mode);
  await mkdir(path, {mode}).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

/** As the user's other folders are. */
export const openFolderMode = 0o777;
