import {createHash} from 'node:crypto';
import {assert} from '../errors/index.js';

/** Seeds are u64. */
export const maxSeed = 0xffff_ffff_ffff_ffffn;

/**
 * Random numbers that follow from a seed and a name. Each name is a stream of its own: a draw in one does not shift what
 * another gives. Not for secrets.
 */
export class Random {
  readonly #path: string;
  // State of sfc32, a generator of Chris Doty-Humphrey (PractRand): three words and a counter.
  #a: number;
  #b: number;
  #c: number;
  #counter: number;

  /** @param seed u64 */
  constructor(seed: bigint, path = '') {
    assert(seed >= 0n && seed <= maxSeed, `a seed has 64 bits, and ${seed} does not`);
    this.#path = `${seed}${path}`;
    const bytes = createHash('sha256').update(`bartizan random ${this.#path}`).digest();
    this.#a = bytes.readInt32LE(0);
    this.#b = bytes.readInt32LE(4);
    this.#c = bytes.readInt32LE(8);
    this.#counter = bytes.readInt32LE(12);
  }

  /** The stream of this name, from its beginning. */
  stream(name: string | number): Random {
    const [seed = '', ...names] = this.#path.split('/');
    return new Random(BigInt(seed), ['', ...names, name].join('/'));
  }

  u32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }

  u64(): bigint {
    return (BigInt(this.u32()) << 32n) | BigInt(this.u32());
  }

  /** A whole number from 0 to below `limit`, which is at most 2^32. */
  below(limit: number): number {
    return Math.floor((this.u32() / 0x1_0000_0000) * limit);
  }

  /** A whole number, both ends included. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  /** True in `part` of all cases, 0 to 1. */
  chance(part: number): boolean {
    return this.u32() < part * 0x1_0000_0000;
  }

  pick<T>(list: readonly T[]): T {
    assert(list.length > 0, 'there is nothing to choose from');
    return list[this.below(list.length)]!;
  }

  /** One of several, each as often as its weight says. */
  weighted<T>(choices: readonly (readonly [weight: number, value: T])[]): T {
    let at = this.below(choices.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, value] of choices) if ((at -= weight) < 0) return value;
    return this.pick(choices)[1];
  }

  /** Each of the list with a chance of one half, in its order. */
  subset<T>(list: readonly T[]): T[] {
    return list.filter(() => this.chance(0.5));
  }
}
