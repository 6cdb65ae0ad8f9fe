import type {Paint} from './paint.js';

/** A piece of a line, and how it is painted. Widths are counted before anything is painted. */
export type Segment = readonly [text: string, style?: Parameters<Paint>[0] | undefined];

/** The line, cut to so many characters. */
export function fit(segments: readonly Segment[], width: number): Segment[] {
  const fitting: Segment[] = [];
  let left = width;
  for (const [i, [text, style]] of segments.entries()) {
    const characters = [...text];
    const isCut = characters.length > left || (characters.length === left && widthOf(segments.slice(i + 1)) > 0);
    fitting.push([isCut ? `${characters.slice(0, Math.max(0, left - 1)).join('')}…` : text, style]);
    if (isCut) return left > 0 ? fitting : fitting.slice(0, -1);
    left -= characters.length;
  }
  return fitting;
}

export const widthOf = (segments: readonly Segment[]): number =>
  segments.reduce((width, [text]) => width + [...text].length, 0);

export const painted = (segments: readonly Segment[], paint: Paint): string =>
  segments.map(([text, style]) => (style === undefined ? text : paint(style, text))).join('');
