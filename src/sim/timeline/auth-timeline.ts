import {unreachable} from '../../errors/index.js';
import type {AuthEvent} from '../../gatekeeper/auth/events.js';
import type {RequestKind} from '../../store/layout.js';
import type {RequestState, Verdict} from '../../store/request-row.js';
import type {Role} from '../../store/rows.js';
import type {Memory, MemoryMap} from '../world/memory.js';
import type {KnownRequest} from '../world/roster.js';

/** What a device has got. */
export interface Standing {
  readonly device: string;
  /** Its user; undefined for a node that belongs to nobody. */
  readonly user: string | undefined;
  readonly role: Role;
  /** The user is new, with these slots until this expiry. */
  readonly created: {readonly slots: number; readonly expiry: number} | undefined;
}

/** A request as the timeline calls it: `phone's signup`. */
export interface RequestTitle {
  readonly id: number;
  readonly kind: RequestKind;
  readonly device: string;
}

/** What becomes of requests and devices. */
export type AuthEntry = {readonly height: number} & (
  | {
      readonly type: 'request_received';
      readonly request: RequestTitle;
      /** Where it is not the device itself. */
      readonly as: string | undefined;
      /** Whether the device has signed it. */
      readonly proven: boolean;
      readonly supersedes: number | undefined;
    }
  /** The policy is to decide it later, or does not know yet. */
  | {readonly type: 'request_waits'; readonly request: RequestTitle; readonly asked: 'callback' | 'check'}
  | {
      readonly type: 'attempt_failed';
      readonly request: RequestTitle;
      readonly attempts: number;
      readonly readyHeight: number;
      readonly reason: string;
    }
  | {readonly type: 'answer_recorded'; readonly request: RequestTitle; readonly answer: string}
  | {readonly type: 'answer_late'; readonly request: RequestTitle; readonly state: RequestState}
  | {
      readonly type: 'request_approved';
      readonly request: RequestTitle;
      readonly by: string;
      readonly standing: Standing | undefined;
    }
  | {
      readonly type: 'request_closed';
      readonly request: RequestTitle;
      readonly state: 'denied' | 'failed' | 'superseded';
      readonly by: string;
      readonly reason: string;
    }
  | {readonly type: 'device_authorized'; readonly standing: Standing}
  | {readonly type: 'device_revoked'; readonly standing: Standing}
  | {readonly type: 'policy_hangs'; readonly request: RequestTitle; readonly blocks: number}
);

/** What the scenario calls keys, ids and requests. */
export interface AuthNames {
  ownerOf(key: string): string;
  nameOf(userId: number): string;
  request(id: number): KnownRequest | undefined;
}

/** Turns what happens to requests and devices into entries. An approval and what the device gets by it are one. */
export class AuthTimeline {
  readonly #names: AuthNames;
  /** Given by an approval that is told next. */
  #standing: (Standing & {readonly requestId: number}) | undefined;
  /** Requests of which it has been told that the check does not know yet: it would be said again in every block. */
  readonly #unknown: MemoryMap<number, true>;
  /** Requests that are past the callback. */
  readonly #inCheck: MemoryMap<number, true>;

  constructor(names: AuthNames, memory: Memory) {
    this.#names = names;
    this.#unknown = memory.map('unknown to the check');
    this.#inCheck = memory.map('in the check');
  }

  /** @param inCheck requests that were past the callback before the first event */
  begin(inCheck: Iterable<number>): void {
    for (const id of inCheck) this.#inCheck.set(id, true);
  }

  entryOf(event: AuthEvent): AuthEntry | undefined {
    const {type, height} = event;
    switch (type) {
      case 'request_received': {
        const known = this.#names.request(event.requestId);
        const as = known && known.as !== known.device ? known.as : undefined;
        const {requestId, proven, supersedes} = event;
        return {type, height, request: this.title(requestId), as, proven, supersedes: supersedes ?? undefined};
      }
      case 'request_postponed':
        return event.attempts === 0 ? this.#waits(event) : this.#failed(event);
      case 'answer_recorded': {
        const answer = this.#inWords(event.verdict);
        return {type, height, request: this.title(event.requestId), answer};
      }
      case 'answer_late':
        return {type, height, request: this.title(event.requestId), state: event.state};
      case 'request_decided':
        return this.#decided(event);
      case 'device_authorized': {
        const standing = this.#standingOf(event);
        if (event.requestId === null) return {type, height, standing};
        this.#standing = {...standing, requestId: event.requestId};
        return undefined;
      }
      case 'device_revoked':
        return {type, height, standing: this.#standingOf({...event, created: null})};
      default:
        return unreachable(event);
    }
  }

  title(id: number): RequestTitle {
    const {kind = 'new_node', device = `request ${id}`} = this.#names.request(id) ?? {};
    return {id, kind, device};
  }

  #waits({height, requestId}: Extract<AuthEvent, {type: 'request_postponed'}>): AuthEntry | undefined {
    const asked = this.#inCheck.has(requestId) ? 'check' : 'callback';
    this.#inCheck.set(requestId, true);
    if (asked === 'check' && this.#unknown.has(requestId)) return undefined;
    if (asked === 'check') this.#unknown.set(requestId, true);
    return {type: 'request_waits', height, request: this.title(requestId), asked};
  }

  #failed(event: Extract<AuthEvent, {type: 'request_postponed'}>): AuthEntry {
    const {height, requestId, attempts, readyHeight, reason} = event;
    this.#unknown.delete(requestId);
    return {type: 'attempt_failed', height, request: this.title(requestId), attempts, readyHeight, reason};
  }

  #decided(event: Extract<AuthEvent, {type: 'request_decided'}>): AuthEntry {
    const {height, requestId, state, decidedBy: by, reason} = event;
    const request = this.title(requestId);
    this.#inCheck.delete(requestId);
    this.#unknown.delete(requestId);
    if (state !== 'approved') return {type: 'request_closed', height, request, state, by, reason};
    const standing = this.#standing?.requestId === requestId ? this.#standing : undefined;
    this.#standing = undefined;
    return {type: 'request_approved', height, request, by, standing};
  }

  #standingOf({
    key,
    userId,
    role,
    created,
  }: Pick<Extract<AuthEvent, {type: 'device_authorized'}>, 'key' | 'userId' | 'role' | 'created'>): Standing {
    return {
      device: this.#names.ownerOf(key),
      user: userId === null ? undefined : this.#names.nameOf(userId),
      role,
      created: created ? {slots: created.availableSlots, expiry: created.subscriptionExpiry} : undefined,
    };
  }

  #inWords(verdict: Verdict): string {
    switch (verdict.type) {
      case 'approve_user':
        return verdict.userId === 0 ? 'a new user' : this.#names.nameOf(verdict.userId);
      case 'approve_node':
        return verdict.role;
      case 'deny':
        return `denied, ${verdict.reason}`;
      default:
        return unreachable(verdict);
    }
  }
}
