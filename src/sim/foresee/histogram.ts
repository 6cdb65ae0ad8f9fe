/** Counts of whole numbers, such as blocks that somebody waited. Its size is that of the largest, not of how many. */
export class Histogram {
  readonly #counts = new Map<number, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(value: number, times = 1): void {
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + times);
    this.#total += times;
  }

  addAll(other: Histogram): void {
    for (const [value, times] of other.#counts) this.add(value, times);
  }

  /** The least value that at least this share of all do not exceed; null of nothing. */
  quantile(share: number): number | null {
    let left = Math.max(1, Math.ceil(share * this.#total));
    for (const value of [...this.#counts.keys()].sort((a, b) => a - b)) {
      left -= this.#counts.get(value)!;
      if (left <= 0) return value;
    }
    return null;
  }

  get summary(): Spread {
    return {count: this.#total, median: this.quantile(0.5), p95: this.quantile(0.95), max: this.quantile(1)};
  }
}

/** How values are spread: the middle one, one that 5 of 100 exceed, and the largest. */
export interface Spread {
  readonly count: number;
  readonly median: number | null;
  readonly p95: number | null;
  readonly max: number | null;
}
