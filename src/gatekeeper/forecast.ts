import {assert} from '../errors/index.js';
import type {KeyValueReader} from '../store/key-value-store.js';
import {blobBytesOf} from '../store/appointment-row.js';
import {appointmentRange, dueKey, dueOf, dueRange, userKey} from '../store/layout.js';
import type {Meta} from '../store/meta.js';
import {pageRows, pagesOf} from '../store/pages.js';
import {decodeUser, type UserRow} from '../store/rows.js';
import {maxU32} from './settings.js';

/** A year of blocks: beyond it, nobody plans. */
export const maxForecastBlocks = 52_560;
/** Users named of those who expire, or are deleted, at one height; the rest is only counted. */
const namedUsers = 100;
/** Appointments that are read for one forecast at most: some seconds of work. */
export const readAppointments = 1_000_000;
/** Users whose appointments are read at once. */
const usersAtOnce = 16;

/** What users have and use, summed up. */
export interface Holdings {
  readonly users: number;
  readonly availableSlots: number;
  /** Slots that appointments take. */
  readonly takenSlots: number;
  readonly appointments: number;
  /** Bytes of their blobs; null when the appointments of a forecast are too many to read. */
  readonly blobBytes: number | null;
}

export interface NamedHoldings extends Holdings {
  /** The first hundred of them. */
  readonly userIds: readonly number[];
}

/** Who expires in the block at this height, and who is deleted in it, unless somebody renews. */
export interface ForecastHeight {
  readonly height: number;
  readonly expiring: NamedHoldings;
  readonly deleted: NamedHoldings;
}

export interface Forecast {
  readonly tipHeight: number;
  /** The last height that it covers. */
  readonly lastHeight: number;
  /** Of all heights together. */
  readonly expiring: Holdings;
  readonly deleted: Holdings;
  /** Heights at which somebody is due, in order. */
  readonly heights: readonly ForecastHeight[];
  /** What to ask for as `after` next; null at the end. */
  readonly next: number | null;
}

/** A user who expires or is deleted within a forecast. */
export interface DueUser {
  readonly id: number;
  readonly user: UserRow;
  /** Height of the block that deletes him. */
  readonly deletionHeight: number;
}

/** A place in the list of those who are due: by expiry, then by id. */
export interface DuePlace {
  readonly expiry: number;
  readonly userId: number;
}

interface Question {
  /** Of one moment: the meta row's. */
  readonly rows: KeyValueReader;
  readonly meta: Meta;
  /** From the tip on. */
  readonly blocks: number;
}

/** The forecast for so many blocks. Its cost follows how many users are due in them, not how many there are. */
export async function forecastOf(
  question: Question,
  {after, limit}: {readonly after: number; readonly limit: number},
): Promise<Forecast> {
  const tipHeight = question.meta.tip.height;
  const lastHeight = tipHeight + question.blocks;
  const expiring = new Sum();
  const deleted = new Sum();
  const byHeight = new Map<number, {expiring: Sum; deleted: Sum}>();
  const at = (height: number) => {
    const known = byHeight.get(height) ?? {expiring: new Sum(), deleted: new Sum()};
    byHeight.set(height, known);
    return known;
  };
  const depositors: Depositor[] = [];
  for await (const page of duePages(question)) {
    for (const {id, user, deletionHeight} of page) {
      const sums = [
        ...(user.expiry > tipHeight ? [expiring, at(user.expiry).expiring] : []),
        ...(deletionHeight <= lastHeight ? [deleted, at(deletionHeight).deleted] : []),
      ];
      for (const sum of sums) sum.add(id, user);
      // Not his whole row: of a million users, the devices take most.
      const {subscription, appointments} = user;
      if (appointments > 0) depositors.push({subscription, appointments, sums});
    }
  }
  await addBlobBytes(question.rows, depositors);
  const heights = [...byHeight.keys()].filter((height) => height > after).sort((a, b) => a - b);
  const shown = heights.slice(0, limit);
  return {
    tipHeight,
    lastHeight,
    expiring: expiring.holdings,
    deleted: deleted.holdings,
    heights: shown.map((height) => {
      const {expiring, deleted} = byHeight.get(height)!;
      return {height, expiring: expiring.named, deleted: deleted.named};
    }),
    next: heights.length > shown.length ? shown.at(-1)! : null,
  };
}

/** Those who expire or are deleted within so many blocks, in order of expiry, page by page. */
export async function* duePages(question: Question, after?: DuePlace, limit = pageRows): AsyncGenerator<DueUser[]> {
  const {rows, meta} = question;
  const {expiryDelta} = meta.settings;
  const nextHeight = meta.tip.height + 1;
  for (const {from: first, to} of dueRanges(question)) {
    let from = after ? laterOf(first, `${dueKey('e', after.expiry, after.userId)}\0`) : first;
    for (;;) {
      const page = await rows.range({from, to, limit});
      const dues = page.map(([key]) => dueOf(key));
      const users = await rows.getMany(dues.map(({id}) => userKey(id)));
      yield dues.map(({id, height}, i) => {
        const user = users[i];
        assert(user, `user ${id} is due at ${height} but has no row`);
        // One who is outdated already goes with the next block.
        return {id, user: decodeUser(user), deletionHeight: Math.max(nextHeight, height + expiryDelta)};
      });
      if (page.length < limit) break;
      from = `${page[page.length - 1]![0]}\0`;
    }
  }
}

/** Where those stand who are due: who is in grace and stays so through all of the forecast is not. */
function dueRanges({meta: {tip, settings, progress}, blocks}: Question): {from: string; to: string}[] {
  const lastHeight = Math.min(tip.height + blocks, maxU32);
  const lastDeleted = Math.min(tip.height, lastHeight - settings.expiryDelta);
  const inGrace = {from: progress.sweptExpiry + 1, to: lastDeleted};
  const active = {from: Math.max(progress.sweptExpiry, tip.height) + 1, to: lastHeight};
  return [inGrace, active].filter(({from, to}) => from <= to).map(({from, to}) => dueRange('e', from, to));
}

const laterOf = (a: string, b: string): string => (a < b ? b : a);

/** A user with appointments, and where their bytes count. */
interface Depositor extends Pick<UserRow, 'subscription' | 'appointments'> {
  readonly sums: readonly Sum[];
}

async function addBlobBytes(rows: KeyValueReader, depositors: readonly Depositor[]): Promise<void> {
  const appointments = depositors.reduce((sum, depositor) => sum + depositor.appointments, 0);
  if (appointments > readAppointments) {
    for (const {sums} of depositors) for (const sum of sums) sum.addBytes(null);
    return;
  }
  for (let first = 0; first < depositors.length; first += usersAtOnce) {
    const some = depositors.slice(first, first + usersAtOnce);
    const bytes = await Promise.all(some.map(({subscription}) => blobBytesOn(rows, subscription)));
    some.forEach(({sums}, i) => {
      for (const sum of sums) sum.addBytes(bytes[i]!);
    });
  }
}

async function blobBytesOn(rows: KeyValueReader, subscription: number): Promise<number> {
  let bytes = 0;
  for await (const page of pagesOf(rows, appointmentRange(subscription))) {
    for (const [, row] of page) bytes += blobBytesOf(row);
  }
  return bytes;
}

/** Adds users up. */
class Sum {
  #users = 0;
  #availableSlots = 0;
  #takenSlots = 0;
  #appointments = 0;
  #blobBytes: number | null = 0;
  readonly #userIds: number[] = [];

  add(id: number, user: UserRow): void {
    this.#users++;
    this.#availableSlots += user.availableSlots;
    this.#takenSlots += user.grantedSlots - user.availableSlots;
    this.#appointments += user.appointments;
    if (this.#userIds.length < namedUsers) this.#userIds.push(id);
  }

  addBytes(bytes: number | null): void {
    this.#blobBytes = bytes === null || this.#blobBytes === null ? null : this.#blobBytes + bytes;
  }

  get holdings(): Holdings {
    return {
      users: this.#users,
      availableSlots: this.#availableSlots,
      takenSlots: this.#takenSlots,
      appointments: this.#appointments,
      blobBytes: this.#blobBytes,
    };
  }

  get named(): NamedHoldings {
    return {...this.holdings, userIds: this.#userIds};
  }
}
