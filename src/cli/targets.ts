import {access, constants, realpath} from 'node:fs/promises';
import {basename, dirname, join, sep} from 'node:path';
import {OperationalError} from '../errors/index.js';

/** Why a file must not take the place of what is there. */
export interface Obstacle {
  readonly code: 'TOWER_FILE_FAILED' | 'TOWER_USAGE';
  /** A clause after the path. */
  readonly why: string;
}

/** A file that a command is to write in the end. */
export interface Target {
  readonly path: string;
  /** What asks for it. */
  readonly by: string;
  readonly kind: 'world' | 'page' | 'picture';
  /** Its folder is made if it is missing. */
  readonly makesFolder: boolean;
  obstacle(): Promise<Obstacle | undefined>;
}

/**
 * Finds, before anything is done, which files could not be written in the end, and what would be lost.
 * @throws OperationalError TOWER_USAGE, TOWER_FILE_FAILED
 */
export async function requireTargets(targets: readonly Target[]): Promise<void> {
  const before = new Map<string, Target>();
  for (const target of targets) {
    const {path, by, kind} = target;
    const place = await placeOf(path);
    const other = before.get(place);
    if (other) {
      const what = other.kind === kind ? `the ${kind} ${path}` : path;
      throw new OperationalError('TOWER_USAGE', `${other.by} and ${by} both write ${what}`);
    }
    before.set(place, target);
    await requireFolder(dirname(path), target);
    const obstacle = await target.obstacle();
    if (obstacle) throw new OperationalError(obstacle.code, `${by}: ${path} ${obstacle.why}`, {exit: 2});
  }
}

/** One name for a file, whatever links lead to its folder. */
async function placeOf(path: string): Promise<string> {
  const folder = dirname(path);
  return join(await realpath(folder).catch(() => folder), basename(path));
}

async function requireFolder(folder: string, target: Target): Promise<void> {
  try {
    await access(`${folder}${sep}.`, constants.W_OK);
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    if (target.makesFolder && isMissing && dirname(folder) !== folder) return requireFolder(dirname(folder), target);
    throw new OperationalError('TOWER_FILE_FAILED', `${target.by}: nothing can be written to ${folder}`, {
      cause,
      exit: 2,
    });
  }
}
