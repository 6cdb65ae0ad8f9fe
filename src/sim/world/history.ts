import {OperationalError, Rejection} from '../../errors/index.js';
import {blocksInWords} from '../timeline/heights.js';
import type {Memory} from './memory.js';
import type {JournalPast, RowJournal} from './row-journal.js';

/** Blocks that are remembered unless told otherwise: a week. */
export const usualRememberedBlocks = 1_008;

/** A world right before its chain moves, with everything settled. */
interface Rest {
  readonly height: number;
  /** Blocks that have arrived, and those called invalid. */
  readonly arrivals: number;
  readonly invalid: readonly string[];
  /** Positions in the journal of the rows and in the memory. */
  readonly rows: number;
  readonly memory: number;
  /** Events of the tower's log that have been told. */
  readonly toldEvents: number;
  /** Blocks mined so far, all together. */
  readonly mined: number;
  /** Whether blocks then came on top of each other, and on top of this one. */
  readonly mines: boolean;
}

/** Where to go back to; the tower then follows the chain from where the rows are. */
export interface Past extends Pick<Rest, 'height' | 'arrivals' | 'invalid' | 'rows' | 'memory' | 'toldEvents'> {
  /** How many of the rests still lie behind it. */
  readonly rests: number;
}

/** What a history remembers, apart from it. */
export interface HistoryPast {
  readonly rests: readonly Rest[];
  readonly journal: JournalPast;
}

/** Remembers where a world has been, so far as its rows and memory can go back. */
export class History {
  readonly #journal: RowJournal;
  readonly #memory: Memory;
  readonly #maxBlocks: number;
  #rests: Rest[] = [];

  constructor(options: {readonly journal: RowJournal; readonly memory: Memory; readonly maxBlocks: number}) {
    this.#journal = options.journal;
    this.#memory = options.memory;
    this.#maxBlocks = options.maxBlocks;
  }

  /** To be told before every move of the chain. */
  note(now: Omit<Rest, 'rows' | 'memory'>): void {
    this.#rests.push({...now, rows: this.#journal.position, memory: this.#memory.position});
    // The move brings a block at least.
    while (this.#rests.length > 1 && now.mined + 1 - this.#rests[1]!.mined >= this.#maxBlocks) this.#rests.shift();
    this.#journal.forgetBefore(this.#rests[0]!.rows);
    this.#memory.forgetBefore(this.#rests[0]!.memory);
  }

  past(): HistoryPast {
    return {rests: [...this.#rests], journal: this.#journal.past()};
  }

  /** Goes on from the past of another. @default none */
  resume(past?: HistoryPast): void {
    this.#rests = [...(past?.rests ?? [])];
    this.#journal.resume(past?.journal);
  }

  /**
   * The last time before now at which the chain had a height below that of its tip.
   * @throws OperationalError TOWER_NOT_REMEMBERED; Rejection TOWER_INVALID_PARAMETER for a height above the tip
   */
  find(height: number, tipHeight: number): Past {
    if (height > tipHeight) {
      throw new Rejection('TOWER_INVALID_PARAMETER', `height ${height} is above the tip, which is at ${tipHeight}`);
    }
    for (let i = this.#rests.length - 1; i >= 0; i--) {
      const rest = this.#rests[i]!;
      const next = this.#rests[i + 1];
      const blocks = height - rest.height;
      if (blocks !== 0 && !(rest.mines && blocks > 0 && height <= (next?.height ?? tipHeight))) continue;
      const to = next?.rows ?? this.#journal.position;
      const rows = blocks === 0 ? rest.rows : this.#journal.positionAt(height, {from: rest.rows, to});
      if (rows < this.#journal.first || rest.memory > this.#memory.position) break;
      return {...rest, height, arrivals: rest.arrivals + blocks, rows, rests: blocks === 0 ? i : i + 1};
    }
    const lowest = this.#rests.length === 0 ? tipHeight : Math.min(...this.#rests.map((rest) => rest.height));
    throw new OperationalError(
      'TOWER_NOT_REMEMBERED',
      `the state at height ${height} is not remembered: the last ${blocksInWords(this.#maxBlocks)} are, from height ${lowest} on`,
      {facts: {height, lowest}},
    );
  }

  /** Forgets what came after a place that was found, once the world is back there. */
  goBack({rests}: Past): void {
    this.#rests.length = rests;
  }
}
