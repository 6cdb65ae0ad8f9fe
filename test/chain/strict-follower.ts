import assert from 'node:assert/strict';
import type {ChainFollower} from '../../src/chain/chain-follower.js';
import type {ChainHeader} from '../../src/chain/header.js';
import type {Network} from '../../src/chain/network.js';

/** Follows in memory, and fails at once on a block that does not belong where it is brought. */
export class StrictFollower implements ChainFollower {
  chain: {network: Network; genesis: string} | undefined;
  /** What it was brought, e.g. `+101..103` and `-103..102`. */
  readonly brought: string[] = [];
  /** Awaited before each block or run of blocks counts. */
  before: () => void | Promise<void> = () => undefined;
  #headers: ChainHeader[] = [];
  #highest = 0;

  get tip(): ChainHeader | undefined {
    return this.#headers[this.#headers.length - 1];
  }

  get floor(): number {
    return this.#highest - 100;
  }

  async storedHeaders(): Promise<ChainHeader[]> {
    return this.#headers.slice(-101);
  }

  async begin(chain: {network: Network; genesis: string}, headers: readonly ChainHeader[]): Promise<void> {
    assert.equal(this.tip, undefined);
    this.chain = chain;
    this.#headers = [...headers];
    this.#reached(`begin ${headers[0]!.height}..${this.tip!.height}`);
  }

  async connect(headers: readonly ChainHeader[]): Promise<void> {
    await this.before();
    for (const header of headers) {
      assert.equal(header.previous, this.tip!.hash);
      assert.equal(header.height, this.tip!.height + 1);
      assert.ok(header.chainwork > this.tip!.chainwork);
      this.#headers.push(header);
    }
    this.#reached(`+${headers[0]!.height}..${this.tip!.height}`);
  }

  async disconnect(headers: readonly ChainHeader[]): Promise<void> {
    await this.before();
    for (const header of headers) {
      assert.equal(header.hash, this.tip!.hash);
      assert.ok(header.height > this.floor);
      this.#headers.pop();
    }
    if (headers.length > 0) this.#reached(`-${headers[0]!.height}..${headers[headers.length - 1]!.height}`);
  }

  #reached(what: string): void {
    this.brought.push(what);
    this.#highest = Math.max(this.#highest, this.tip!.height);
  }
}
