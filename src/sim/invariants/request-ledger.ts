import type {GatekeeperSettings} from '../../gatekeeper/settings.js';
import type {AuthEvent} from '../../gatekeeper/auth/events.js';
import type {RequestKind} from '../../store/layout.js';
import type {RequestState} from '../../store/request-row.js';
import type {RowView} from './row-view.js';

/** A request as the events tell of it. */
export interface KnownRequest {
  readonly id: number;
  readonly kind: RequestKind;
  readonly key: string;
  readonly receivedHeight: number;
  /** Whether its device has signed it. */
  readonly proven: boolean;
  state: RequestState;
  /** Height at which it was closed. */
  closedHeight: number | null;
  /** A verdict is on record and waits for a block. */
  answered: boolean;
  /** What it went through besides the transitions that there are. */
  readonly odd: string[];
}

type RequestEvent = Extract<
  AuthEvent,
  {type: 'request_received' | 'request_postponed' | 'answer_recorded' | 'request_decided'}
>;

/** Which requests there are and what has become of each, by the events alone. */
export class RequestLedger {
  readonly known = new Map<number, KnownRequest>();
  highestId = 0;
  /** Ids that were given out twice, or out of turn. */
  readonly misnumbered: number[] = [];
  /** The newest of a device and kind, and the newest that the device has signed. */
  readonly #newest = new Map<string, number>();
  readonly #newestSigned = new Map<string, number>();
  readonly #expiredAt = new Map<number, number[]>();

  enter(event: RequestEvent, settings: GatekeeperSettings): void {
    if (event.type === 'request_received') return this.#receive(event, settings);
    const request = this.known.get(event.requestId);
    if (!request) return;
    if (event.type === 'request_postponed') {
      request.answered = false;
      this.#expect(request, 'pending', 'was put off');
    } else if (event.type === 'answer_recorded') {
      if (request.answered) request.odd.push('was answered twice');
      request.answered = true;
      this.#expect(request, 'pending', 'was answered');
    } else {
      const wasExpired = request.state === 'expired' && event.state === 'superseded';
      if (!wasExpired) this.#expect(request, 'pending', `became ${event.state}`);
      this.#close(request, event.state, event.height);
    }
  }

  /** Phase 3 of a block. Answers the ids. */
  expire(height: number, timeToLive: number): number[] {
    const ids: number[] = [];
    for (const request of this.known.values()) {
      if (request.state !== 'pending' || height < request.receivedHeight + timeToLive) continue;
      this.#close(request, 'expired', height);
      ids.push(request.id);
    }
    this.#expiredAt.set(height, ids);
    return ids;
  }

  /** Undoes it. Answers the ids of those that are pending again. */
  reopen(height: number, hasWhat: (kind: RequestKind, key: string) => boolean): number[] {
    const ids: number[] = [];
    for (const id of this.#expiredAt.get(height) ?? []) {
      const request = this.known.get(id);
      if (request?.state !== 'expired') continue;
      const {kind, key, proven} = request;
      const what = `${key} ${kind}`;
      // What a stranger has sent takes nothing from what the device has signed.
      const isNewest = this.#newest.get(what) === id || (proven && this.#newestSigned.get(what) === id);
      const login = proven || kind !== 'user_signup' ? undefined : this.#newestSigned.get(`${key} user_login`);
      if (!isNewest || (login !== undefined && login > id) || hasWhat(kind, key)) continue;
      this.#newest.set(what, id);
      request.state = 'pending';
      request.closedHeight = null;
      ids.push(id);
    }
    this.#expiredAt.delete(height);
    return ids;
  }

  /** Pending requests beside another that should have taken their place, or found them. */
  needless(): {readonly id: number; readonly beside: number}[] {
    const pending = [...this.known.values()].filter(({state}) => state === 'pending');
    const newest = new Map(pending.map(({key, kind, id}) => [`${key} ${kind}`, id]));
    return pending.flatMap(({id, key, kind, proven}) => {
      const besides = [newest.get(`${key} ${kind}`), proven ? undefined : this.#signedLogin(key, kind)];
      const beside = besides.find((other) => other !== undefined && other !== id);
      return beside === undefined ? [] : [{id, beside}];
    });
  }

  /** A login that its device has signed takes the place of a signup that came in its name. */
  #signedLogin(key: string, kind: RequestKind): number | undefined {
    const login = kind === 'user_signup' ? this.#newestSigned.get(`${key} user_login`) : undefined;
    return login !== undefined && this.known.get(login)?.state === 'pending' ? login : undefined;
  }

  makeFinal(): void {
    this.#expiredAt.clear();
  }

  adopt({requests, meta}: RowView): void {
    this.highestId = meta.counters.nextRequestId - 1;
    for (const [id, row] of requests) {
      const {kind, key, receivedHeight, state, closing, answer, proven} = row;
      const closedHeight = closing?.height ?? null;
      const answered = answer !== null;
      this.known.set(id, {id, kind, key, receivedHeight, proven, state, closedHeight, answered, odd: []});
      const newest = `${key} ${kind}`;
      this.#newest.set(newest, Math.max(id, this.#newest.get(newest) ?? 0));
      if (proven) this.#newestSigned.set(newest, Math.max(id, this.#newestSigned.get(newest) ?? 0));
      if (state !== 'expired' || closedHeight === null) continue;
      this.#expiredAt.set(closedHeight, [...(this.#expiredAt.get(closedHeight) ?? []), id]);
    }
  }

  #receive(
    {requestId: id, kind, key, height, supersedes, proven}: Extract<RequestEvent, {type: 'request_received'}>,
    {maxPendingRequests, maxUnprovenRequests}: GatekeeperSettings,
  ): void {
    if (id !== this.highestId + 1) this.misnumbered.push(id);
    this.highestId = Math.max(this.highestId, id);
    const before = supersedes === null ? undefined : this.known.get(supersedes);
    if (before) {
      this.#expect(before, 'pending', 'was superseded');
      this.#close(before, 'superseded', height);
    }
    const [most, what] = proven ? [maxPendingRequests, 'signed'] : [maxUnprovenRequests, 'unproven'];
    const others = [...this.known.values()].filter((it) => it.state === 'pending' && it.proven === proven).length;
    // One in the place of another of the device's own needs no room.
    const odd = others < most || (proven && before?.proven) ? [] : [`came when ${others} ${what} ones were pending`];
    const fresh = {answered: false, closedHeight: null, odd};
    this.known.set(id, {id, kind, key, receivedHeight: height, proven, state: 'pending', ...fresh});
    this.#newest.set(`${key} ${kind}`, id);
    if (proven) this.#newestSigned.set(`${key} ${kind}`, id);
  }

  #close(request: KnownRequest, state: RequestState, height: number): void {
    request.state = state;
    request.closedHeight = height;
  }

  #expect({state, odd}: KnownRequest, expected: RequestState, what: string): void {
    if (state !== expected) odd.push(`${what} when it was ${state}`);
  }
}
