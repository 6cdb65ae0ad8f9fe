import {decodeAppointment} from '../store/appointment-row.js';
import type {KeyValueReader} from '../store/key-value-store.js';
import {
  appointmentKey,
  appointmentOf,
  appointmentRange,
  locatorKey,
  locatorOf,
  locatorRange,
  tableRange,
  userKey,
} from '../store/layout.js';
import {pageRows} from '../store/pages.js';
import {decodeUser} from '../store/rows.js';
import type {Place} from './appointment-place.js';
import type {FoundAppointment} from './held-appointments.js';

/** Pages that are looked at for one answer: what deleted users have left, and is not purged yet, fills many of them. */
const pagesAtOnce = 100;

export interface AppointmentPage {
  readonly appointments: readonly FoundAppointment[];
  /** What to ask for as `after` next; null at the end. A page may have fewer than asked for, and yet a next one. */
  readonly next: Place | null;
}

export interface AppointmentQuery {
  /** Only those with this locator. @default all */
  readonly locator?: string | undefined;
  /** Only those behind this place. @default from the start */
  readonly after?: Place | undefined;
  /** At most so many, up to 1,000. */
  readonly limit: number;
}

/** Appointments of users who are there, in order of subscription, then locator. Their blobs are not read. */
export async function appointmentPage(
  rows: KeyValueReader,
  {locator, after, limit}: AppointmentQuery,
): Promise<AppointmentPage> {
  const index = locator === undefined ? byPlace : byLocator(locator);
  const found: FoundAppointment[] = [];
  const atOnce = Math.min(limit, pageRows);
  let from = after ? `${index.key(after)}\0` : index.from;
  for (let pages = 0; ; pages++) {
    const wanted = atOnce - found.length;
    const keys = await rows.keys({from, to: index.to, limit: wanted});
    const places = keys.map(index.place);
    const standing = await standingAt(rows, places);
    found.push(...standing.filter((one) => one !== undefined));
    const last = places.at(-1);
    if (!last || keys.length < wanted) return {appointments: found, next: null};
    if (found.length === atOnce || pages === pagesAtOnce) return {appointments: found, next: last};
    // Nobody has this subscription any more: what else it has left need not be looked at.
    const isLeft = locator === undefined && standing.at(-1) === undefined;
    from = isLeft ? appointmentRange(last.subscription).to : `${index.key(last)}\0`;
  }
}

interface Index {
  readonly from: string;
  readonly to: string;
  key(place: Place): string;
  place(key: string): Place;
}

const byPlace: Index = {
  ...tableRange('appointment'),
  key: ({subscription, locator}) => appointmentKey(subscription, locator),
  place: appointmentOf,
};

const byLocator = (locator: string): Index => ({
  ...locatorRange(locator),
  key: ({subscription}) => locatorKey(locator, subscription),
  place: locatorOf,
});

/** The appointments at these places; undefined for what a deleted user has left. */
async function standingAt(rows: KeyValueReader, places: readonly Place[]): Promise<(FoundAppointment | undefined)[]> {
  const raws = await rows.getMany(places.map(({subscription, locator}) => appointmentKey(subscription, locator)));
  const appointments = raws.map((raw) => raw && decodeAppointment(raw));
  const users = await rows.getMany(appointments.map((appointment) => userKey(appointment?.userId ?? 0)));
  return places.map((place, i) => {
    const [appointment, user] = [appointments[i], users[i]];
    const stands = appointment && user && decodeUser(user).subscription === place.subscription;
    return stands ? {...appointment, ...place} : undefined;
  });
}
