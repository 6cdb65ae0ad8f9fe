import {rmSync} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {OperationalError} from '../errors/index.js';
import {onStopSignal, statusOf} from './signals.js';

/** A temporary folder that goes when it is released, and also when a signal ends the process. */
export interface ScratchFolder {
  readonly path: string;
  /** Calls `end` before the folder goes with a signal: what writes to it must have ended. */
  onStop(end: () => void): void;
  release(): Promise<void>;
}

/** @throws OperationalError TOWER_FILE_FAILED */
export async function makeScratchFolder(): Promise<ScratchFolder> {
  const path = await mkdtemp(join(tmpdir(), 'bartizan-sim-')).catch((cause: unknown) => {
    throw new OperationalError('TOWER_FILE_FAILED', `no temporary folder can be made in ${tmpdir()}`, {cause});
  });
  const ends: (() => void)[] = [];
  const stayOn = onStopSignal((signal) => {
    for (const end of ends) end();
    rmSync(path, {recursive: true, force: true, maxRetries: 5});
    process.exit(statusOf(signal));
  });
  return {
    path,
    onStop: (end) => void ends.push(end),
    async release() {
      stayOn();
      await rm(path, {recursive: true, force: true});
    },
  };
}
