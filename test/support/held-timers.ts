import {systemTimers, type Timers} from '../../src/chain/timers.js';

/** Time that passes as ever, save for delays of one length, which end when a test says so. */
export class HeldTimers implements Timers {
  readonly #heldMs: number;
  readonly #held = new Set<() => void>();

  constructor(heldMs: number) {
    this.#heldMs = heldMs;
  }

  nowMs(): number {
    return systemTimers.nowMs();
  }

  after(ms: number, fire: () => void): () => void {
    if (ms !== this.#heldMs) return systemTimers.after(ms, fire);
    const due = () => fire();
    this.#held.add(due);
    return () => this.#held.delete(due);
  }

  get held(): number {
    return this.#held.size;
  }

  /** Ends the delays that are held now. */
  release(): void {
    const due = [...this.#held];
    this.#held.clear();
    for (const fire of due) fire();
  }
}
