import {Rejection} from '../../errors/index.js';
import type {RequestKind} from '../../store/layout.js';

/** Size of signup_info or login_info in UTF-8: room for a token of an identity provider, and no more. */
export const maxInfoBytes = 4096;

/** A surrogate without its other half: no UTF-8 says it. */
const unpairedSurrogate = /\p{Cs}/u;

/** Whether the text can be written as UTF-8 and read back. */
export const isWellFormed = (text: string): boolean => !unpairedSurrogate.test(text);

/** Whether the text takes more than so many bytes of UTF-8. */
export const exceedsBytes = (text: string, bytes: number): boolean =>
  text.length > bytes || Buffer.byteLength(text) > bytes;

/**
 * Checks what comes as signup_info or login_info: any text for a signup or a login, also an empty one; none for a node.
 *
 * @returns the text; null for a node
 * @throws Rejection TOWER_INVALID_INFO; it never repeats the text, which may be a password
 */
export function checkInfo(kind: RequestKind, info: unknown): string | null {
  const absent = info === undefined || info === null;
  if (kind === 'new_node') {
    if (!absent) {
      throw new Rejection('TOWER_INVALID_INFO', 'a new_node request carries no info besides node_info', {
        facts: {reason: 'unexpected'},
        hint: 'Leave the info out: what a node has to say is its node_info.',
      });
    }
    return null;
  }
  const name = kind === 'user_signup' ? 'signup_info' : 'login_info';
  if (absent) throw invalid('missing', `${name} is missing`);
  if (typeof info !== 'string') throw invalid('not_text', `${name} must be a text`);
  if (exceedsBytes(info, maxInfoBytes)) throw invalid('too_long', `${name} is longer than ${maxInfoBytes} bytes`);
  if (!isWellFormed(info)) throw invalid('not_well_formed', `${name} is not well-formed text`);
  return info;
}

const invalid = (reason: string, message: string): Rejection =>
  new Rejection('TOWER_INVALID_INFO', message, {facts: {reason}});
