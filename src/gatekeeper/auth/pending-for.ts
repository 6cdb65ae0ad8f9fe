import {userKey} from '../../store/layout.js';
import type {RequestRow, Verdict} from '../../store/request-row.js';
import type {Transaction} from '../../store/transaction.js';
import {newestRequest} from './request-rows.js';

interface Pending {
  readonly id: number;
  readonly row: RequestRow;
}

/**
 * The pending request of a key that a verdict decides, if the key has one. With both a signup and a login it is the one
 * that fits: a login to a user who is there, a signup otherwise.
 */
export async function pendingFor(
  transaction: Transaction,
  key: string,
  verdict: Exclude<Verdict, {type: 'deny'}>,
): Promise<Pending | undefined> {
  const pending = async (kind: RequestRow['kind']): Promise<Pending | undefined> => {
    const newest = await newestRequest(transaction, key, kind);
    return newest?.row.state === 'pending' ? newest : undefined;
  };
  if (verdict.type === 'approve_node') return pending('new_node');
  const isThere = verdict.userId > 0 && (await transaction.get(userKey(verdict.userId))) !== undefined;
  const [signup, login] = [await pending('user_signup'), await pending('user_login')];
  return isThere ? (login ?? signup) : (signup ?? login);
}
