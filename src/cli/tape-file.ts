import {createReadStream} from 'node:fs';
import {open} from 'node:fs/promises';
import {BartizanError, OperationalError} from '../errors/index.js';
import {isTape, Tape} from '../sim/tape/tape-reader.js';

const unreadable = (path: string, cause: unknown): OperationalError =>
  new OperationalError('TOWER_FILE_FAILED', `${path} cannot be read`, {cause});

/** Whether a file begins as a tape does. @throws OperationalError TOWER_FILE_FAILED */
export async function isTapeFile(path: string): Promise<boolean> {
  try {
    const file = await open(path);
    try {
      const {buffer, bytesRead} = await file.read(Buffer.alloc(32), 0, 32, 0);
      return isTape(buffer.subarray(0, bytesRead));
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/**
 * Reads a tape to its end, so that what is damaged is refused before anything is made of it.
 * @throws OperationalError TOWER_FILE_FAILED, TOWER_INVALID_TAPE, TOWER_TAPE_TOO_NEW
 */
export async function openTape(path: string): Promise<Tape> {
  try {
    return await Tape.open(() => createReadStream(path));
  } catch (error) {
    throw withPath(path, error);
  }
}

/** Says which file it is. */
export function withPath(path: string, error: unknown): unknown {
  if (error instanceof OperationalError && error.code.includes('TAPE')) {
    return new OperationalError(error.code, `${path}: ${error.message}`, {facts: error.facts});
  }
  return error instanceof BartizanError ? error : unreadable(path, error);
}
