import type {Timers} from '../../chain/timers.js';

/** A change is told of so much later at least, together with what follows it at once. */
const gatherMs = 100;
/** Somebody beyond these is answered at once, and has to ask again. */
const maxWaiting = 32;

/** Lets those who watch wait for the next change, so that they need not ask again and again. */
export class Changes {
  readonly #timers: Timers;
  readonly #waiting = new Set<() => void>();
  #count = 0;
  #gathering: (() => void) | undefined;
  #closed = false;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** How many there have been. */
  get count(): number {
    return this.#count;
  }

  add(): void {
    this.#count++;
    if (this.#waiting.size === 0 || this.#gathering !== undefined) return;
    this.#gathering = this.#timers.after(gatherMs, () => this.#tell());
  }

  /** Resolves when there have been others than `known`, or after `waitMs`. */
  after(known: number, waitMs: number): Promise<void> {
    if (this.#closed || known !== this.#count || this.#waiting.size >= maxWaiting) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        this.#waiting.delete(done);
        resolve();
      };
      const cancel = this.#timers.after(waitMs, done);
      this.#waiting.add(done);
    });
  }

  /** Lets all go, for ever. */
  close(): void {
    this.#closed = true;
    this.#tell();
  }

  #tell(): void {
    this.#gathering?.();
    this.#gathering = undefined;
    for (const done of [...this.#waiting]) done();
  }
}
