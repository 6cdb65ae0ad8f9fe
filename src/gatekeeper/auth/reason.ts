import {messageOf} from '../../errors/causes.js';
import {maxReasonCharacters} from './policy.js';

/** Control characters, line separators, and marks that turn the direction of what follows. */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;
const unpairedSurrogates = /\p{Cs}/gu;

/**
 * A reason as it may be stored and shown on a terminal: one line of well-formed text without control characters, of at
 * most `maxReasonCharacters` UTF-16 units. Policies, services and operators write reasons, devices and logs show them.
 *
 * @param otherwise what an empty reason becomes
 */
export function tidyReason(text: string, otherwise: string): string {
  // Cut first, with some to spare: only so much of a long text is worth cleaning.
  const start = text.slice(0, 4 * maxReasonCharacters);
  const line = start.replace(unprintable, ' ').replace(unpairedSurrogates, '\ufffd').trim();
  if (line === '') return otherwise;
  if (line.length <= maxReasonCharacters) return line;
  // A pair of surrogates is kept or dropped whole.
  return `${line.slice(0, maxReasonCharacters - 1).replace(unpairedSurrogates, '')}…`;
}

/**
 * What somebody has thrown, in words. A SyntaxError quotes the text that could not be parsed, which may be the
 * signup_info or login_info: of it only the name is told.
 *
 * @param otherwise what becomes of something that cannot be told
 */
export function thrownText(thrown: unknown, otherwise: string): string {
  try {
    return thrown instanceof SyntaxError ? thrown.name : messageOf(thrown);
  } catch {
    return otherwise;
  }
}
