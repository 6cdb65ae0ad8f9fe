import type {Readable} from 'node:stream';
import type {Timers} from '../../chain/timers.js';

/** Characters of a line that are kept. */
const maxLineCharacters = 1_000;
/** Lines of one stream that are handed on in a window; of what comes beyond, only the number is told. */
export const maxLinesPerWindow = 100;
/**
 * Characters that are read in a window. A policy that writes more waits until the next: reading all that it can write
 * would keep the tower busy.
 */
const maxCharactersPerWindow = 1_048_576;
const windowMs = 1_000;

/** Orders to a terminal; a line is text. */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}]+/gu;

interface Listener {
  line(line: string): void;
  dropped(lines: number): void;
}

/**
 * What V8 writes on stderr when it has no memory left, dozens of lines that help nobody with a policy: its last
 * collections of garbage and its own stack. Its line FATAL ERROR, which says why, is not among them.
 */
const nativeNoise =
  /^(<--- (Last few GCs|JS stacktrace) --->|----- Native stack trace -----|\[\d+:0x[\da-f]+(:\d+)?\] .*|\s*\d+: 0x[\da-f]+ .*)$/i;

/** Splits what a process writes into lines that say something, a bounded number of bounded length a second. */
export class OutputLines {
  readonly #stream: Readable;
  readonly #timers: Timers;
  readonly #listener: Listener;
  #rest = '';
  #lines = 0;
  #dropped = 0;
  #characters = 0;
  #endWindow: (() => void) | undefined;
  #isEnding = false;

  constructor(stream: Readable, timers: Timers, listener: Listener) {
    this.#stream = stream;
    this.#timers = timers;
    this.#listener = listener;
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => this.#take(text));
    stream.once('close', () => this.#close());
    // It ends with its process; how, is told there.
    stream.on('error', () => undefined);
  }

  /** Reads what is left at once: its writer has ended. */
  drain(): void {
    this.#isEnding = true;
    this.#stream.resume();
  }

  #take(text: string): void {
    this.#endWindow ??= this.#timers.after(windowMs, () => this.#nextWindow());
    this.#characters += text.length;
    if (this.#characters > maxCharactersPerWindow && !this.#isEnding) this.#stream.pause();
    let from = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
      this.#append(text, from, end);
      this.#finishLine();
      from = end + 1;
    }
    this.#append(text, from, text.length);
  }

  #append(text: string, from: number, to: number): void {
    this.#rest += text.slice(from, Math.min(to, from + maxLineCharacters - this.#rest.length));
  }

  #finishLine(): void {
    const line = this.#rest.replace(unprintable, ' ').trimEnd();
    this.#rest = '';
    if (line === '' || nativeNoise.test(line)) return;
    this.#lines++;
    if (this.#lines <= maxLinesPerWindow) this.#listener.line(line);
    else this.#dropped++;
  }

  #nextWindow(): void {
    this.#endWindow = undefined;
    if (this.#dropped > 0) this.#listener.dropped(this.#dropped);
    this.#lines = 0;
    this.#dropped = 0;
    this.#characters = 0;
    this.#stream.resume();
  }

  #close(): void {
    if (this.#rest !== '') this.#finishLine();
    this.#endWindow?.();
    this.#endWindow = undefined;
    if (this.#dropped > 0) this.#listener.dropped(this.#dropped);
    this.#dropped = 0;
  }
}
