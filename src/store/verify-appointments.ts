import {createHash} from 'node:crypto';
import {type AppointmentRow, decodeAppointment} from './appointment-row.js';
import type {Check} from './check.js';
import type {KeyValueReader} from './key-value-store.js';
import {appointmentKey, appointmentOf, blobKey, locatorKey, locatorOf, placeOfBlob, tableRange} from './layout.js';
import {keyPagesOf, pagesOf} from './pages.js';

/** Bytes of blobs that are read at once; a larger blob is read alone. */
const blobBytesAtOnce = 4 * 1024 * 1024;

/** Appointments and their slots, by subscription; of user 0 where several are said to have it. */
export type Taken = Map<number, {count: number; slots: number; userId: number}>;

type Place = ReturnType<typeof appointmentOf>;
interface Standing {
  readonly place: Place;
  readonly row: AppointmentRow;
}

const named = ({locator, subscription}: Place): string => `appointment ${locator} of subscription ${subscription}`;

export async function verifyAppointments(rows: KeyValueReader, taken: Taken, check: Check): Promise<number> {
  let appointments = 0;
  for await (const page of pagesOf(rows, tableRange('appointment'))) {
    const standing = page.map(([key, value]): Standing => ({place: appointmentOf(key), row: decodeAppointment(value)}));
    const indexed = await rows.getMany(standing.map(({place}) => locatorKey(place.locator, place.subscription)));
    standing.forEach(({place, row}, i) => {
      const {count, slots, userId} = taken.get(place.subscription) ?? {count: 0, slots: 0, userId: row.userId};
      taken.set(place.subscription, {
        count: count + 1,
        slots: slots + row.slots,
        userId: userId === row.userId ? userId : 0,
      });
      check.that(indexed[i] !== undefined, () => `${named(place)} has no locator row`);
    });
    for (const some of inHandfuls(standing)) await verifyContents(rows, some, check);
    appointments += page.length;
  }
  for await (const page of keyPagesOf(rows, tableRange('locator'))) {
    const places = page.map(locatorOf);
    const found = await rows.getMany(places.map(({locator, subscription}) => appointmentKey(subscription, locator)));
    found.forEach((value, i) => {
      check.that(value !== undefined, () => `locator row ${places[i]!.locator} has no appointment`);
    });
  }
  return appointments;
}

/** No blob stands without its appointment. */
export async function verifyBlobs(rows: KeyValueReader, check: Check): Promise<void> {
  for await (const page of keyPagesOf(rows, tableRange('blob'))) {
    const places = page.map(placeOfBlob);
    const found = await rows.getMany(places.map(({subscription, locator}) => appointmentKey(subscription, locator)));
    found.forEach((value, i) => {
      check.that(value !== undefined, () => `a blob stands without ${named(places[i]!)}`);
    });
  }
}

async function verifyContents(rows: KeyValueReader, standing: readonly Standing[], check: Check): Promise<void> {
  const blobs = await rows.getMany(standing.map(({place}) => blobKey(place.subscription, place.locator)));
  standing.forEach(({place, row}, i) => {
    const blob = blobs[i];
    check.that(blob !== undefined, () => `${named(place)} has no blob`);
    if (blob === undefined) return;
    const isWhole = blob.length === row.blobBytes && sha256(blob) === row.blobHash;
    check.that(isWhole, () => `${named(place)} has another blob than the one that was deposited`);
  });
}

/** Appointments in order, as many at once as their blobs may be read together. */
function* inHandfuls(standing: readonly Standing[]): Iterable<Standing[]> {
  let handful: Standing[] = [];
  let bytes = 0;
  for (const one of standing) {
    if (handful.length > 0 && bytes + one.row.blobBytes > blobBytesAtOnce) {
      yield handful;
      handful = [];
      bytes = 0;
    }
    handful.push(one);
    bytes += one.row.blobBytes;
  }
  if (handful.length > 0) yield handful;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
