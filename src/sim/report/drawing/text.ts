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

/** Width of an average character of a proportional font, in parts of its size. Rather too wide than too narrow. */
const characterWidth = 0.56;

export const textWidth = (text: string, fontSize: number): number => text.length * fontSize * characterWidth;

/** As much of a text as fits. */
export function fitText(text: string, width: number, fontSize: number): string {
  const characters = Math.floor(width / (fontSize * characterWidth));
  return text.length <= characters ? text : `${[...text].slice(0, Math.max(1, characters - 1)).join('')}…`;
}

export const thousands = (count: number): string => String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
