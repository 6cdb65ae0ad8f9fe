import {Rejection} from '../../../errors/index.js';
import type {Admission} from '../../../gatekeeper/auth/new-request.js';
import {addressGroup} from '../address-group.js';

/*
 * Every new request is a row of the log, which is kept for half a year, and of the store. Anybody can make keys and sign
 * with them, so what strangers may have written down is limited by the block. The same request again is not new, and
 * never refused here.
 */

/** Bytes of requests that devices have signed: about 1,500 of ordinary length a block, and 150 MB a day at most. */
export const provenBytesPerBlock = 1024 * 1024;
/** Bytes of requests that nobody has signed: about 200 a block. */
export const unprovenBytesPerBlock = 128 * 1024;
/** The part of it that one address may use. */
const addressShare = 1 / 4;

/** What is left to be written down in this block, for everybody and for each address. Nothing of it outlives the process. */
export class Intake {
  readonly #bytesPerBlock: number;
  #tipHeight = -1;
  #bytes = 0;
  readonly #bytesOf = new Map<string, number>();

  constructor(bytesPerBlock: number) {
    this.#bytesPerBlock = bytesPerBlock;
  }

  /** @throws Rejection TOWER_TOO_MANY_REQUESTS, from the function that it answers */
  from(address: string | undefined): Admission {
    const group = addressGroup(address);
    return ({bytes, tipHeight}) => {
      if (tipHeight !== this.#tipHeight) {
        this.#tipHeight = tipHeight;
        this.#bytes = 0;
        this.#bytesOf.clear();
      }
      const own = (this.#bytesOf.get(group) ?? 0) + bytes;
      if (this.#bytes + bytes > this.#bytesPerBlock || own > this.#bytesPerBlock * addressShare) throw full(tipHeight);
      this.#bytes += bytes;
      this.#bytesOf.set(group, own);
    };
  }
}

const full = (tipHeight: number): Rejection =>
  new Rejection(
    'TOWER_TOO_MANY_REQUESTS',
    `the tower takes no more new requests in this block; ask again from height ${tipHeight + 1} on`,
    {facts: {retryHeight: tipHeight + 1}},
  );
