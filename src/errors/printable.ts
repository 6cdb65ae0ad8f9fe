/** Characters that are no letters but orders: to a terminal, or to whatever sets text from right to left. */
const orders = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/**
 * Text of strangers, fit for a terminal and for one line: control and format characters and halves of characters are
 * written as JSON escapes them.
 */
export function printable(text: string): string {
  return text.replace(orders, escaped);
}

/** The same for text of several lines, which stay lines. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n');

const short: Readonly<Record<string, string>> = {'\n': '\\n', '\r': '\\r', '\t': '\\t'};

function escaped(character: string): string {
  const units = Array.from({length: character.length}, (_, i) => character.charCodeAt(i));
  return short[character] ?? units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
