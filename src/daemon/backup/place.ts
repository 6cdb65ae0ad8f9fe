import {existsSync} from 'node:fs';
import {realpath} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {OperationalError} from '../../errors/index.js';
import {manifestPathOf, storePathOf} from '../data-dir.js';

/**
 * A backup inside of what is backed up, or of another backup, goes when that goes, and adds files to it that nobody
 * looks for there.
 * @throws OperationalError TOWER_USAGE
 */
export async function refuseNested(folder: string, dataDir: string): Promise<void> {
  const own = await realPathOf(dataDir);
  const real = await realPathOf(folder);
  for (let above = dirname(real); ; above = dirname(above)) {
    if (existsSync(manifestPathOf(above))) throw nested(folder, 'a backup', above);
    const isDataDir = above === own || existsSync(join(storePathOf(above), 'CURRENT'));
    if (isDataDir) throw nested(folder, 'a data directory', above);
    if (above === dirname(above)) return;
  }
}

const nested = (folder: string, what: string, above: string): OperationalError =>
  new OperationalError('TOWER_USAGE', `${folder} lies in ${what}, ${above}`, {
    hint: 'Name a folder beside it, or better on another disk.',
  });

/** The path without symbolic links, also of what is not there yet. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(await realPathOf(parent), basename(path));
  }
}
