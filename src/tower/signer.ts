import {recoverKey} from '../crypto/message-signature.js';
import type {Signatures} from '../crypto/signatures.js';
import type {SigningKey} from '../crypto/signing-key.js';

/** Signatures made between two turns of the event loop: about 10 ms of work. */
const signaturesPerTurn = 25;

/** Works on this thread: signs receipts one after the other, and lets blocks and other requests in between. */
export class Signer implements Signatures {
  readonly #key: Pick<SigningKey, 'sign'>;
  #made = 0;
  #turn: Promise<void> = Promise.resolve();

  constructor(key: Pick<SigningKey, 'sign'>) {
    this.#key = key;
  }

  async sign(message: Uint8Array): Promise<string> {
    if (++this.#made % signaturesPerTurn === 0) this.#turn = this.#turn.then(nextTurn);
    await this.#turn;
    return this.#key.sign(message);
  }

  async recoverKey(message: Uint8Array, signature: string): Promise<string | undefined> {
    return recoverKey(message, signature);
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
