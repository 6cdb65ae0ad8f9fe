import {createHash} from 'node:crypto';
import type {Row} from '../../store/key-value-store.js';
import type {LogEntry} from '../../tower/log.js';
import {toWire} from '../../tower/wire-names.js';
import {type TapeEnd, type TapeHead, tapeVersion} from './tape-format.js';

/** Makes the lines of a tape, one after the other; the last one vouches for all before it. */
export class TapeWriter {
  readonly #write: (text: string) => Promise<void>;
  readonly #hash = createHash('sha256');
  #next: number;

  private constructor(write: (text: string) => Promise<void>, firstEvent: number) {
    this.#write = write;
    this.#next = firstEvent;
  }

  /** @param write takes whole lines, each with its line end */
  static async begin(
    write: (text: string) => Promise<void>,
    head: Omit<TapeHead, 'bartizanTape'>,
  ): Promise<TapeWriter> {
    const writer = new TapeWriter(write, head.firstEvent);
    await writer.#lines([{bartizanTape: tapeVersion, ...head}]);
    return writer;
  }

  /** Number of the next event. */
  get nextEvent(): number {
    return this.#next;
  }

  rows(rows: readonly Row[]): Promise<void> {
    const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
    return this.#lines(rows.map(([key, value]) => ({row: [base64(Buffer.from(key, 'latin1')), base64(value)]})));
  }

  events(entries: readonly LogEntry[]): Promise<void> {
    return this.#lines(entries.map((entry) => ({event: this.#next++, ...entry})));
  }

  /** What the state is after the events so far. */
  digest(digest: string): Promise<void> {
    return this.#lines([{digest, events: this.#next}]);
  }

  async end(end: Omit<TapeEnd, 'events'>): Promise<void> {
    const sha256 = this.#hash.digest('hex');
    await this.#write(`${JSON.stringify(toWire({end: {events: this.#next, ...end}, sha256}))}\n`);
  }

  async #lines(values: readonly object[]): Promise<void> {
    if (values.length === 0) return;
    const text = values.map((value) => `${JSON.stringify(toWire(value))}\n`).join('');
    this.#hash.update(text);
    await this.#write(text);
  }
}
