/** A few places, and a queue before them. */
export class Slots {
  readonly #limits: {readonly places: number; readonly waiting: number};
  readonly #queue: ((taken: boolean) => void)[] = [];
  #taken = 0;

  constructor(limits: {readonly places: number; readonly waiting: number}) {
    this.#limits = limits;
  }

  get taken(): number {
    return this.#taken;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** Resolves to whether a place was had; not when the queue is full or has been sent away. */
  async take(): Promise<boolean> {
    if (this.#taken < this.#limits.places) {
      this.#taken++;
      return true;
    }
    if (this.#queue.length >= this.#limits.waiting) return false;
    return new Promise((resolve) => this.#queue.push(resolve));
  }

  release(): void {
    const next = this.#queue.shift();
    // The place goes from hand to hand, so that nobody who comes meanwhile finds it free.
    if (next === undefined) this.#taken--;
    else next(true);
  }

  /** All who wait get no place. */
  sendAway(): void {
    for (const next of this.#queue.splice(0)) next(false);
  }
}
