import {isUtf8} from 'node:buffer';
import {decimal, escapes, hexOf, quoted, syntax, unescaped} from './json-text.js';

/** A body is read by one pass over its bytes; nesting costs stack, so it ends here. */
const maxDepth = 128;

const end = -1;
const quote = 0x22;
const backslash = 0x5c;
const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?/iy;

export const startsNumber = (first: string): boolean => first === '-' || (first >= '0' && first <= '9');

/**
 * Reads JSON value by value, so that the first thing that is wrong decides, whatever follows it. Its errors are those of
 * the decoder that rust-teos uses, without positions.
 */
export class JsonReader {
  readonly #bytes: Buffer;
  #at = 0;
  #depth = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** The first byte of the next value as a character. @throws Refusal at the end */
  next(): string {
    const byte = this.#peek();
    if (byte === end) throw syntax('EOF while parsing a value');
    return String.fromCharCode(byte);
  }

  /** Reads an object; `field` reads the value of the name that it is called with. */
  object(field: (name: string) => void): void {
    this.#open();
    for (let first = true; ; first = false) {
      const byte = this.#peek();
      if (byte === end) throw syntax('EOF while parsing an object');
      if (this.#closes(byte, 0x7d)) return;
      if (!first) this.#comma(byte, 0x7d);
      if (this.#peek() === end) throw syntax('EOF while parsing a value');
      if (this.#peek() !== quote) throw syntax('key must be a string');
      const name = this.text();
      const colon = this.#peek();
      if (colon === end) throw syntax('EOF while parsing an object');
      if (colon !== 0x3a) throw syntax('expected `:`');
      this.#at++;
      field(name);
    }
  }

  /** Reads a string. */
  text(): string {
    const raw = this.#string();
    if (!isUtf8(raw.bytes)) throw syntax('invalid unicode code point');
    const text = raw.bytes.toString('utf8');
    return raw.escaped ? unescaped(text) : text;
  }

  /** Reads a string of hex digits in either case. */
  hex(): Buffer {
    const start = this.#at + 1;
    const close = this.#bytes.indexOf(quote, start);
    const digits = this.#bytes.toString('latin1', start, Math.max(close, start));
    const bytes = Buffer.from(digits, 'hex');
    // What has escapes or anything else that is no digit takes the long way.
    if (close === -1 || bytes.length * 2 !== digits.length) return hexOf(Buffer.from(this.text()));
    this.#at = close + 1;
    return bytes;
  }

  /** Reads a number; `kind` says which, for errors. */
  number(): {readonly value: number; readonly isInteger: boolean; readonly kind: string} {
    const text = this.#number();
    const value = Number(text);
    if (!Number.isFinite(value)) throw syntax('number out of range');
    const isInteger = /^-?\d+$/.test(text) && text !== '-0' && value < 2 ** 64 && value >= -(2 ** 63);
    return {value, isInteger, kind: isInteger ? `integer \`${text}\`` : `floating point \`${decimal(value)}\``};
  }

  /** Reads what comes, and says what kind of value it is. Of a list or an object it reads the first byte. */
  kind(): string {
    const first = this.next();
    switch (first) {
      case '"':
        return `string ${quoted(this.text())}`;
      case '[':
        return 'sequence';
      case '{':
        return 'map';
      case 'n':
        return this.#word('null');
      case 't':
      case 'f':
        return `boolean \`${this.#word(first === 't' ? 'true' : 'false')}\``;
      default:
        if (!startsNumber(first)) throw syntax('expected value');
        return this.number().kind;
    }
  }

  /** Reads `null`, if it comes. */
  isNull(): boolean {
    if (this.next() !== 'n') return false;
    this.#word('null');
    return true;
  }

  /** Reads a value that nobody asked for. */
  skip(): void {
    const first = this.next();
    if (first === '{') this.object(() => this.skip());
    else if (first === '[') this.#list();
    else if (first === '"') this.#string();
    else if (startsNumber(first)) this.#number();
    else this.kind();
  }

  /** @throws Refusal unless nothing but white space is left */
  finish(): void {
    if (this.#peek() !== end) throw syntax('trailing characters');
  }

  #list(): void {
    this.#open();
    for (let first = true; ; first = false) {
      const byte = this.#peek();
      if (byte === end) throw syntax('EOF while parsing a list');
      if (this.#closes(byte, 0x5d)) return;
      if (!first) this.#comma(byte, 0x5d);
      this.skip();
    }
  }

  #open(): void {
    if (++this.#depth > maxDepth) throw syntax('recursion limit exceeded');
    this.#at++;
  }

  #closes(byte: number, closing: number): boolean {
    if (byte !== closing) return false;
    this.#depth--;
    this.#at++;
    return true;
  }

  #comma(byte: number, closing: number): void {
    if (byte !== 0x2c) throw syntax(`expected \`,\` or \`${String.fromCharCode(closing)}\``);
    this.#at++;
    if (this.#peek() === closing) throw syntax('trailing comma');
  }

  #peek(): number {
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) return end;
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
      this.#at++;
    }
  }

  /** The bytes between the quotation marks. */
  #string(): {readonly bytes: Buffer; readonly escaped: boolean} {
    const start = ++this.#at;
    let escaped = false;
    for (;;) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw syntax('EOF while parsing a string');
      if (byte === quote) return {bytes: this.#bytes.subarray(start, this.#at - 1), escaped};
      if (byte < 0x20) throw syntax('control character (\\u0000-\\u001F) found while parsing a string');
      if (byte !== backslash) continue;
      escaped = true;
      this.#escape();
    }
  }

  #escape(): void {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw syntax('EOF while parsing a string');
    const letter = String.fromCharCode(byte);
    if (letter !== 'u') {
      if (escapes[letter] === undefined) throw syntax('invalid escape');
      return;
    }
    const digits = this.#bytes.toString('latin1', this.#at, this.#at + 4);
    if (digits.length < 4) throw syntax('EOF while parsing a string');
    if (!/^[0-9a-f]{4}$/i.test(digits)) throw syntax('invalid escape');
    this.#at += 4;
  }

  #word(word: string): string {
    for (const letter of word) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw syntax('EOF while parsing a value');
      if (byte !== letter.charCodeAt(0)) throw syntax('expected ident');
    }
    return word;
  }

  #number(): string {
    // No number that means anything is longer.
    const ahead = this.#bytes.toString('latin1', this.#at, this.#at + 400);
    numberPattern.lastIndex = 0;
    const text = numberPattern.exec(ahead)?.[0];
    const rest = ahead.slice(text?.length ?? 1);
    if (text === undefined ? rest === '' : /^(?:\.|e[+-]?)$/i.test(rest)) throw syntax('EOF while parsing a value');
    if (text === undefined || /^[\d.e]/i.test(rest)) throw syntax('invalid number');
    this.#at += text.length;
    return text;
  }
}
