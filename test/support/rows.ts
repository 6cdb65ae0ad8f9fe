import type {KeyValueReader} from '../../src/store/index.js';

/** Every row of a store, as hex by key as hex: what two stores must agree on to be byte-for-byte the same. */
export async function allRows(rows: KeyValueReader): Promise<Record<string, string>> {
  const found = await rows.range({from: '\0', to: '\xff'.repeat(64), limit: Number.POSITIVE_INFINITY});
  return Object.fromEntries(
    found.map(([key, value]) => [Buffer.from(key, 'latin1').toString('hex'), Buffer.from(value).toString('hex')]),
  );
}

export const text = (value: Uint8Array | undefined): string | undefined =>
  value === undefined ? undefined : Buffer.from(value).toString();
