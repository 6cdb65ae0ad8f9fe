import {readdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {makeFolder} from '../../files/folder.js';
import {OperationalError} from '../../errors/index.js';
import {writeWhole} from '../../files/durable.js';

/** A tower that has registered the user, or has taken his request to be let in. */
export interface RememberedTower {
  readonly towerId: string;
  readonly url: string;
}

const addressPath = (stateDir: string, towerId: string): string => join(stateDir, towerId, 'address');

/** Notes where a tower was found, so that it need not be named again. @throws OperationalError TOWER_FILE_FAILED */
export async function rememberTower(stateDir: string, {towerId, url}: RememberedTower): Promise<void> {
  const path = addressPath(stateDir, towerId);
  try {
    if ((await readFile(path, 'utf8').catch(() => '')) === `${url}\n`) return;
    await makeFolder(join(stateDir, towerId));
    await writeWhole(path, `${url}\n`);
  } catch (cause) {
    throw new OperationalError('TOWER_FILE_FAILED', `${path} cannot be written`, {cause});
  }
}

/** The towers of a state folder. @throws OperationalError TOWER_FILE_FAILED */
export async function rememberedTowers(stateDir: string): Promise<RememberedTower[]> {
  const towers: RememberedTower[] = [];
  try {
    for (const name of (await readdir(stateDir)).sort()) {
      if (!/^0[23][\da-f]{64}$/.test(name)) continue;
      const url = await readFile(addressPath(stateDir, name), 'utf8').catch(() => undefined);
      if (url !== undefined) towers.push({towerId: name, url: url.trim()});
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new OperationalError('TOWER_FILE_FAILED', `${stateDir} cannot be read`, {cause});
  }
  return towers;
}
