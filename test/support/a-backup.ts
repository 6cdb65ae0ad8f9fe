import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import {type Backup, makeBackup} from '../../src/daemon/backup/backup.js';
import {readManifest} from '../../src/daemon/backup/manifest.js';
import {type Restored, restoreBackup} from '../../src/daemon/backup/restore.js';
import {aDaemon} from './daemon.js';
import {signedBy} from './deposits.js';
import {locator, publicKey} from './keys.js';
import {tempDir} from './temp-dir.js';

export const now = new Date('2026-01-02T03:04:05Z');
const silently = () => undefined;

/** The data directory of a tower that has lived a little and does not run any more. */
export async function aStoppedTower(t: ExecutionContext): Promise<string> {
  const dataDir = join(tempDir(t), 'tower');
  const daemon = await aDaemon(t, {'--subscription-duration': '10', '--expiry-delta': '2'}, {dataDir});
  const {gatekeeper} = daemon.tower;
  for (const user of [2, 3]) await gatekeeper.addUpdateUser(publicKey(user));
  for (let n = 1; n <= 5; n++) await gatekeeper.addUpdateAppointment(publicKey(2), signedBy(2, {locator: locator(n)}));
  await daemon.mine(9);
  await gatekeeper.addUpdateUser(publicKey(2));
  await daemon.mine(3);
  await daemon.close();
  return dataDir;
}

/** A backup of such a tower. */
export async function aBackup(t: ExecutionContext): Promise<Backup & {dataDir: string; folder: string}> {
  const dataDir = await aStoppedTower(t);
  const folder = join(tempDir(t), 'backup');
  return {dataDir, folder, ...(await makeBackup({dataDir, folder, now, tell: silently}))};
}

/** What `bartizan restore` does with a backup. */
export async function restore(folder: string, dataDir: string): Promise<Restored> {
  return restoreBackup({folder, manifest: await readManifest(folder), dataDir, tell: silently});
}
