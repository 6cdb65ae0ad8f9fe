import type {AdminClient} from '../../../src/api/admin/client.js';
import type {Registration} from '../../../src/api/admin/admin-tower.js';
import {BartizanError} from '../../../src/errors/index.js';
import type {SeededRandom} from '../../support/random.js';

/** Registrations that are in the air at once. */
const lanes = 8;

/** People who register and renew, and a miner, for as long as the tower answers. Every receipt is noted. */
export class Load {
  readonly receipts: Registration[] = [];
  /** The last receipt of each key. */
  readonly latest = new Map<string, Registration>();
  readonly #keys: readonly string[];
  readonly #random: SeededRandom;
  readonly #asking = new Set<string>();
  #onReceipt = () => {};

  constructor(keys: readonly string[], random: SeededRandom) {
    this.#keys = keys;
    this.#random = random;
  }

  /** Resolves when the tower has gone. */
  async run(tower: AdminClient): Promise<void> {
    const registering = Array.from({length: lanes}, () => this.#whileAnswered(() => this.#register(tower)));
    const mining = this.#whileAnswered(() => tower.mine(this.#random.whole(1, 3)));
    await Promise.all([...registering, mining]);
  }

  /** Resolves after so many more receipts, or when `gone` does. */
  async answered(receipts: number, gone: Promise<unknown>): Promise<void> {
    const enough = this.receipts.length + receipts;
    const reached = new Promise<void>((resolve) => {
      this.#onReceipt = () => {
        if (this.receipts.length >= enough) resolve();
      };
      this.#onReceipt();
    });
    await Promise.race([reached, gone]);
  }

  /** One request of a key at a time, so that its last receipt is the last. */
  async #register(tower: AdminClient): Promise<void> {
    let key: string;
    do key = this.#keys[this.#random.whole(0, this.#keys.length - 1)]!;
    while (this.#asking.has(key));
    this.#asking.add(key);
    try {
      const receipt = await tower.register(key);
      this.receipts.push(receipt);
      this.latest.set(key, receipt);
      this.#onReceipt();
    } finally {
      this.#asking.delete(key);
    }
  }

  async #whileAnswered(ask: () => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await ask();
      } catch (error) {
        if (error instanceof BartizanError && goneCodes.has(error.code)) return;
        throw error;
      }
    }
  }
}

/** Nobody listens any more, or the connection broke before the answer. */
const goneCodes: ReadonlySet<string> = new Set(['TOWER_NOT_RUNNING', 'TOWER_ADMIN_FAILED']);
