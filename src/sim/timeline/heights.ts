/** Minutes between two blocks, on average. Source: Bitcoin's difficulty rule aims at this. */
const blockMinutes = 10;
const hourMinutes = 60;
const dayMinutes = 24 * hourMinutes;
const yearDays = 365;

/** What is said of a height, before and after it has come. */
export interface Saying {
  readonly future: string;
  readonly past: string;
}

export const expiry: Saying = {future: 'expires', past: 'expired'};
export const deletion: Saying = {future: 'deleted', past: 'deleted'};

/**
 * A height with what it means to a person at the tip: `expires at 4440, in 4,320 blocks, about 30 days`,
 * `expired at 4440, 3 blocks ago`.
 */
export function heightInWords(height: number, at: {readonly tipHeight: number; readonly saying: Saying}): string {
  const distance = height - at.tipHeight;
  if (distance > 0) return `${at.saying.future} at ${height}, in ${blocksInWords(distance)}, ${timeInWords(distance)}`;
  const ago = distance === 0 ? 'in this block' : `${blocksInWords(-distance)} ago`;
  return `${at.saying.past} at ${height}, ${ago}`;
}

/** A number with its thousands apart: 4,320. */
export function countInWords(count: number): string {
  return count.toLocaleString('en-US');
}

export function blocksInWords(blocks: number): string {
  return plural(blocks, 'block');
}

export function plural(count: number, noun: string): string {
  return `${countInWords(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** How long so many blocks take, in the largest unit that says it without much loss: `about 30 days`. */
export function timeInWords(blocks: number): string {
  const minutes = blocks * blockMinutes;
  if (minutes < hourMinutes) return `about ${plural(minutes, 'minute')}`;
  if (minutes < 2 * dayMinutes) return `about ${plural(Math.round(minutes / hourMinutes), 'hour')}`;
  const days = Math.round(minutes / dayMinutes);
  return days < 2 * yearDays ? `about ${plural(days, 'day')}` : `about ${plural(Math.round(days / yearDays), 'year')}`;
}
