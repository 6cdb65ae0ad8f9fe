import type {Timers} from '../../src/chain/timers.js';

/** Time that passes only when a test says so. */
export class ManualTimers implements Timers {
  #nowMs = 0;
  readonly #pending = new Set<{atMs: number; fire: () => void}>();

  nowMs(): number {
    return this.#nowMs;
  }

  get pending(): number {
    return this.#pending.size;
  }

  after(ms: number, fire: () => void): () => void {
    const timer = {atMs: this.#nowMs + ms, fire};
    this.#pending.add(timer);
    return () => this.#pending.delete(timer);
  }

  /** Lets time pass, firing what falls due in order. */
  pass(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const due = [...this.#pending].filter((timer) => timer.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.#pending.delete(due);
      this.#nowMs = due.atMs;
      due.fire();
    }
    this.#nowMs = untilMs;
  }
}
