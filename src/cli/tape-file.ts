import {createReadStream} from 'node:fs';
import {open} from 'node:fs/promises';
import {BartizanError, OperationalError, unreadableFile} from '../errors/index.js';
import {isTape, Tape} from '../sim/tape/tape-reader.js';

/** Bytes in which the beginning of a tape or of a recorded chain shows. */
const beginningBytes = 4_096;

/**
 * What a file begins as.
 * @throws OperationalError TOWER_FILE_FAILED; TOWER_INVALID_TAPE when it is neither
 */
export async function kindOfRecording(path: string): Promise<'tape' | 'chain'> {
  const first = await firstBytes(path);
  if (isTape(first)) return 'tape';
  if (beginsAsChain(first)) return 'chain';
  const what = first.length === 0 ? 'is empty: it is neither' : 'is neither';
  throw new OperationalError('TOWER_INVALID_TAPE', `${path} ${what} a tape nor a recorded chain`, {
    hint: 'Make a tape with `bartizan tape`, or record a chain with `bartizan record`.',
  });
}

/** A recorded chain begins with a comment or with hex; where it goes wrong after that is told with the line. */
function beginsAsChain(first: Buffer): boolean {
  const lines = first.toString('latin1').split('\n');
  const written = lines.map((line) => line.trim()).filter((line) => line !== '');
  const block = written.find((line) => !line.startsWith('#'));
  return written.length > 0 && (block === undefined || /^[0-9a-f]{4}\S*$/i.test(block));
}

async function firstBytes(path: string): Promise<Buffer> {
  try {
    const file = await open(path);
    try {
      const {buffer, bytesRead} = await file.read(Buffer.alloc(beginningBytes), 0, beginningBytes, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw unreadableFile(path, cause);
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
  return error instanceof BartizanError ? error : unreadableFile(path, error);
}
