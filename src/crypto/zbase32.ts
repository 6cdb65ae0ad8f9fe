import {base32nopad} from '@scure/base';

const letters = 'ybndrfg8ejkmcpqxot1uwisza345h769';
const rfc4648 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

const toZbase32 = new Map([...rfc4648].map((letter, i) => [letter, letters[i]!]));
// Both cases by table: String.toLowerCase would let the Kelvin sign pass for a k.
const toRfc4648 = new Map([...rfc4648].flatMap((letter, i) => bothCases(letters[i]!).map((from) => [from, letter])));

function bothCases(letter: string): readonly string[] {
  return [letter, letter.toUpperCase()];
}

/** Bytes as zbase32 without padding: lower case, 8 characters for 5 bytes. Source: Zooko's "human-oriented base-32". */
export function encodeZbase32(bytes: Uint8Array): string {
  let text = '';
  for (const letter of base32nopad.encode(bytes)) text += toZbase32.get(letter);
  return text;
}

/**
 * The bytes of a zbase32 text in either case; `undefined` if a character is foreign, if no number of bytes has that
 * length (modulo 8: 1, 3 or 6) or if the unused last bits are not zero, so that one value has one text.
 */
export function decodeZbase32(text: string): Uint8Array | undefined {
  let translated = '';
  for (const character of text) {
    const letter = toRfc4648.get(character);
    if (letter === undefined) return undefined;
    translated += letter;
  }
  try {
    return base32nopad.decode(translated);
  } catch {
    return undefined;
  }
}
