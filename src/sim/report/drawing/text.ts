/** What no XML holds, and does nothing good to a line of text: control characters and halves of characters. */
const notXml = /(?![\t\n])\p{Cc}|\p{Cs}|[\ufffe\uffff]/gu;

/** Everything that a story says is text, never markup. */
export function escapeText(text: string): string {
  return text
    .replace(notXml, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** A coordinate, short. */
export const px = (value: number): string => String(Math.round(value * 10) / 10);

/**
 * Widths of characters in parts of the size of a proportional font, one of the wider ones: a text that is told to fit
 * does, in others as well.
 */
const widths: readonly (readonly [characters: RegExp, width: number])[] = [
  [/[ijl'|]/, 0.28],
  [/[ .,:;!]/, 0.33],
  [/[ftr()/-]/, 0.4],
  [/[\da-ln-vx-z]/, 0.62],
  [/[mwMW@%…]/, 0.98],
];
const otherWidth = 0.7;
const known = new Map<string, number>();

function widthOf(character: string): number {
  const before = known.get(character);
  if (before !== undefined) return before;
  const width = widths.find(([characters]) => characters.test(character))?.[1] ?? otherWidth;
  known.set(character, width);
  return width;
}

export function textWidth(text: string, fontSize: number): number {
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width * fontSize;
}

/** As much of a text as fits. */
export function fitText(text: string, width: number, fontSize: number): string {
  if (textWidth(text, fontSize) <= width) return text;
  const characters = [...text];
  let room = width / fontSize - widthOf('…');
  const end = characters.findIndex((it) => (room -= widthOf(it)) < 0);
  return `${characters.slice(0, Math.max(1, end)).join('')}…`;
}

export const thousands = (count: number): string => String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
