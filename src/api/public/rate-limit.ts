interface RateLimitOptions {
  readonly perSecond: number;
  /** How many may come at once after a pause. */
  readonly burst: number;
  readonly nowMs: () => number;
}

/** Whoever has not been heard of longest is forgotten first: he has probably earned a whole burst again. */
const maxKnown = 20_000;

/** How often each of many may ask. One number is kept for each: when what he has asked will have been paid for. */
export class RateLimit {
  readonly #intervalMs: number;
  readonly #allowanceMs: number;
  readonly #nowMs: () => number;
  readonly #paidAtMs = new Map<string, number>();

  constructor({perSecond, burst, nowMs}: RateLimitOptions) {
    this.#intervalMs = 1000 / perSecond;
    this.#allowanceMs = (burst - 1) * this.#intervalMs;
    this.#nowMs = nowMs;
  }

  /**
   * Milliseconds to wait before this request is within the limit. It counts unless that is longer than `maxWaitMs`.
   */
  take(who: string, maxWaitMs = 0): number {
    const now = this.#nowMs();
    const paidAt = Math.max(this.#paidAtMs.get(who) ?? now, now);
    const waitMs = Math.max(paidAt - this.#allowanceMs - now, 0);
    if (waitMs > maxWaitMs) return waitMs;
    // In order of use, the first is the one to forget.
    this.#paidAtMs.delete(who);
    this.#paidAtMs.set(who, paidAt + this.#intervalMs);
    if (this.#paidAtMs.size > maxKnown) this.#paidAtMs.delete(this.#paidAtMs.keys().next().value!);
    return waitMs;
  }
}
