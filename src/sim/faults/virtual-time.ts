import type {Timers} from '../../chain/index.js';
import {assert} from '../../errors/index.js';

interface Timer {
  readonly atMs: number;
  readonly fire: () => void;
}

/** Turns of the event loop after which nothing more happens by itself: whatever is done in memory takes one. */
const quietTurns = 2;
/** Timers that fire while one thing is waited for, at most: far more than any retry needs. */
const maxTimers = 10_000;

/**
 * Time that passes only when nothing else can happen, and then at once: so a pause of a minute costs nothing, and every
 * run sees the same. It takes for granted that nobody waits for anything but memory and its timers.
 */
export class VirtualTime implements Timers {
  #nowMs = 0;
  readonly #timers = new Set<Timer>();

  nowMs(): number {
    return this.#nowMs;
  }

  after(ms: number, fire: () => void): () => void {
    const timer = {atMs: this.#nowMs + ms, fire};
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Lets time pass until the work is done. */
  async drive<Result>(work: Promise<Result>): Promise<Result> {
    let done = false;
    const end = () => {
      done = true;
    };
    work.then(end, end);
    for (let fired = 0; ; fired++) {
      for (let i = 0; i < quietTurns && !done; i++) await turn();
      if (done) return work;
      const next = this.#next();
      assert(next && fired < maxTimers, 'somebody waits for what never comes');
      this.#fire(next);
    }
  }

  /** Lets so much time pass. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      for (let i = 0; i < quietTurns; i++) await turn();
      const next = this.#next();
      if (!next || next.atMs > untilMs) break;
      this.#fire(next);
    }
    this.#nowMs = untilMs;
  }

  /** The first to fall due; of several at once, the one that was set first. */
  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (!next || timer.atMs < next.atMs) next = timer;
    return next;
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer);
    this.#nowMs = Math.max(this.#nowMs, timer.atMs);
    timer.fire();
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
