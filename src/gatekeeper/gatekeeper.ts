import {appointmentReceipt, registrationReceipt} from '../crypto/receipt.js';
import type {Signatures} from '../crypto/signatures.js';
import {dueOf, dueRange, userKey} from '../store/layout.js';
import {pagesOf} from '../store/pages.js';
import {decodeUser} from '../store/rows.js';
import type {Store} from '../store/store.js';
import {appointmentReads, takeBack, takeDeposit} from './appointment.js';
import {appointmentPage} from './appointment-list.js';
import type {Place} from './appointment-place.js';
import {checkedKey} from './checked-key.js';
import {checkedDeposit, checkedLocator, type Deposit} from './deposit.js';
import {
  type Appointment,
  type FoundAppointment,
  readAppointment,
  readSubscription,
  type SubscriptionInfo,
} from './held-appointments.js';
import type {Lock} from './lock.js';
import {RegisteredUsers} from './registered-users.js';
import {register, registrationReads} from './registration.js';
import {AuthenticationFailure, InvalidParameter} from './rejections.js';
import type {GatekeeperSettings} from './settings.js';
import {isExpired} from './subscription.js';
import {parseUuid} from './user-info.js';

export interface GatekeeperParts<BlockProcessor> {
  readonly store: Store;
  readonly lock: Lock;
  readonly blockProcessor: BlockProcessor;
  /** The settings in force before the store has begun. */
  readonly settings: GatekeeperSettings;
  /** Signs receipts with the tower's key, and tells who has signed a request. */
  readonly signatures: Signatures;
}

export interface RegistrationReply {
  readonly userId: number;
  readonly availableSlots: number;
  readonly subscriptionStart: number;
  /** Absolute height. */
  readonly subscriptionExpiry: number;
  /** zbase32 signature of the tower over the registration receipt. */
  readonly subscriptionSignature: string;
}

export interface AppointmentReply {
  readonly userId: number;
  /** What remains. */
  readonly availableSlots: number;
  /** Height from which the tower watches. */
  readonly startBlock: number;
  /** Absolute height. */
  readonly subscriptionExpiry: number;
  /** Whether an appointment with this locator stood already. */
  readonly updated: boolean;
  /** zbase32 signature of the tower over the appointment receipt. */
  readonly receipt: string;
}

/**
 * In charge of access to the tower: only registered users may use it. Source: the TEOS Gatekeeper.
 * Requests are answered once they are on disk; reads see what is committed and never wait.
 */
export class Gatekeeper<BlockProcessor = unknown> {
  readonly registeredUsers: RegisteredUsers;
  readonly blockProcessor: BlockProcessor;
  /** The single writer. */
  readonly lock: Lock;
  /** The user database. */
  readonly userDb: Store;
  readonly #settings: GatekeeperSettings;
  readonly #signatures: Signatures;

  constructor({store, lock, blockProcessor, settings, signatures}: GatekeeperParts<BlockProcessor>) {
    this.registeredUsers = new RegisteredUsers(store);
    this.blockProcessor = blockProcessor;
    this.lock = lock;
    this.userDb = store;
    this.#settings = settings;
    this.#signatures = signatures;
  }

  get settings(): GatekeeperSettings {
    return this.userDb.meta?.settings ?? this.#settings;
  }

  /** Slots that a registration or renewal adds. */
  get subscriptionSlots(): number {
    return this.settings.subscriptionSlots;
  }

  /** Blocks from a registration to its expiry. */
  get subscriptionDuration(): number {
    return this.settings.subscriptionDuration;
  }

  /** Blocks of grace after expiry. */
  get expiryDelta(): number {
    return this.settings.expiryDelta;
  }

  /**
   * Registers a key, or adds slots and time to the subscription of its user; a device that was let in by a decision
   * gets that subscription as it is the first time.
   *
   * @param key compressed public key, 33 bytes in hex
   * @throws InvalidParameter, MaximumSlotsReached, MaximumExpiryReached, NoTip
   */
  async addUpdateUser(key: string): Promise<RegistrationReply> {
    const userKey = checkedKey(key);
    const {id: userId, user} = await this.lock.submit({
      ...registrationReads(userKey),
      actor: `user:${userKey}`,
      run: (transaction, publish) => register(transaction, publish, userKey),
    });
    const promise = {
      availableSlots: user.availableSlots,
      subscriptionStart: user.start,
      subscriptionExpiry: user.expiry,
    };
    return {
      userId,
      ...promise,
      subscriptionSignature: await this.#signatures.sign(registrationReceipt({userKey, ...promise})),
    };
  }

  /**
   * Stores an appointment and charges it to the subscription of a key; an update charges or returns the difference. All
   * of it is on disk, or none. The caller has proven that the key signed it. What stands so already, since this very
   * tip, is not written again.
   *
   * @throws InvalidParameter, AuthenticationFailure, SubscriptionExpired, NotEnoughSlots, NoTip
   */
  async addUpdateAppointment(key: string, deposit: Deposit): Promise<AppointmentReply> {
    const userKey = checkedKey(key);
    const checked = checkedDeposit(deposit);
    const {locator} = checked;
    const {user, appointment, updated} = await this.lock.submit({
      ...appointmentReads(userKey, locator),
      bytes: checked.encryptedBlob.length,
      actor: `user:${userKey}`,
      run: (transaction, publish) => takeDeposit(transaction, publish, userKey, checked),
    });
    const {userId, startBlock, signature: userSignature} = appointment;
    return {
      userId,
      availableSlots: user.availableSlots,
      startBlock,
      subscriptionExpiry: user.expiry,
      updated,
      receipt: await this.#signatures.sign(appointmentReceipt({userSignature, startBlock})),
    };
  }

  /**
   * The appointment of a key's user with this locator, or undefined.
   *
   * @throws InvalidParameter, AuthenticationFailure, SubscriptionExpired, NoTip
   */
  async appointment(key: string, locator: string): Promise<Appointment | undefined> {
    return readAppointment(this.userDb, checkedKey(key), checkedLocator(locator));
  }

  /**
   * The subscription of a key, with the locators of all its appointments.
   *
   * @throws InvalidParameter, AuthenticationFailure, SubscriptionExpired, NoTip
   */
  async subscriptionInfo(key: string): Promise<SubscriptionInfo> {
    return readSubscription(this.userDb, checkedKey(key));
  }

  /**
   * Every user's appointment with this locator, expired subscriptions included: what an operator asks for.
   *
   * @param limit how many at most, up to 1000. @default 1000
   * @throws InvalidParameter
   */
  async findAppointments(locator: string, {limit = 1_000} = {}): Promise<readonly FoundAppointment[]> {
    const {appointments} = await appointmentPage(this.userDb.rows, {locator: checkedLocator(locator), limit});
    return appointments;
  }

  /**
   * The key that signed a message, if it is registered.
   *
   * @param signature Lightning message signature, in zbase32 or in hex
   * @throws AuthenticationFailure; its `facts.reason` tells which of the two failed
   */
  async authenticateUser(message: Uint8Array, signature: string): Promise<string> {
    const key = await this.#signatures.recoverKey(message, signature);
    if (key === undefined) throw new AuthenticationFailure('key_not_recovered');
    if (!(await this.registeredUsers.has(key))) throw new AuthenticationFailure('key_not_registered', {key});
    return key;
  }

  /**
   * Whether the subscription of a key has expired, and when it does.
   *
   * @throws InvalidParameter, AuthenticationFailure when the key is not registered
   */
  async hasSubscriptionExpired(key: string): Promise<{expired: boolean; expiry: number}> {
    const user = await this.registeredUsers.get(checkedKey(key));
    if (!user) throw new AuthenticationFailure('key_not_registered', {key});
    const expiry = user.subscriptionExpiry;
    return {expired: isExpired({expiry}, this.userDb.meta?.tip.height ?? 0), expiry};
  }

  /** Ids and devices of the users that the block at this height deletes, if it comes next and nobody renews. */
  async *outdatedUsers(height: number): AsyncGenerator<{userId: number; keys: string[]; expiry: number}> {
    const last = height - this.expiryDelta;
    const swept = this.userDb.meta?.progress.sweptExpiry ?? -1;
    if (last <= swept) return;
    const snapshot = this.userDb.snapshot();
    try {
      for await (const page of pagesOf(snapshot, dueRange('e', swept + 1, last))) {
        const dues = page.map(([key]) => dueOf(key));
        const users = await snapshot.getMany(dues.map(({id}) => userKey(id)));
        for (const [i, {id, height: expiry}] of dues.entries()) {
          yield {userId: id, keys: decodeUser(users[i]!).devices.map(({key}) => key), expiry};
        }
      }
    } finally {
      await snapshot.close();
    }
  }

  /**
   * Deletes appointments.
   *
   * @param appointments uuid to the key of its user; those that are not there are passed over
   * @returns how many were deleted
   * @throws InvalidParameter
   */
  async deleteAppointments(
    appointments: ReadonlyMap<string, string>,
    {refund}: {readonly refund: boolean},
  ): Promise<number> {
    const placesByKey = new Map<string, Place[]>();
    for (const [uuid, key] of appointments) {
      const place = parseUuid(uuid);
      if (!place) throw new InvalidParameter('uuid', '22 bytes in hex');
      const userKey = checkedKey(key);
      const places = placesByKey.get(userKey);
      if (places) places.push(place);
      else placesByKey.set(userKey, [place]);
    }
    return this.lock.submit({
      actor: 'operator',
      run: (transaction, publish) => takeBack(transaction, publish, placesByKey, {refund}),
    });
  }
}
