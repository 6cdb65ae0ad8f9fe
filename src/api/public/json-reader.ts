import {isUtf8} from 'node:buffer';
import {decimal, hexOf, quoted, syntax, unescaped} from './json-text.js';

/** A body is read by one pass over its bytes; nesting costs stack, so it ends here. */
const maxDepth = 128;
/** Values of one body; none that a client sends has ten. What each of them costs is little, but not nothing. */
const maxValues = 1_000;

const end = -1;
const quote = 0x22;
const backslash = 0x5c;
const escapes = Buffer.from('"\\/bfnrt');
const plus = 0x2b;
const minus = 0x2d;
const point = 0x2e;
const zero = 0x30;
const letterE = 0x65;

export const startsNumber = (first: string): boolean => first === '-' || (first >= '0' && first <= '9');

/**
 * Reads JSON value by value, so that the first thing that is wrong decides, whatever follows it. Its errors are those of
 * the decoder that rust-teos uses, without positions.
 */
export class JsonReader {
  readonly #bytes: Buffer;
  #at = 0;
  #depth = 0;
  #values = 0;

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
      this.#count();
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
      this.#count();
      this.skip();
    }
  }

  #count(): void {
    if (++this.#values > maxValues) throw syntax('too many values');
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
    if (byte !== 0x75) {
      if (!escapes.includes(byte)) throw syntax('invalid escape');
      return;
    }
    if (this.#at + 4 > this.#bytes.length) throw syntax('EOF while parsing a string');
    for (const end = this.#at + 4; this.#at < end; this.#at++) {
      if (!isHexDigit(this.#bytes[this.#at]!)) throw syntax('invalid escape');
    }
  }

  #word(word: string): string {
    for (const letter of word) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw syntax('EOF while parsing a value');
      if (byte !== letter.charCodeAt(0)) throw syntax('expected ident');
    }
    return word;
  }

  /** Passes over a number. */
  #number(): string {
    const start = this.#at;
    if (this.#bytes[this.#at] === minus) this.#at++;
    const first = this.#bytes[this.#at];
    this.#digits();
    if (first === zero && this.#at - start > (this.#bytes[start] === minus ? 2 : 1)) throw syntax('invalid number');
    if (this.#bytes[this.#at] === point) {
      this.#at++;
      this.#digits();
    }
    if (((this.#bytes[this.#at] ?? 0) | 0x20) === letterE) {
      this.#at++;
      const sign = this.#bytes[this.#at];
      if (sign === plus || sign === minus) this.#at++;
      this.#digits();
    }
    return this.#bytes.toString('latin1', start, this.#at);
  }

  /** Passes over digits, one at least. */
  #digits(): void {
    const start = this.#at;
    while (isDigit(this.#bytes[this.#at])) this.#at++;
    if (this.#at > start) return;
    throw syntax(start === this.#bytes.length ? 'EOF while parsing a value' : 'invalid number');
  }
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= zero && byte <= 0x39;
const isHexDigit = (byte: number): boolean => isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
