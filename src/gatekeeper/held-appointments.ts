import {type AppointmentRow, decodeAppointment} from '../store/appointment-row.js';
import type {KeyValueReader} from '../store/key-value-store.js';
import {appointmentKey, appointmentOf, appointmentRange, blobKey, deviceKey, userKey} from '../store/layout.js';
import {keyPagesOf, pageRows} from '../store/pages.js';
import {decodeDevice, decodeUser, intact, type UserRow} from '../store/rows.js';
import type {Store} from '../store/store.js';
import {AuthenticationFailure, NoTip, SubscriptionExpired} from './rejections.js';
import {isExpired} from './subscription.js';

/** An appointment as its user gets it back. Numbers are u32. */
export interface Appointment {
  /** 16 bytes in hex. */
  readonly locator: string;
  readonly encryptedBlob: Uint8Array;
  readonly toSelfDelay: number;
  /** Height from which it is watched for. */
  readonly startBlock: number;
  /** Slots that it takes. */
  readonly slots: number;
  /** The user's signature over it, as it was received. */
  readonly signature: string;
}

/** A subscription as its user is shown it. Slots and heights are u32. */
export interface SubscriptionInfo {
  readonly userId: number;
  readonly availableSlots: number;
  readonly subscriptionStart: number;
  /** Absolute height. */
  readonly subscriptionExpiry: number;
  /** All his appointments, in order of locator. */
  readonly locators: string[];
}

/** An appointment as the operator is shown it: all but the blob. */
export interface FoundAppointment extends AppointmentRow {
  readonly locator: string;
  readonly subscription: number;
}

/**
 * Whom a key belongs to, if he may use the tower now.
 * @throws NoTip, AuthenticationFailure, SubscriptionExpired
 */
async function activeOwner(
  rows: KeyValueReader,
  tipHeight: number | undefined,
  key: string,
): Promise<{readonly id: number; readonly user: UserRow}> {
  if (tipHeight === undefined) throw new NoTip();
  const device = await rows.get(deviceKey(key));
  const id = device === undefined ? 0 : decodeDevice(device).userId;
  const row = id === 0 ? undefined : await rows.get(userKey(id));
  // Between the two reads a block may have deleted him.
  if (row === undefined) throw new AuthenticationFailure('key_not_registered', {key});
  const user = decodeUser(row);
  if (isExpired(user, tipHeight)) throw new SubscriptionExpired(user.expiry);
  return {id, user};
}

/** The appointment of a key's user with this locator, whole. */
export async function readAppointment(store: Store, key: string, locator: string): Promise<Appointment | undefined> {
  const {user} = await activeOwner(store.rows, store.meta?.tip.height, key);
  const place = [user.subscription, locator] as const;
  // Read together, so that both are of one moment.
  const [row, encryptedBlob] = await store.rows.getMany([appointmentKey(...place), blobKey(...place)]);
  if (row === undefined) return undefined;
  intact(encryptedBlob !== undefined, `appointment ${locator} of subscription ${user.subscription} has no blob`);
  const {toSelfDelay, startBlock, slots, signature} = decodeAppointment(row);
  return {locator, encryptedBlob, toSelfDelay, startBlock, slots, signature};
}

/** What a key's user has, all of one moment; of his appointments only the keys are read. */
export async function readSubscription(store: Store, key: string): Promise<SubscriptionInfo> {
  return onSubscription(store, key, async (rows, user) => {
    const locators: string[] = [];
    for await (const page of locatorPages(rows, user)) for (const locator of page) locators.push(locator);
    return locators;
  });
}

/** A subscription as its user is shown it, whose appointments may be too many to hold the list of them in memory. */
export interface ListedSubscription extends Omit<SubscriptionInfo, 'locators'> {
  /** In order; where they come in pages, each is as it stands when it is read. */
  readonly locators: readonly string[] | AsyncGenerator<string[]>;
}

/** As `readSubscription`; more locators than `most` come page by page. */
export async function listSubscription(store: Store, key: string, most: number): Promise<ListedSubscription> {
  return onSubscription<ListedSubscription['locators']>(store, key, async (rows, user) => {
    if (user.appointments > most) return locatorPages(store.rows, user);
    const keys = await rows.keys({...appointmentRange(user.subscription), limit: pageOf(user, most)});
    return keys.map((key) => appointmentOf(key).locator);
  });
}

async function onSubscription<Locators>(
  store: Store,
  key: string,
  locatorsOf: (rows: KeyValueReader, user: UserRow) => Promise<Locators>,
): Promise<Omit<SubscriptionInfo, 'locators'> & {readonly locators: Locators}> {
  const tipHeight = store.meta?.tip.height;
  const snapshot = store.snapshot();
  try {
    const {id, user} = await activeOwner(snapshot, tipHeight, key);
    return {
      userId: id,
      availableSlots: user.availableSlots,
      subscriptionStart: user.start,
      subscriptionExpiry: user.expiry,
      locators: await locatorsOf(snapshot, user),
    };
  } finally {
    await snapshot.close();
  }
}

/** One more than there are, so that the first page is seen to be the last. */
const pageOf = ({appointments}: UserRow, most: number): number => Math.min(appointments + 1, most);

async function* locatorPages(rows: KeyValueReader, user: UserRow): AsyncGenerator<string[]> {
  for await (const keys of keyPagesOf(rows, appointmentRange(user.subscription), pageOf(user, pageRows))) {
    yield keys.map((key) => appointmentOf(key).locator);
  }
}
