import {assert} from '../../errors/index.js';
import {type Change, type Changes, guardedStore, type KeyValueStore, layout, type Row} from '../../store/index.js';

/** Previous values that are read at once. */
const readAtOnce = 10_000;
/** Previous values that are kept: some hundred bytes each, so about a GiB. Beyond, the oldest go. */
export const maxJournalRows = 5_000_000;

interface Commit {
  /** What each row was before; null where there was none. */
  readonly before: readonly Change[];
  /** Height of the tip that the commit has written, if it has written one. */
  readonly height: number | undefined;
}

/** Commits that a journal can still take back. */
export interface JournalPast {
  readonly commits: readonly Commit[];
  readonly forgotten: number;
}

/** Stands next to the rows of a tower and keeps what each commit changes, so that commits can be taken back. */
export class RowJournal {
  #commits: Commit[] = [];
  #forgotten = 0;
  #rows = 0;
  readonly #maxRows: number;

  constructor({maxRows = maxJournalRows} = {}) {
    this.#maxRows = maxRows;
  }

  guard(rows: KeyValueStore): KeyValueStore {
    return guardedStore(rows, (...writing) => this.#write(...writing));
  }

  past(): JournalPast {
    return {commits: [...this.#commits], forgotten: this.#forgotten};
  }

  /** Goes on after the commits of another, whose rows it is given. @default none */
  resume({commits, forgotten}: JournalPast = {commits: [], forgotten: 0}): void {
    this.#commits = [...commits];
    this.#forgotten = forgotten;
    this.#rows = sizeOf(commits);
  }

  /** Commits so far: what `goBack` is given. */
  get position(): number {
    return this.#forgotten + this.#commits.length;
  }

  /** The first position that it can go back to. */
  get first(): number {
    return this.#forgotten;
  }

  /** The last position from..to, both included, before which the tip was written at a height up to this one. */
  positionAt(height: number, {from, to}: {readonly from: number; readonly to: number}): number {
    for (let position = to; position > from; position--) {
      const commit = this.#commits[position - 1 - this.#forgotten];
      if (commit?.height !== undefined && commit.height <= height) return position;
    }
    return from;
  }

  /** Gives the rows, which no tower has open, the values that they had at a position. */
  async goBack(rows: KeyValueStore, position: number): Promise<void> {
    assert(position >= this.#forgotten && position <= this.position, `nothing is remembered of commit ${position}`);
    const undone = this.#commits.slice(position - this.#forgotten);
    const values = new Map<string, Uint8Array | null>();
    for (const {before} of undone.reverse()) for (const [key, value] of before) values.set(key, value);
    await rows.write(values);
    this.#commits.length -= undone.length;
    this.#rows -= sizeOf(undone);
  }

  forgetBefore(position: number): void {
    if (position <= this.#forgotten) return;
    this.#rows -= sizeOf(this.#commits.splice(0, position - this.#forgotten));
    this.#forgotten = position;
  }

  async #write(rows: KeyValueStore, changes: Changes): Promise<void> {
    const all = await gathered(changes);
    const before: Change[] = [];
    for (let at = 0; at < all.length; at += readAtOnce) {
      const keys = all.slice(at, at + readAtOnce).map(([key]) => key);
      const values = await rows.getMany(keys);
      keys.forEach((key, i) => before.push([key, values[i] ?? null]));
    }
    await rows.write(all);
    this.#commits.push({before, height: heightIn(all)});
    this.#rows += before.length;
    while (this.#rows > this.#maxRows && this.#commits.length > 1) this.forgetBefore(this.#forgotten + 1);
  }
}

async function gathered(changes: Changes): Promise<Change[]> {
  if (!(Symbol.asyncIterator in changes)) return [...changes];
  const all: Change[] = [];
  for await (const change of changes) all.push(change);
  return all;
}

const sizeOf = (commits: readonly Commit[]): number => commits.reduce((sum, {before}) => sum + before.length, 0);

function heightIn(changes: readonly Change[]): number | undefined {
  const tipKey = layout.metaKey('tip');
  const tip = changes.find((change): change is Row => change[0] === tipKey && change[1] !== null);
  return tip && (JSON.parse(Buffer.from(tip[1]).toString()) as {height: number}).height;
}
