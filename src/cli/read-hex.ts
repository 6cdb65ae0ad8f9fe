import {OperationalError} from '../errors/index.js';
import type {Io} from './io.js';
import {readSome} from './read-text.js';

/** Twice the largest blob that any tower takes, in hex, with room for line ends. */
const maxHexCharacters = 4 * 1024 * 1024 + 1024;

/**
 * Bytes from the command line: hex as it stands there, or after an @ the name of a file that holds it (@- for stdin).
 * @throws OperationalError TOWER_USAGE, TOWER_FILE_FAILED
 */
export async function readHex(given: string, name: string, io: Io): Promise<Uint8Array> {
  const isFile = given.startsWith('@');
  const bytes = isFile ? await readSome(given.slice(1), io, maxHexCharacters + 1) : undefined;
  const hex = bytes === undefined ? given : Buffer.from(bytes).toString('latin1').trim();
  if (hex.length <= maxHexCharacters && /^([\da-f]{2})*$/i.test(hex)) return Buffer.from(hex, 'hex');
  const where = isFile ? ` (from ${given.slice(1)})` : '';
  throw new OperationalError('TOWER_USAGE', `${name}${where} is not an even number of hex digits`);
}
