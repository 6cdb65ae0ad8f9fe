import type {KeyValueReader, Row} from '../../store/key-value-store.js';
import {stateTables, tableRange} from '../../store/layout.js';
import {pagesOf} from '../../store/pages.js';
import {keyInWords, ownerInWords, valueInWords} from './row-in-words.js';

/** A row of state that two runs do not have in common. */
export interface RowDifference {
  /** The key, in hex. */
  readonly key: string;
  /** Whose it is, and what it is about. */
  readonly what: string;
  /** What stands there, by name; undefined where there is no such row. */
  readonly a: unknown;
  readonly b: unknown;
}

/** The first row of state, in order of key, that differs; undefined when all are the same. */
export async function firstRowDifference(a: KeyValueReader, b: KeyValueReader): Promise<RowDifference | undefined> {
  for (const table of stateTables) {
    const [left, right] = [rowsOf(a, tableRange(table)), rowsOf(b, tableRange(table))];
    for (let [one, other] = [await next(left), await next(right)]; one ?? other;) {
      const key = one && other ? (one[0] < other[0] ? one[0] : other[0]) : (one ?? other)![0];
      const [inA, inB] = [one?.[0] === key ? one[1] : undefined, other?.[0] === key ? other[1] : undefined];
      if (!inA || !inB || Buffer.compare(inA, inB) !== 0) return difference({a, b}, key, inA, inB);
      [one, other] = [await next(left), await next(right)];
    }
  }
  return undefined;
}

async function difference(
  {a, b}: {a: KeyValueReader; b: KeyValueReader},
  key: string,
  inA: Uint8Array | undefined,
  inB: Uint8Array | undefined,
): Promise<RowDifference> {
  const owner = await ownerInWords(inA ? a : b, key);
  return {
    key: Buffer.from(key, 'latin1').toString('hex'),
    what: `${keyInWords(key)}${owner}`,
    a: inA && valueInWords(key, inA),
    b: inB && valueInWords(key, inB),
  };
}

async function next(rows: AsyncGenerator<Row>): Promise<Row | undefined> {
  const {value, done} = await rows.next();
  return done ? undefined : (value as Row);
}

async function* rowsOf(rows: KeyValueReader, range: {from: string; to: string}): AsyncGenerator<Row> {
  for await (const page of pagesOf(rows, range)) yield* page;
}
