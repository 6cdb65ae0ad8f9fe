import type {SimulatedChain} from '../../chain/index.js';
import {OperationalError} from '../../errors/index.js';
import type {KeyValueStore} from '../../store/index.js';
import {History} from './history.js';
import type {RowGuard} from './kill-switch.js';
import type {Memory} from './memory.js';
import {RowJournal} from './row-journal.js';
import type {TowerHost} from './tower-host.js';
import {copyOf, replaceRows, type WorldState} from './world-state.js';

export interface TimeMachineParts {
  readonly chain: SimulatedChain;
  readonly memory: Memory;
  /** Blocks for which it remembers what was; 0 for none. */
  readonly maxBlocks: number;
  readonly host: () => TowerHost;
  /** Blocks mined so far. */
  readonly mined: () => number;
}

/** Takes a world elsewhere in time: chain, rows and memory together, and the tower with them. */
export class TimeMachine {
  /** Stands next to the rows, where there is anything to remember. */
  readonly guards: readonly RowGuard[];
  readonly #parts: TimeMachineParts;
  readonly #journal = new RowJournal();
  readonly #history: History | undefined;
  #isUnderWay = false;

  constructor(parts: TimeMachineParts) {
    const {memory, maxBlocks} = parts;
    this.#parts = parts;
    this.#history = maxBlocks > 0 ? new History({journal: this.#journal, memory, maxBlocks}) : undefined;
    this.guards = this.#history ? [{guard: (rows) => this.#journal.guard(rows)}] : [];
  }

  /** Whether what happens is on the way there, and has been told before. */
  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /** To be told before each move of the chain; `mines`: blocks then come one on the other, on the tip. */
  note({mines}: {readonly mines: boolean}): void {
    const {tip, size: arrivals, invalid} = this.#parts.chain;
    const {toldEvents} = this.#parts.host();
    this.#history?.note({height: tip.height, arrivals, invalid, toldEvents, mined: this.#parts.mined(), mines});
  }

  /** All that the world is now, told to the last event. */
  async state(): Promise<WorldState> {
    const {chain, memory} = this.#parts;
    const host = this.#parts.host();
    await host.tell();
    return {
      height: chain.tip.height,
      chain: chain.contents(),
      rows: await copyOf(host.rows),
      memory: memory.contents(),
      toldEvents: host.toldEvents,
      past: this.#history && {history: this.#history.past(), memory: memory.past()},
    };
  }

  /** Makes the world what it, or another of the same seed, was; the tower is started there. */
  enter({chain, rows, memory, toldEvents, past}: WorldState): Promise<void> {
    return this.#travel(async (own) => {
      await replaceRows(own, rows);
      this.#parts.chain.become(chain);
      this.#parts.memory.become(memory, past?.memory);
      this.#history?.resume(past?.history);
    }, toldEvents);
  }

  /**
   * Makes the world what it was when its chain last had a height below that of its tip.
   * @throws OperationalError TOWER_NOT_REMEMBERED; Rejection TOWER_INVALID_PARAMETER
   */
  rollBack(height: number): Promise<void> {
    const {chain, memory} = this.#parts;
    const history = this.#history;
    if (!history) throw new OperationalError('TOWER_NOT_REMEMBERED', 'the simulation was told to remember nothing');
    const past = history.find(height, chain.tip.height);
    return this.#travel(async (rows) => {
      await this.#journal.goBack(rows, past.rows);
      chain.goBack(past.arrivals, past.invalid);
      memory.goBack(past.memory);
      history.goBack(past);
    }, past.toldEvents);
  }

  async #travel(change: (rows: KeyValueStore) => Promise<void>, toldEvents: number): Promise<void> {
    this.#isUnderWay = true;
    try {
      await this.#parts.host().travel(change, toldEvents);
    } finally {
      this.#isUnderWay = false;
    }
  }
}
