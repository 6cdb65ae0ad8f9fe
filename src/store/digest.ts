import {createHash} from 'node:crypto';
import type {KeyValueReader} from './key-value-store.js';
import {stateTables, tableRange} from './layout.js';
import {pagesOf} from './pages.js';

/**
 * SHA-256 over every state row, in key order: key length (u32 big-endian), key, value length (u32), value.
 * Same events, same digest, on any machine and any chain source.
 */
export async function digestOf(
  rows: KeyValueReader,
  onRows: (rows: number) => void = () => undefined,
): Promise<string> {
  const hash = createHash('sha256');
  let count = 0;
  for (const table of stateTables) {
    for await (const page of pagesOf(rows, tableRange(table))) {
      const parts: Uint8Array[] = [];
      for (const [key, value] of page) parts.push(framed(Buffer.from(key, 'latin1')), framed(value));
      hash.update(Buffer.concat(parts));
      onRows((count += page.length));
    }
  }
  return hash.digest('hex');
}

export function framed(bytes: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(4 + bytes.length);
  out.writeUInt32BE(bytes.length, 0);
  out.set(bytes, 4);
  return out;
}
