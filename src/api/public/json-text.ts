import {badRequest, type Refusal, wireCodes} from './refusal.js';

/** Characters of a text that an error repeats. */
const shownCharacters = 64;

/** A syntax error, in the words that clients of the TEOS wire know. */
export const syntax = (text: string): Refusal => badRequest(wireCodes.invalidRequestFormat, text);

/** What a text with escapes, all of them good, says. Half of a character that takes two escapes is none. */
export function unescaped(text: string): string {
  const whole = JSON.parse(`"${text}"`) as string;
  if (/\p{Surrogate}/u.test(whole)) throw syntax('lone leading surrogate in hex escape');
  return whole;
}

/** Bytes that hex digits stand for. @throws Refusal naming the first that is no digit */
export function hexOf(digits: Buffer): Buffer {
  if (digits.length % 2 !== 0) throw badRequest(wireCodes.wrongFieldFormat, 'Odd number of digits');
  const bytes = Buffer.from(digits.toString('latin1'), 'hex');
  const good = 2 * bytes.length;
  if (good === digits.length) return bytes;
  const position = isHexDigit(digits[good]!) ? good + 1 : good;
  const character = JSON.stringify(String.fromCharCode(digits[position]!)).slice(1, -1);
  throw badRequest(wireCodes.wrongFieldFormat, `Invalid character '${character}' at position ${position}`);
}

const isHexDigit = (byte: number): boolean => /[0-9a-f]/i.test(String.fromCharCode(byte));

export function quoted(text: string): string {
  return JSON.stringify(text.length <= shownCharacters ? text : `${text.slice(0, shownCharacters)}…`);
}

export const decimal = (value: number): string =>
  Number.isInteger(value) ? `${Object.is(value, -0) ? '-0' : value}.0` : String(value);
