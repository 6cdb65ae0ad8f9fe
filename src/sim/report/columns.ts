import {assert} from '../../errors/index.js';
import type {StoryColumn} from './story.js';

/** Blocks of one column that are drawn apart; longer runs show their first and last. */
export const blocksApart = 6;
/** Deeper than any reorg that a tower undoes. */
const keptHashes = 256;

/** A column while the story goes on: a later reorg may cut it in two. */
export interface Column {
  readonly type: 'blocks' | 'undo';
  from: number;
  to: number;
  readonly hashes: Map<number, string>;
  slots: number;
  parent: Column | undefined;
  /** Its blocks are left at once. */
  isJump?: true;
  /** The column that disconnects its blocks. */
  undoneBy: Column | undefined;
}

/** Where a step stands. */
export interface Place {
  readonly column: Column;
  readonly slot: number;
}

/** Lays what a tower goes through side by side. Blocks that leave the chain stay where they were. */
export class Columns {
  readonly #columns: Column[] = [];
  /** Columns of the best chain, lowest first. */
  readonly #chain: Column[] = [];
  readonly #recent = new Map<number, string>();
  /** Of the present column: the last place of each row. */
  #places = new Map<string, number>();

  /** @param hashes of the last blocks up to that height, as far as they are known: a reorg may go back to them */
  start(height: number, hashes: readonly string[]): void {
    this.#open('blocks', 0, height);
    for (const [i, hash] of hashes.entries()) this.#recent.set(height - hashes.length + 1 + i, hash);
    this.#last.hashes.set(height, hashes.at(-1)!);
  }

  /** @param continues the block shares the column of the one before it: nothing is told of either */
  connect(height: number, hash: string, continues: boolean): void {
    if (continues) this.#last.to = height;
    else this.#open('blocks', height, height);
    const {from, hashes} = this.#last;
    hashes.set(height, hash);
    if (height - 1 >= from + blocksApart) hashes.delete(height - 1);
    this.#recent.set(height, hash);
    this.#recent.delete(height - keptHashes);
  }

  disconnect(height: number, hash: string): void {
    const present = this.#columns.at(-1);
    if (present?.type === 'undo' && present.from === height + 1) present.from = height;
    else this.#open('undo', height, height);
    const undo = this.#last;
    const top = this.#chain.at(-1);
    assert(top && top.to >= height, `block ${height} is disconnected, but the chain ends at ${top?.to}`);
    if (top.undoneBy !== undo) {
      assert(top.to === height, `block ${height} is disconnected before block ${top.to}`);
      top.undoneBy = undo;
    }
    top.hashes.set(height, hash);
    if (top.from === height) {
      this.#chain.pop();
      this.#shorten(top);
    }
    this.#recent.delete(height);
  }

  /**
   * Another chain takes the place of this one, without its blocks being connected.
   * @param depth blocks of this one that are not on it; null when nobody knows, and it is drawn as if it were all
   * @param chain hashes of the other chain by height, as far as they are known
   */
  accept(height: number, hash: string, depth: number | null, chain: readonly string[] = []): void {
    // Of a column whose last blocks have just been disconnected, they are not left a second time.
    this.#settle();
    const tip = this.#chain.at(-1)!.to;
    const fork = depth === null ? -1 : tip - depth;
    if (fork < tip) {
      this.#open('undo', fork + 1, tip);
      this.#last.isJump = true;
      for (let top = this.#chain.at(-1); top && top.to > fork; top = this.#chain.at(-1)) {
        top.undoneBy = this.#last;
        if (top.from <= fork) break;
        this.#chain.pop();
      }
    }
    this.#recent.clear();
    const known = (from: number): [height: number, hash: string][] =>
      Array.from({length: height - from}, (_, i): [number, string] => [from + i, chain[from + i] ?? '']).filter(
        ([, it]) => it !== '',
      );
    for (const [at, it] of known(Math.max(0, height - keptHashes + 1))) this.#recent.set(at, it);
    this.#recent.set(height, hash);
    if (height <= fork) return;
    this.#open('blocks', fork + 1, height);
    this.#last.hashes.set(height, hash);
    for (const [at, it] of known(fork + 1)) this.#last.hashes.set(at, it);
    this.#shorten(this.#last);
  }

  /** The place of something that happens to these rows now: behind all that has happened to them in this column. */
  place(rows: Iterable<string>, slotsBefore: number): Place {
    const column = this.#last;
    let slot = Math.max(column.slots, slotsBefore);
    for (const row of rows) slot = Math.max(slot, (this.#places.get(row) ?? -1) + 1);
    for (const row of rows) this.#places.set(row, slot);
    column.slots = slot;
    return {column, slot};
  }

  /** What comes next has a place of its own. */
  leaveSpace(): void {
    this.#last.slots++;
  }

  /** The chain is where it will stay: columns of which a part was disconnected are cut there. */
  #settle(): void {
    const undo = this.#columns.at(-1);
    const top = this.#chain.at(-1);
    if (undo?.type !== 'undo' || top?.undoneBy !== undo) return;
    const fork = undo.from - 1;
    const below: Column = {
      type: 'blocks',
      from: top.from,
      to: fork,
      hashes: new Map([...top.hashes].filter(([height]) => height <= fork)),
      slots: 0,
      parent: top.parent,
      undoneBy: undefined,
    };
    for (let height = Math.max(below.from, fork - blocksApart); height <= fork; height++) {
      const hash = this.#recent.get(height);
      if (hash !== undefined) below.hashes.set(height, hash);
    }
    this.#shorten(below);
    for (const height of [...top.hashes.keys()]) if (height <= fork) top.hashes.delete(height);
    top.from = fork + 1;
    top.parent = below;
    this.#shorten(top);
    this.#columns.splice(this.#columns.indexOf(top), 0, below);
    this.#chain[this.#chain.length - 1] = below;
  }

  finish(): {readonly columns: StoryColumn[]; readonly indexOf: (column: Column) => number} {
    this.#settle();
    const index = new Map(this.#columns.map((column, i) => [column, i]));
    const indexOf = (column: Column) => index.get(column)!;
    const lanes = lanesOf(this.#columns, indexOf);
    const columns = this.#columns.map((column): StoryColumn => {
      this.#shorten(column);
      const {type, from, to, hashes, slots, parent, undoneBy, isJump} = column;
      const lane = lanes.get(undoneBy ?? column) ?? 0;
      const sorted = [...hashes].sort(([a], [b]) => a - b);
      return {
        type,
        from,
        to,
        hashes: Object.fromEntries(sorted),
        slots,
        lane,
        ...(isJump ? {isJump} : {}),
        parent: parent && indexOf(parent),
      };
    });
    return {columns, indexOf};
  }

  /** Forgets the hashes of blocks that are not drawn apart. */
  #shorten({from, to, hashes}: Column): void {
    if (to - from < blocksApart) return;
    for (const height of [...hashes.keys()]) if (height !== from && height !== to) hashes.delete(height);
  }

  #open(type: Column['type'], from: number, to: number): void {
    if (type === 'blocks') this.#settle();
    const parent = type === 'blocks' ? this.#chain.at(-1) : undefined;
    const column: Column = {type, from, to, hashes: new Map(), slots: 0, parent, undoneBy: undefined};
    this.#columns.push(column);
    if (type === 'blocks') this.#chain.push(column);
    this.#places = new Map();
  }

  get #last(): Column {
    const last = this.#columns.at(-1);
    assert(last, 'the tower has started');
    return last;
  }
}

/**
 * The lane of each branch that was left, by the column that disconnects it. What a reorg disconnects lies between its
 * fork point and itself, so branches lie inside one another or apart; an inner one hangs a lane lower.
 */
function lanesOf(columns: readonly Column[], indexOf: (column: Column) => number): Map<Column, number> {
  const starts = new Map<Column, number>();
  for (const [i, {undoneBy}] of columns.entries()) if (undoneBy && !starts.has(undoneBy)) starts.set(undoneBy, i);
  const lanes = new Map<Column, number>();
  const around: Column[] = [];
  for (const undo of [...starts.keys()].sort((a, b) => indexOf(b) - indexOf(a))) {
    while (around.length > 0 && starts.get(around.at(-1)!)! > indexOf(undo)) around.pop();
    around.push(undo);
    lanes.set(undo, around.length);
  }
  return lanes;
}
