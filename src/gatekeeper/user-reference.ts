import {Rejection} from '../errors/index.js';
import {isPublicKey} from '../crypto/public-key.js';
import {userKey} from '../store/layout.js';
import {decodeUser, type UserRow} from '../store/rows.js';
import type {Transaction} from '../store/transaction.js';
import {ownerOf} from './registration.js';
import {maxU32} from './settings.js';

/** A user, by one of his public keys in hex or by his id. */
export type UserReference = {readonly key: string} | {readonly userId: number};

export interface KnownUser {
  readonly id: number;
  readonly user: UserRow;
}

/** @throws UserNotFound */
export async function requireUser(transaction: Transaction, who: UserReference): Promise<KnownUser> {
  const found = await userOf(transaction, who);
  if (!found) throw new UserNotFound(who);
  return found;
}

/** What is no key is nobody's, and what is no id, too. */
async function userOf(transaction: Transaction, who: UserReference): Promise<KnownUser | undefined> {
  if ('key' in who) return isPublicKey(who.key) ? ownerOf(transaction, who.key.toLowerCase()) : undefined;
  const {userId: id} = who;
  if (!Number.isInteger(id) || id < 1 || id > maxU32) return undefined;
  const row = await transaction.get(userKey(id));
  return row && {id, user: decodeUser(row)};
}

export class UserNotFound extends Rejection {
  constructor(who: UserReference) {
    if ('userId' in who) super('TOWER_USER_NOT_FOUND', `no user ${who.userId}`);
    else if (isPublicKey(who.key)) super('TOWER_USER_NOT_FOUND', `no user has the key ${who.key}`);
    else {
      super('TOWER_USER_NOT_FOUND', `${who.key} is neither a user id nor a public key`, {
        hint: 'Name a user by his id, or by one of his keys: a point on secp256k1, compressed, 33 bytes in hex.',
      });
    }
  }
}
