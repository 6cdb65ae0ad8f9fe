import type {KeyValueReader} from '../store/key-value-store.js';
import {type Meta, readMeta} from '../store/meta.js';
import type {Store} from '../store/store.js';
import type {Transaction} from '../store/transaction.js';
import type {Decider} from './auth/authorization.js';
import type {AuthEvent} from './auth/events.js';
import {type AppointmentPage, appointmentPage, type AppointmentQuery} from './appointment-list.js';
import {checkedLocator} from './deposit.js';
import {deleteUser} from './deletion.js';
import type {GatekeeperEvent} from './events.js';
import {extend} from './extension.js';
import {type DuePlace, duePages, type DueUser, type Forecast, forecastOf, maxForecastBlocks} from './forecast.js';
import type {Lock} from './lock.js';
import {InvalidParameter, NoTip} from './rejections.js';
import {maxU32} from './settings.js';
import {UserInfo} from './user-info.js';
import {type KnownUser, requireUser, type UserReference} from './user-reference.js';
import {type UserStates, userStatesIn} from './user-states.js';

interface OperatorParts {
  readonly store: Store;
  readonly lock: Lock;
}

export interface DueUserPage {
  readonly tipHeight: number;
  /** The last height that it covers. */
  readonly lastHeight: number;
  readonly users: readonly {readonly info: UserInfo; readonly deletionHeight: number}[];
  /** What to ask for as `after` next; null at the end. */
  readonly next: DuePlace | null;
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
      const user = extend(transaction, publish, known, blocks);
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

  /**
   * Who expires and who is deleted within so many blocks, by height, unless somebody renews.
   *
   * @param options `after`: only heights above it. `limit`: heights at most. The sums are of all heights.
   * @throws InvalidParameter, NoTip
   */
  async forecast(
    blocks: number,
    {after = 0, limit}: {readonly after?: number; readonly limit: number},
  ): Promise<Forecast> {
    checkForecastBlocks(blocks);
    return this.#atOneMoment((rows, meta) => forecastOf({rows, meta, blocks}, {after, limit}));
  }

  /**
   * The users who expire or are deleted within so many blocks, in order of expiry, then id; those behind `after`, at most
   * `limit`.
   * @throws InvalidParameter, NoTip
   */
  async dueUsers(
    blocks: number,
    {after, limit}: {readonly after?: DuePlace | undefined; readonly limit: number},
  ): Promise<DueUserPage> {
    checkForecastBlocks(blocks);
    return this.#atOneMoment(async (rows, meta) => {
      const users: DueUser[] = [];
      for await (const page of duePages({rows, meta, blocks}, after, limit)) {
        users.push(...page.slice(0, limit - users.length));
        if (users.length === limit) break;
      }
      const last = users.length < limit ? undefined : users.at(-1);
      return {
        tipHeight: meta.tip.height,
        lastHeight: meta.tip.height + blocks,
        users: users.map(({id, user, deletionHeight}) => ({info: this.#infoOf({id, user}), deletionHeight})),
        next: last === undefined ? null : {expiry: last.user.expiry, userId: last.id},
      };
    });
  }

  /**
   * Appointments of users who are there, in order of subscription, then locator; of one locator, if it is named. Their
   * blobs are not read.
   * @throws InvalidParameter, NoTip
   */
  async appointments({locator, ...others}: AppointmentQuery): Promise<AppointmentPage> {
    const query = {...others, ...(locator === undefined ? {} : {locator: checkedLocator(locator)})};
    return this.#atOneMoment((rows) => appointmentPage(rows, query));
  }

  /**
   * How many users are in each state; undefined when too many have expired to count them.
   * @throws NoTip
   */
  userStates(): Promise<UserStates | undefined> {
    return this.#atOneMoment(userStatesIn);
  }

  async #atOneMoment<Answer>(read: (rows: KeyValueReader, meta: Meta) => Promise<Answer>): Promise<Answer> {
    const snapshot = this.#parts.store.snapshot();
    try {
      const meta = await readMeta(snapshot);
      if (!meta) throw new NoTip();
      return await read(snapshot, meta);
    } finally {
      await snapshot.close();
    }
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

function checkForecastBlocks(blocks: number): void {
  if (Number.isInteger(blocks) && blocks >= 1 && blocks <= maxForecastBlocks) return;
  throw new InvalidParameter('blocks', `a whole number from 1 to ${maxForecastBlocks}`);
}
