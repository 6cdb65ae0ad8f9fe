import {access, constants, open, stat} from 'node:fs/promises';
import {dirname, resolve} from 'node:path';
import {OperationalError} from '../errors/index.js';
import type {Scenario} from '../sim/scenario/scenario.js';

/** With what the file of a world begins, as every gzipped one. */
const gzipMark = Buffer.from([0x1f, 0x8b]);

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
  const there = await stat(path).catch(() => undefined);
  if (!there) return;
  if (!there.isFile()) throw new OperationalError('TOWER_FILE_FAILED', `${by}: ${path} is no file`);
  if (there.size > 0 && !(await isGzipped(path))) {
    throw usage(`${by}: ${path} holds something else than a world, which would be lost; name another file`);
  }
}

async function isGzipped(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const {buffer} = await file.read(Buffer.alloc(gzipMark.length), 0, gzipMark.length, 0);
    return buffer.equals(gzipMark);
  } finally {
    await file.close();
  }
}

const usage = (message: string): OperationalError => new OperationalError('TOWER_USAGE', message);
