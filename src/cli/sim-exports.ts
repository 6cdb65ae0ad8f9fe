import {resolve} from 'node:path';
import {OperationalError} from '../errors/index.js';
import type {Scenario} from '../sim/scenario/scenario.js';
import {isNoFile, whyNoWorld} from '../sim/world-file/writer.js';
import type {Target} from './targets.js';

interface Script {
  readonly file: string;
  readonly scenario: Scenario;
}

/**
 * The worlds that stories and `--export` are to write.
 * @param target what `--export` is given
 * @throws OperationalError TOWER_USAGE where one story would begin in what another writes
 */
export function exportTargets(
  scripts: readonly Script[],
  {target, workingDirectory}: {readonly target: string | undefined; readonly workingDirectory: string},
): Target[] {
  if (target !== undefined && scripts.length > 1) {
    throw usage('--export takes the world of one story, and several files are given');
  }
  const targets = [
    ...(target === undefined ? [] : [worldAt(resolve(workingDirectory, target), '--export')]),
    ...scripts.flatMap(({file, scenario}) => exportsOf(scenario, file)),
  ];
  for (const {path, by} of targets) {
    const reader = scripts.find(({scenario}) => scenario.from === path);
    if (reader && (by !== '--export' || scripts.length > 1)) {
      throw usage(`${reader.file} begins in a world that ${by} writes: play them one after the other`);
    }
  }
  return targets;
}

const exportsOf = ({steps}: Scenario, by: string): Target[] =>
  steps.flatMap((step) => (step.type === 'export' ? [worldAt(resolve(step.path ?? step.file), by)] : []));

const worldAt = (path: string, by: string): Target => ({
  ...{path, by, kind: 'world', makesFolder: false},
  async obstacle() {
    const why = await whyNoWorld(path);
    return why === undefined ? undefined : {code: why === isNoFile ? 'TOWER_FILE_FAILED' : 'TOWER_USAGE', why};
  },
});

const usage = (message: string): OperationalError => new OperationalError('TOWER_USAGE', message);
