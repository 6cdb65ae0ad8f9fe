import {assert, OperationalError} from '../errors/index.js';
import type {Standing} from './chain-source.js';
import {type ChainHeader, extend, type Header} from './header.js';

/**
 * All headers seen from a root upward. The best chain is the one with most work among those without an invalid block;
 * of chains with equal work, the one whose tip was added first.
 */
export class BlockTree {
  readonly root: ChainHeader;
  readonly #headers = new Map<string, ChainHeader>();
  /** Headers that somebody has called invalid. */
  readonly #invalid = new Set<string>();
  /** Those, and all that stand on them. */
  readonly #barred = new Set<string>();
  // The best chain, by height above the root.
  readonly #best: ChainHeader[];

  constructor(root: ChainHeader) {
    this.root = root;
    this.#headers.set(root.hash, root);
    this.#best = [root];
  }

  /** Headers held, root and stale ones included. */
  get size(): number {
    return this.#headers.size;
  }

  /** The end of the best chain. */
  get tip(): ChainHeader {
    return this.#best[this.#best.length - 1] as ChainHeader;
  }

  get(hash: string): ChainHeader | undefined {
    return this.#headers.get(hash);
  }

  /** The header of the best chain at a height. */
  at(height: number): ChainHeader | undefined {
    return this.#best[height - this.root.height];
  }

  /**
   * Adds a header on top of its parent; one that is held already changes nothing.
   * @throws OperationalError TOWER_INVALID_BLOCK when its parent is not held.
   */
  add(header: Header): ChainHeader {
    const held = this.#headers.get(header.hash);
    if (held !== undefined) return held;
    const parent = this.#headers.get(header.previous);
    if (parent === undefined) {
      throw new OperationalError(
        'TOWER_INVALID_BLOCK',
        `block ${header.hash} has the parent ${header.previous}, which is not known`,
      );
    }
    const added = extend(parent, header);
    this.#headers.set(added.hash, added);
    if (this.#barred.has(added.previous)) this.#barred.add(added.hash);
    else if (added.chainwork > this.tip.chainwork) this.#adopt(added);
    return added;
  }

  /** Headers that were called invalid, in the order in which they were. */
  get invalid(): string[] {
    return [...this.#invalid];
  }

  /** Whether a header, or one below it, was called invalid. */
  isBarred(hash: string): boolean {
    return this.#barred.has(hash);
  }

  /** Takes a header, and all that stand on it, out of the choice of the best chain. The root stays in it. */
  invalidate(hash: string): void {
    const header = this.#held(hash);
    assert(header !== this.root, 'the root is not invalid');
    this.#invalid.add(hash);
    this.#choose();
  }

  /** Takes back that a header, any below it, or any that stand on it were called invalid. */
  reconsider(hash: string): void {
    const header = this.#held(hash);
    const isAbove = (other: ChainHeader) => this.forkPoint(other.hash, hash) === header;
    for (const other of [...this.#invalid].map((it) => this.#held(it))) {
      if (isAbove(other) || this.forkPoint(other.hash, hash) === other) this.#invalid.delete(other.hash);
    }
    this.#choose();
  }

  /** Forgets all but the first headers, the root being the first, and calls these of them invalid and no others. */
  goBack(size: number, invalid: Iterable<string>): void {
    assert(size >= 1 && size <= this.size, `a tree of ${this.size} headers does not go back to ${size}`);
    for (const hash of [...this.#headers.keys()].slice(size)) this.#headers.delete(hash);
    this.#invalid.clear();
    for (const hash of invalid) this.#invalid.add(this.#held(hash).hash);
    this.#best.splice(1);
    this.#choose();
  }

  standing(hash: string): Standing {
    const header = this.#headers.get(hash);
    if (header === undefined) return 'unknown';
    return this.#isOnBest(header) ? 'active' : 'stale';
  }

  /**
   * The highest header that is on both chains: at or below each of the two.
   * @throws OperationalError TOWER_INVALID_BLOCK when a hash is not held.
   */
  forkPoint(a: string, b: string): ChainHeader {
    let left = this.#held(a);
    let right = this.#held(b);
    while (left !== right) {
      if (left.height > right.height) left = this.#held(left.previous);
      else if (right.height > left.height) right = this.#held(right.previous);
      else {
        left = this.#held(left.previous);
        right = this.#held(right.previous);
      }
    }
    return left;
  }

  /** Headers of the best chain at heights from..to, cut at the tip and at the root. */
  range(from: number, to: number): ChainHeader[] {
    const root = this.root.height;
    if (to < from || to < root) return [];
    return this.#best.slice(Math.max(from - root, 0), to - root + 1);
  }

  /** Finds the best chain anew. Parents arrive before their children. */
  #choose(): void {
    this.#barred.clear();
    let best = this.root;
    for (const header of this.#headers.values()) {
      if (this.#invalid.has(header.hash) || this.#barred.has(header.previous)) this.#barred.add(header.hash);
      else if (header.chainwork > best.chainwork) best = header;
    }
    this.#adopt(best);
  }

  #adopt(tip: ChainHeader): void {
    const branch: ChainHeader[] = [];
    let header = tip;
    while (!this.#isOnBest(header)) {
      branch.push(header);
      header = this.#held(header.previous);
    }
    this.#best.length = header.height - this.root.height + 1;
    while (branch.length > 0) this.#best.push(branch.pop() as ChainHeader);
    assert(this.tip === tip, `best chain ends at ${this.tip.hash}, not at ${tip.hash}`);
  }

  #isOnBest(header: ChainHeader): boolean {
    return this.at(header.height) === header;
  }

  #held(hash: string): ChainHeader {
    const header = this.#headers.get(hash);
    if (header !== undefined) return header;
    throw new OperationalError('TOWER_INVALID_BLOCK', `block ${hash} is not known`);
  }
}
