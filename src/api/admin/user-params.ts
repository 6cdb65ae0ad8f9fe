import {z} from 'zod';
import type {UserReference} from '../../gatekeeper/user-reference.js';
import {checked, keyText} from './checked.js';

const userParams = z.object({who: keyText});
/** Ids are decimal; a key has 66 hex digits, so the two never look alike. */
const idPattern = /^(0|[1-9]\d{0,14})$/;

/** The user whom a path names by id or key. */
export function referenceIn(params: unknown): UserReference {
  const {who} = checked(userParams, params);
  return idPattern.test(who) ? {userId: Number(who)} : {key: who};
}
