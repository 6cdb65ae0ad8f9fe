import type {KeyValueReader, Row} from './key-value-store.js';

/** Rows read at once: large enough to be quick, small enough to keep memory and pauses small. */
export const pageRows = 1_000;

/** The keys of a range, page by page. */
export async function* keyPagesOf(
  rows: KeyValueReader,
  {from, to}: {readonly from: string; readonly to: string},
  limit: number = pageRows,
): AsyncGenerator<string[]> {
  for (let next = from; ;) {
    const page = await rows.keys({from: next, to, limit});
    if (page.length > 0) yield page;
    if (page.length < limit) return;
    next = `${page[page.length - 1]!}\0`;
  }
}

/** The rows of a range, page by page. */
export async function* pagesOf(
  rows: KeyValueReader,
  {from, to}: {readonly from: string; readonly to: string},
  limit: number = pageRows,
): AsyncGenerator<Row[]> {
  for (let next = from; ;) {
    const page = await rows.range({from: next, to, limit});
    if (page.length > 0) yield page;
    if (page.length < limit) return;
    next = `${page[page.length - 1]![0]}\0`;
  }
}
