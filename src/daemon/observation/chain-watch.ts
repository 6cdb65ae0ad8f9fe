import type {Timers} from '../../chain/timers.js';
import type {TowerEvent} from '../../tower/events.js';

/** When blocks come, and how deep reorgs go. */
export class ChainWatch {
  readonly #timers: Pick<Timers, 'nowMs'>;
  #lastBlockMs: number;
  #disconnecting = false;
  #reorgDepth = 0;

  constructor(timers: Pick<Timers, 'nowMs'>) {
    this.#timers = timers;
    this.#lastBlockMs = timers.nowMs();
  }

  /** Since the last block was processed; before the first, since the start. */
  get lastBlockAgeSeconds(): number {
    return (this.#timers.nowMs() - this.#lastBlockMs) / 1000;
  }

  /** Blocks that the last reorg has disconnected so far. */
  get lastReorgDepth(): number {
    return this.#reorgDepth;
  }

  /** Answers whether a reorg has begun: a block has gone, after one that came. */
  heard({type}: TowerEvent): boolean {
    if (type !== 'block_connected' && type !== 'block_disconnected') return false;
    this.#lastBlockMs = this.#timers.nowMs();
    const begins = type === 'block_disconnected' && !this.#disconnecting;
    this.#disconnecting = type === 'block_disconnected';
    if (begins) this.#reorgDepth = 0;
    if (this.#disconnecting) this.#reorgDepth++;
    return begins;
  }
}
