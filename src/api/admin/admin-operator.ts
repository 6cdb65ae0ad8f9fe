import type {Forecast} from '../../gatekeeper/forecast.js';
import type {UserReference} from '../../gatekeeper/user-reference.js';
import type {CopyProgress, StoreCopy} from '../../tower/store-copy.js';
import type {UserSummary} from './user-summary.js';

/** What the admin interface lets an operator do with users, and see of what is to come. */
export interface AdminOperator {
  /** Adds blocks to a subscription. @throws Rejection TOWER_USER_NOT_FOUND, TOWER_MAXIMUM_EXPIRY_REACHED */
  extend(who: UserReference, blocks: number): Promise<ExtendedUser>;
  /** Deletes a user now and for good. Answers what he was. @throws Rejection TOWER_USER_NOT_FOUND */
  delete(who: UserReference): Promise<DeletedUser>;
  /** Who expires and who is deleted, by height. */
  forecast(query: ForecastQuery): Promise<Forecast>;
  /** The same by user, in order of expiry. */
  dueUsers(query: DueUsersQuery): Promise<DueUserPage>;
  /** Appointments of users who are there, in order of subscription, then locator. */
  appointments(query: AppointmentsQuery): Promise<AppointmentPage>;
  /**
   * Copies the store as it stands now into a new folder, while everything goes on.
   * @throws Rejection TOWER_BACKUP_RUNNING; OperationalError TOWER_FOLDER_NOT_EMPTY, TOWER_FILE_FAILED, TOWER_STORE_*
   */
  copyStore(path: string, tell: (progress: CopyProgress) => void): Promise<StoreCopy>;
}

export interface ExtendedUser extends UserSummary {
  readonly tipHeight: number;
  /** Blocks that were added. */
  readonly blocks: number;
  /** Height at which the user is deleted unless he renews. */
  readonly deletionHeight: number;
}

export interface DeletedUser extends UserSummary {
  readonly tipHeight: number;
}

export interface ForecastQuery {
  /** 1 to `maxForecastBlocks`. */
  readonly blocks: number;
  /** Only heights above this; 0 from the start. */
  readonly after: number;
  /** 1 to `maxPageHeights`. */
  readonly limit: number;
}

export interface DueUsersQuery {
  readonly blocks: number;
  /** Only users behind this place, `EXPIRY:ID`. */
  readonly after?: string | undefined;
  /** 1 to `maxPageUsers`. */
  readonly limit: number;
}

export interface DueUser extends UserSummary {
  /** Height at which he is deleted unless he renews; it may lie beyond the forecast. */
  readonly deletionHeight: number;
}

export interface DueUserPage {
  readonly tipHeight: number;
  /** The last height that it covers. */
  readonly lastHeight: number;
  readonly users: readonly DueUser[];
  /** What to ask for as `after` next; null at the end. */
  readonly next: string | null;
}

export interface AppointmentsQuery {
  /** Only those with this locator. */
  readonly locator?: string | undefined;
  /** Only those behind this one, by its uuid. */
  readonly after?: string | undefined;
  /** 1 to `maxPageAppointments`. */
  readonly limit: number;
}

/** An appointment without its blob. Numbers are u32. */
export interface AppointmentView {
  /** Subscription and locator, 22 bytes in hex. */
  readonly uuid: string;
  readonly locator: string;
  readonly userId: number;
  /** The device that deposited it. */
  readonly key: string;
  readonly slots: number;
  readonly blobBytes: number;
  /** SHA-256 of the blob, hex. */
  readonly blobHash: string;
  readonly toSelfDelay: number;
  /** Height of the tip when it was accepted. */
  readonly startBlock: number;
  /** The device's signature, as it was received. */
  readonly signature: string;
}

export interface AppointmentPage {
  readonly tipHeight: number;
  /** How many all users have, not those of one locator. */
  readonly total: number;
  readonly appointments: readonly AppointmentView[];
  /** What to ask for as `after` next; null at the end. A page may have fewer than asked for, and yet a next one. */
  readonly next: string | null;
}

/** A page is built in memory and sent in one answer. */
export const maxPageAppointments = 1000;

/** With each height come up to two hundred user ids. */
export const maxPageHeights = 1000;
