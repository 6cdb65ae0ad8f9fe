import type {MisbehaviourProof} from './errors.js';
import type {Receipt} from './receipt.js';

/** What a client remembers of one tower and one key. */
export interface ReceiptKeeper {
  /** Resolves when the receipt is as safe as this keeper can make it. */
  keep(receipt: Receipt): Promise<void>;
  /** The last one kept: it tells the balance that the tower has spoken of last. */
  last(): Promise<Receipt | undefined>;
  /** All that was kept, in order. */
  all(): Promise<KeptReceipts>;
  /** @returns where the proof is kept, if that is a place */
  keepProof(proof: MisbehaviourProof): Promise<string | undefined>;
  /** The proof that the tower misbehaves, if there is one, and where it is. */
  proof(): Promise<{readonly proof: MisbehaviourProof; readonly keptAt?: string} | undefined>;
}

export interface KeptReceipts {
  readonly receipts: readonly Receipt[];
  /** By number, from 1: what a crash has left of a line, or what nobody here wrote. */
  readonly unreadableLines: readonly number[];
}

/** Remembers as long as the program runs. */
export class ReceiptsInMemory implements ReceiptKeeper {
  readonly #receipts: Receipt[] = [];
  #proof: MisbehaviourProof | undefined;

  async keep(receipt: Receipt): Promise<void> {
    this.#receipts.push(receipt);
  }

  async last(): Promise<Receipt | undefined> {
    return this.#receipts.at(-1);
  }

  async all(): Promise<KeptReceipts> {
    return {receipts: [...this.#receipts], unreadableLines: []};
  }

  async keepProof(proof: MisbehaviourProof): Promise<undefined> {
    this.#proof ??= proof;
  }

  async proof(): Promise<{readonly proof: MisbehaviourProof} | undefined> {
    return this.#proof && {proof: this.#proof};
  }
}
