import type {Timers} from '../chain/index.js';

export interface AutoMiningParts {
  readonly everyMs: number;
  readonly timers: Timers;
  readonly mine: () => Promise<void>;
}

/** Blocks that come by themselves, with a pause between. It ends by itself with the first that cannot be mined. */
export class AutoMining {
  readonly #parts: AutoMiningParts;
  #cancel: () => void = () => {};
  #mining: Promise<void> = Promise.resolve();
  #isOver = false;
  #failure: Error | undefined;

  constructor(parts: AutoMiningParts) {
    this.#parts = parts;
    this.#next();
  }

  /** Awaits the block that is under way. @throws what has gone wrong meanwhile */
  async end(): Promise<void> {
    this.#isOver = true;
    this.#cancel();
    await this.#mining;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Ends it from without; whoever calls `end` then hears why. */
  abort(reason: Error): void {
    if (!this.#isOver) this.#failure ??= reason;
    this.#isOver = true;
    this.#cancel();
  }

  #next(): void {
    const {everyMs, timers, mine} = this.#parts;
    this.#cancel = timers.after(everyMs, () => {
      this.#mining = mine().then(
        () => void (this.#isOver || this.#next()),
        (error: unknown) => {
          this.#isOver = true;
          this.#failure ??= error as Error;
        },
      );
    });
  }
}
