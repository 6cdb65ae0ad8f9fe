import {access, constants} from 'node:fs/promises';
import {dirname, resolve} from 'node:path';
import {OperationalError} from '../errors/index.js';
import type {Scenario} from '../sim/scenario/scenario.js';
import {isNoFile, whyNoWorld} from '../sim/world-file/writer.js';

interface Script {
  readonly file: string;
  readonly scenario: Scenario;
}

interface Export {
  readonly path: string;
  /** What asks for it. */
  readonly by: string;
}

/**
 * Finds, before anything is played, which worlds could not be written in the end, and which would be lost.
 * @param target what `--export` is given
 * @throws OperationalError TOWER_USAGE, TOWER_FILE_FAILED
 */
export async function requireExportable(
  scripts: readonly Script[],
  {target, workingDirectory}: {readonly target: string | undefined; readonly workingDirectory: string},
): Promise<void> {
  if (target !== undefined && scripts.length > 1) {
    throw usage('--export takes the world of one story, and several files are given');
  }
  const exports = [
    ...(target === undefined ? [] : [{path: resolve(workingDirectory, target), by: '--export'}]),
    ...scripts.flatMap(({file, scenario}) => exportsOf(scenario, file)),
  ];
  for (const [i, {path, by}] of exports.entries()) {
    const other = exports.slice(0, i).find((before) => before.path === path);
    if (other) throw usage(`${other.by} and ${by} both write the world ${path}`);
    const reader = scripts.find(({scenario}) => scenario.from === path);
    if (reader && (by !== '--export' || scripts.length > 1)) {
      throw usage(`${reader.file} begins in a world that ${by} writes: play them one after the other`);
    }
    await requireWritable(path, by);
  }
}

const exportsOf = ({steps}: Scenario, by: string): Export[] =>
  steps.flatMap((step) => (step.type === 'export' ? [{path: resolve(step.path ?? step.file), by}] : []));

async function requireWritable(path: string, by: string): Promise<void> {
  try {
    await access(dirname(path), constants.W_OK);
  } catch (cause) {
    throw new OperationalError('TOWER_FILE_FAILED', `${by}: nothing can be written to ${dirname(path)}`, {cause});
  }
  const why = await whyNoWorld(path);
  if (why === undefined) return;
  throw new OperationalError(why === isNoFile ? 'TOWER_FILE_FAILED' : 'TOWER_USAGE', `${by}: ${path} ${why}`);
}

const usage = (message: string): OperationalError => new OperationalError('TOWER_USAGE', message);
