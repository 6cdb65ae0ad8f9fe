import {rmSync} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import {constants, tmpdir} from 'node:os';
import {join} from 'node:path';
import {OperationalError} from '../errors/index.js';
import {stopSignals} from './signals.js';

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
  const handlers = stopSignals.map((signal) => {
    const handler = () => {
      for (const end of ends) end();
      rmSync(path, {recursive: true, force: true, maxRetries: 5});
      // As a shell counts an end by signal.
      process.exit(128 + constants.signals[signal]);
    };
    process.once(signal, handler);
    return () => process.off(signal, handler);
  });
  return {
    path,
    onStop: (end) => void ends.push(end),
    async release() {
      for (const remove of handlers) remove();
      await rm(path, {recursive: true, force: true});
    },
  };
}
