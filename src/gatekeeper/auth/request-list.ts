import type {KeyValueReader} from '../../store/key-value-store.js';
import {
  deviceKey,
  infoKey,
  publicKeyOfDevice,
  requestDueKey,
  requestDueOf,
  requestDueRange,
  requestIdOf,
  requestKey,
  requestOfKey,
  tableRange,
} from '../../store/layout.js';
import {pageRows} from '../../store/pages.js';
import {decodeIds, decodeRequest, type RequestState} from '../../store/request-row.js';
import {decodeDevice} from '../../store/rows.js';
import type {Store} from '../../store/store.js';
import {checkedKey} from '../checked-key.js';
import {InvalidParameter, NoTip} from '../rejections.js';
import {maxU32} from '../settings.js';
import {requestKinds} from './level.js';
import {requestNotFound} from './rejections.js';
import {deviceViewOf, viewOf} from './request-view.js';
import type {DevicePage, DeviceView, KeyStatus, RequestDetails, RequestPage, RequestView} from './views.js';

/** Requests and devices as they stand committed. Nothing here waits for the writer. */
export class RequestList {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Requests that wait to be decided, known without counting them. */
  get pending(): number {
    return this.#store.meta?.counters.pendingRequests ?? 0;
  }

  get unproven(): number {
    return this.#store.meta?.counters.unprovenRequests ?? 0;
  }

  /** @throws Rejection TOWER_REQUEST_NOT_FOUND, InvalidParameter */
  async get(id: number): Promise<RequestDetails> {
    const checked = checkedId(id);
    const [raw, info] = await this.#rows.getMany([requestKey(checked), infoKey(checked)]);
    if (!raw) throw requestNotFound(id);
    const row = decodeRequest(raw);
    const isOpen = row.state === 'pending' && info !== undefined;
    return {...viewOf(id, row, this.#meta.settings), info: isOpen ? Buffer.from(info).toString() : null};
  }

  /** Requests with an id above `after`, in order of id; of one state, if it is named. At most `limit` of 1,000. */
  async page(options: {
    readonly state?: RequestState | undefined;
    readonly after?: number | undefined;
    readonly limit: number;
  }): Promise<RequestPage> {
    const {state, after = 0} = options;
    const limit = Math.min(options.limit, pageRows);
    if (after !== 0) checkedId(after);
    return state === 'pending' ? this.#pendingPage(after, limit) : this.#page(state, after, limit);
  }

  /** What a key is to the tower, and its newest request of each kind. */
  async status(publicKey: string): Promise<KeyStatus> {
    const key = checkedKey(publicKey);
    const newest = await this.#rows.getMany(requestKinds.map((kind) => requestOfKey(key, kind)));
    const ids = newest.flatMap((row) => (row ? decodeIds(row) : []));
    return {key, device: (await this.device(key)) ?? null, requests: await this.#views(ids)};
  }

  async device(publicKey: string): Promise<DeviceView | undefined> {
    const key = checkedKey(publicKey);
    const row = await this.#rows.get(deviceKey(key));
    return row && deviceViewOf(key, decodeDevice(row));
  }

  /** Authorized devices in order of key, those above `after`, at most `limit` of 1,000. */
  async devices(options: {readonly after?: string | undefined; readonly limit: number}): Promise<DevicePage> {
    const limit = Math.min(options.limit, pageRows);
    const {from, to} = tableRange('device');
    const first = options.after === undefined ? from : `${deviceKey(checkedKey(options.after))}\0`;
    const page = await this.#rows.range({from: first, to, limit});
    const devices = page.map(([key, row]) => deviceViewOf(publicKeyOfDevice(key), decodeDevice(row)));
    return {devices, next: devices.length < limit ? null : (devices.at(-1)?.key ?? null)};
  }

  /**
   * Pending requests stand in an index by the height at which they were received, and ids grow with time, but for blocks
   * that came again. So the index is followed from the height of the last one shown.
   */
  async #pendingPage(after: number, limit: number): Promise<RequestPage> {
    const shown = after === 0 ? undefined : await this.#rows.get(requestKey(after));
    const height = shown ? decodeRequest(shown).receivedHeight : 0;
    const {from, to} = requestDueRange('t', height, maxU32);
    const ids: number[] = [];
    for (let next = shown ? `${requestDueKey('t', height, after)}\0` : from; ids.length < limit;) {
      const page = await this.#rows.range({from: next, to, limit: pageRows});
      for (const [key] of page) {
        const {id} = requestDueOf(key);
        // One that has been forgotten since it was shown tells no place.
        if ((shown || id > after) && ids.length < limit) ids.push(id);
      }
      if (page.length < pageRows) break;
      next = `${page[page.length - 1]![0]}\0`;
    }
    return {requests: await this.#views(ids), next: ids.length < limit ? null : ids.at(-1)!};
  }

  /** Looks at a bounded number of requests, so that a page may have fewer than asked for, and yet a next one. */
  async #page(state: RequestState | undefined, after: number, limit: number): Promise<RequestPage> {
    const {to} = tableRange('request');
    const page = await this.#rows.range({from: `${requestKey(after)}\0`, to, limit: state ? pageRows : limit});
    const requests: RequestView[] = [];
    for (const [key, raw] of page) {
      const id = requestIdOf(key);
      const row = decodeRequest(raw);
      if (state !== undefined && row.state !== state) continue;
      requests.push(viewOf(id, row, this.#meta.settings));
      if (requests.length === limit) return {requests, next: id};
    }
    const isLast = page.length < (state ? pageRows : limit);
    return {requests, next: isLast ? null : requestIdOf(page[page.length - 1]![0])};
  }

  async #views(ids: readonly number[]): Promise<RequestView[]> {
    const rows = await this.#rows.getMany(ids.map(requestKey));
    // One that was forgotten between the two reads is passed over.
    return ids.flatMap((id, i) => (rows[i] ? [viewOf(id, decodeRequest(rows[i]), this.#meta.settings)] : []));
  }

  get #rows(): KeyValueReader {
    return this.#store.rows;
  }

  get #meta() {
    const {meta} = this.#store;
    if (!meta) throw new NoTip();
    return meta;
  }
}

/** @throws InvalidParameter */
export function checkedId(id: number): number {
  if (!Number.isSafeInteger(id) || id < 1 || id > maxRequestId) {
    throw new InvalidParameter('request id', `a whole number from 1 to ${maxRequestId}`);
  }
  return id;
}

const maxRequestId = 0xffff_ffff_ffff;
