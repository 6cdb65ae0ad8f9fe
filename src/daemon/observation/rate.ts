import type {Timers} from '../../chain/timers.js';

const seconds = 5;

/** How often something happens, over the last five seconds. Six numbers, whatever happens. */
export class Rate {
  readonly #timers: Pick<Timers, 'nowMs'>;
  /** How often in each second, by its number. */
  readonly #counts = new Map<number, number>();

  constructor(timers: Pick<Timers, 'nowMs'>) {
    this.#timers = timers;
  }

  count(): void {
    const second = this.#second();
    this.#counts.set(second, (this.#counts.get(second) ?? 0) + 1);
    for (const old of this.#counts.keys()) {
      if (old >= second - seconds) break;
      this.#counts.delete(old);
    }
  }

  /** A second, over the last whole ones. */
  get perSecond(): number {
    const second = this.#second();
    let sum = 0;
    for (const [at, count] of this.#counts) if (at < second && at >= second - seconds) sum += count;
    return sum / seconds;
  }

  #second(): number {
    return Math.floor(this.#timers.nowMs() / 1000);
  }
}
