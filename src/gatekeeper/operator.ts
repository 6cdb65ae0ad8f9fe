import type {Store} from '../store/store.js';
import type {Transaction} from '../store/transaction.js';
import type {Decider} from './auth/authorization.js';
import type {AuthEvent} from './auth/events.js';
import {deleteUser} from './deletion.js';
import type {GatekeeperEvent} from './events.js';
import {extend} from './extension.js';
import type {Lock} from './lock.js';
import {InvalidParameter, NoTip} from './rejections.js';
import {maxU32} from './settings.js';
import {UserInfo} from './user-info.js';
import {type KnownUser, requireUser, type UserReference} from './user-reference.js';

interface OperatorParts {
  readonly store: Store;
  readonly lock: Lock;
}

type Publish = (event: GatekeeperEvent | AuthEvent) => void;

/** What an operator, or the program that the tower is part of, does with users by his own will. */
export class Operator {
  readonly #parts: OperatorParts;

  constructor(parts: OperatorParts) {
    this.#parts = parts;
  }

  /**
   * Adds blocks to a user's subscription. No reorg takes them back.
   *
   * @param blocks u32, at least 1
   * @returns the user as he is from now on
   * @throws InvalidParameter, UserNotFound, MaximumExpiryReached, NoTip
   */
  async extend(who: UserReference, blocks: number, actor: Decider): Promise<UserInfo> {
    if (!Number.isInteger(blocks) || blocks < 1 || blocks > maxU32) {
      throw new InvalidParameter('blocks', `a whole number from 1 to ${maxU32}`);
    }
    return this.#change(who, actor, (transaction, publish, known) => {
      const user = extend(transaction, known, blocks);
      publish({
        type: 'subscription_extended',
        height: transaction.meta.tip.height,
        userId: known.id,
        blocks,
        subscriptionExpiry: user.expiry,
      });
      return this.#infoOf({id: known.id, user});
    });
  }

  /**
   * Deletes a user with his devices and appointments, now and for good: no reorg brings him back. His devices may
   * register again, as anybody may.
   *
   * @returns the user as he was
   * @throws UserNotFound, NoTip
   */
  async delete(who: UserReference, actor: Decider): Promise<UserInfo> {
    return this.#change(who, actor, async (transaction, publish, known) => {
      await deleteUser(transaction, publish, known);
      return this.#infoOf(known);
    });
  }

  #infoOf({id, user}: KnownUser): UserInfo {
    return new UserInfo(this.#parts.store.rows, id, user);
  }

  #change<Result>(
    who: UserReference,
    actor: Decider,
    run: (transaction: Transaction, publish: Publish, known: KnownUser) => Result | Promise<Result>,
  ): Promise<Result> {
    return this.#parts.lock.submit({
      actor,
      run: async (transaction, publish) => {
        if (!transaction.begun) throw new NoTip();
        return run(transaction, publish, await requireUser(transaction, who));
      },
    });
  }
}
