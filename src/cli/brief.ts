import {printable} from '../errors/printable.js';
import {countInWords, plural} from '../sim/timeline/heights.js';
import {toWire} from '../tower/wire-names.js';

const longestText = 80;
const longestList = 4;

/** A value as JSON for a terminal: of long texts and lists the beginning, and how long they are. */
export const brief = (value: unknown): string => printable(JSON.stringify(toWire(value), shortened));

function shortened(_: string, part: unknown): unknown {
  if (typeof part === 'string' && part.length > longestText) {
    return `${part.slice(0, longestText - 16)}… (${countInWords(part.length)} characters)`;
  }
  if (!Array.isArray(part) || part.length <= longestList) return part;
  return [...(part as unknown[]).slice(0, longestList - 1), `… (${plural(part.length, 'item')})`];
}
