import {open} from 'node:fs/promises';
import {resolve} from 'node:path';
import {Rejection, unreadableFile} from '../errors/index.js';
import type {Io} from './io.js';

/**
 * The text of a file, or of stdin for `-`: byte for byte, and no more of an endless one than it may have.
 * @throws OperationalError TOWER_FILE_FAILED; Rejection TOWER_INVALID_INFO when it is too long or not UTF-8
 */
export async function readInfo(path: string, io: Io, maxBytes: number): Promise<string> {
  const bytes = await readSome(path, io, maxBytes + 1);
  if (bytes.length > maxBytes) throw invalid('too_long', `${path} holds more than ${maxBytes} bytes`);
  try {
    return new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes);
  } catch {
    throw invalid('not_well_formed', `${path} is not valid UTF-8`);
  }
}

/** The first bytes of a file, or of stdin for `-`. @throws OperationalError TOWER_FILE_FAILED */
export async function readSome(path: string, io: Io, bytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let read = 0;
  try {
    for await (const chunk of path === '-' ? io.input() : await fileChunks(resolve(io.workingDirectory, path))) {
      chunks.push(chunk);
      read += chunk.length;
      if (read >= bytes) break;
    }
  } catch (cause) {
    throw unreadableFile(path, cause);
  }
  return Buffer.concat(chunks).subarray(0, bytes);
}

async function fileChunks(path: string): Promise<AsyncIterable<Uint8Array>> {
  const file = await open(path);
  return file.createReadStream();
}

const invalid = (reason: string, message: string): Rejection =>
  new Rejection('TOWER_INVALID_INFO', message, {facts: {reason}});
