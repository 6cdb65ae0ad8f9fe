import {type ErrorCode, unreachable} from '../../errors/index.js';
import type {GatekeeperSettings} from '../../gatekeeper/settings.js';
import type {RequestCount, TowerEvent} from '../../tower/events.js';
import {type AuthEntry, type AuthNames, AuthTimeline, type RequestTitle} from './auth-timeline.js';
import type {FaultKind} from '../faults/fault.js';
import {Memory, type MemoryMap} from '../world/memory.js';
import {titleText} from './request-text.js';
import type {Refusable, RestartKind} from '../scenario/scenario.js';

/** One line of the story that a run tells. Users are named as in the scenario. */
export type TimelineEntry = AuthEntry | StoryEntry;

type StoryEntry = {readonly height: number} & (
  | {readonly type: 'note'; readonly text: string}
  /** `goesOn`: the tower has been there before, in the world of a file or of a snapshot. */
  | {readonly type: 'started'; readonly seed: string | number; readonly goesOn?: true}
  | {
      readonly type: 'registered' | 'renewed' | 'answered';
      readonly user: string;
      readonly device: string;
      readonly slots: number;
      readonly expiry: number;
    }
  | {
      readonly type: 'appointment_added' | 'appointment_updated';
      readonly user: string;
      readonly device: string;
      readonly name: string;
      /** Slots that the appointment takes now. */
      readonly slots: number;
      readonly availableSlots: number;
    }
  | {
      readonly type: 'connected';
      readonly hash: string;
      readonly deleted: Names;
      readonly expired: Names;
      /** How long they keep everything: the settings of that block. */
      readonly graceBlocks: number;
      readonly expiredRequests: Names;
    }
  | {
      readonly type: 'disconnected';
      readonly hash: string;
      readonly restored: Names;
      readonly revived: Names;
      readonly restoredRequests: Names;
    }
  | {readonly type: 'reorg'; readonly depth: number; readonly blocks: number}
  | {readonly type: 'stepped_back'; readonly blocks: number}
  /** `at`: where a new one leaves the best chain. */
  | {readonly type: 'branched'; readonly branch: string; readonly at: number | undefined; readonly blocks: number}
  | {readonly type: 'switched'; readonly branch: string}
  | {readonly type: 'snapshot_taken'; readonly name: string}
  | {readonly type: 'exported'; readonly file: string}
  | {readonly type: 'restored'; readonly name: string}
  /** `events`: how many of the tower's log had been by then. */
  | {readonly type: 'rolled_back'; readonly fromHeight: number; readonly events: number}
  | {readonly type: 'extended'; readonly user: string; readonly blocks: number; readonly expiry: number}
  | {readonly type: 'user_deleted'; readonly user: string; readonly appointments: number}
  | {readonly type: 'restarted'; readonly kind: RestartKind; readonly lost: string | undefined}
  | {readonly type: 'fault'; readonly fault: FaultKind | 'heal'; readonly amount: number}
  | {readonly type: 'settings_changed'; readonly changed: Partial<GatekeeperSettings>}
  | {
      readonly type: 'refused';
      readonly request: Refusable;
      readonly code: ErrorCode;
      readonly reason: string;
      /** The scenario expects just this. */
      readonly isExpected: boolean;
    }
  | {readonly type: 'expected'; readonly met: boolean; readonly claim: string; readonly actual: string}
);

/** Some of many users or requests: `count` of them, the first ones by name. */
export interface Names {
  readonly count: number;
  readonly first: readonly string[];
}

const registrations = {
  user_registered: 'registered',
  subscription_renewed: 'renewed',
  receipt_issued: 'answered',
} as const;

const nobody: Names = {count: 0, first: []};

interface Subscriber {
  readonly expiry: number;
  readonly isDeleted: boolean;
}

/** What the scenario calls keys, locators, ids and requests. */
export interface StoryNames extends AuthNames {
  appointmentOf(locator: string): string;
}

/** Turns what a tower publishes into entries with the names of the scenario, and says when a subscription expires. */
export class Timeline {
  readonly #names: StoryNames;
  readonly #requests: AuthTimeline;
  readonly #memory: Memory;
  readonly #settings: MemoryMap<'settings', GatekeeperSettings>;
  readonly #subscribers: MemoryMap<number, Subscriber>;

  constructor(options: {readonly names: StoryNames; readonly settings: GatekeeperSettings; readonly memory?: Memory}) {
    this.#names = options.names;
    this.#memory = options.memory ?? new Memory();
    this.#requests = new AuthTimeline(options.names, this.#memory);
    this.#subscribers = this.#memory.map('subscribers');
    this.#settings = this.#memory.map('timeline');
    this.#settings.set('settings', options.settings);
  }

  /** What was before the first event: who has a subscription until when, and which requests have been asked about. */
  begin(past: {
    readonly subscriptions: Iterable<{readonly id: number; readonly expiry: number; readonly isDeleted: boolean}>;
    readonly requestsInCheck: Iterable<number>;
  }): void {
    for (const {id, expiry, isDeleted} of past.subscriptions) {
      this.#subscribe(id, expiry);
      this.#subscribers.set(id, {expiry, isDeleted});
    }
    this.#requests.begin(past.requestsInCheck);
  }

  /** The entry for an event; undefined for events that are not part of the story. */
  entryOf(event: TowerEvent): TimelineEntry | undefined {
    switch (event.type) {
      case 'user_registered':
      case 'subscription_renewed':
      case 'receipt_issued': {
        const {height, userId, availableSlots: slots, subscriptionExpiry: expiry} = event;
        this.#subscribe(userId, expiry);
        return {type: registrations[event.type], height, ...this.#whoOf(event), slots, expiry};
      }
      case 'appointment_added':
      case 'appointment_updated': {
        const {type, height, slots, availableSlots} = event;
        const name = this.#names.appointmentOf(event.locator);
        return {type, height, ...this.#whoOf(event), name, slots, availableSlots};
      }
      case 'block_connected': {
        const {height, hash} = event;
        const deleted = this.#named(event.deletedUsers, event.userIds, true);
        const expiredRequests = this.#titles(event.expiredRequests);
        const expired = this.#expiringAt(height);
        const {expiryDelta: graceBlocks} = this.#settings.get('settings')!;
        return {type: 'connected', height, hash, deleted, expired, graceBlocks, expiredRequests};
      }
      case 'block_disconnected': {
        const {height, hash} = event;
        // Those who come back from deletion are told as restored, not as active again.
        const revived = this.#expiringAt(height);
        const restored = this.#named(event.restoredUsers, event.userIds, false);
        const restoredRequests = this.#titles(event.restoredRequests);
        return {type: 'disconnected', height, hash, restored, revived, restoredRequests};
      }
      case 'subscription_extended': {
        const {height, userId, blocks, subscriptionExpiry: expiry} = event;
        this.#subscribe(userId, expiry);
        return {type: 'extended', height, user: this.#names.nameOf(userId), blocks, expiry};
      }
      case 'user_deleted': {
        const {height, userId, appointments} = event;
        const [user] = this.#named(1, [userId], true).first;
        return {type: 'user_deleted', height, user: user!, appointments};
      }
      case 'settings_changed': {
        const changed = changedSettings(this.#settings.get('settings')!, event.settings);
        this.#settings.set('settings', event.settings);
        return {type: 'settings_changed', height: event.height, changed};
      }
      case 'started':
      case 'state_changed':
      case 'function_slow':
      case 'appointments_deleted':
      case 'chain_accepted':
        return undefined;
      case 'device_authorized':
        if (event.created && event.userId !== null) this.#subscribe(event.userId, event.created.subscriptionExpiry);
        return this.#requests.entryOf(event);
      case 'request_received':
      case 'request_postponed':
      case 'answer_recorded':
      case 'answer_late':
      case 'request_decided':
      case 'device_revoked':
        return this.#requests.entryOf(event);
      default:
        return unreachable(event);
    }
  }

  titleOf(requestId: number): RequestTitle {
    return this.#requests.title(requestId);
  }

  #whoOf({key, userId}: {readonly key: string; readonly userId: number}): {user: string; device: string} {
    return {user: this.#names.nameOf(userId), device: this.#names.ownerOf(key)};
  }

  #subscribe(id: number, expiry: number): void {
    const known = this.#subscribers.get(id);
    if (known) this.#expiring(known.expiry).delete(id);
    this.#subscribers.set(id, {expiry, isDeleted: false});
    this.#expiring(expiry).set(id, true);
  }

  /** Who expires at a height. */
  #expiring(height: number): MemoryMap<number, true> {
    return this.#memory.map(`expiring at ${height}`);
  }

  #named(count: number, ids: readonly number[], isDeleted: boolean): Names {
    if (count === 0) return nobody;
    const first = ids.map((id) => {
      const subscriber = this.#subscribers.get(id);
      if (subscriber) this.#subscribers.set(id, {...subscriber, isDeleted});
      return this.#names.nameOf(id);
    });
    return {count, first};
  }

  #titles(requests: RequestCount | undefined): Names {
    if (!requests) return nobody;
    return {count: requests.count, first: requests.ids.map((id) => titleText(this.titleOf(id)))};
  }

  #expiringAt(height: number): Names {
    const ids = [...this.#expiring(height).keys()].sort((a, b) => a - b);
    const alive = ids.filter((id) => !this.#subscribers.get(id)!.isDeleted);
    return alive.length === 0 ? nobody : {count: alive.length, first: alive.map((id) => this.#names.nameOf(id))};
  }
}

function changedSettings(before: GatekeeperSettings, after: GatekeeperSettings): Partial<GatekeeperSettings> {
  const keys = Object.keys(after) as (keyof GatekeeperSettings)[];
  return Object.fromEntries(keys.filter((key) => after[key] !== before[key]).map((key) => [key, after[key]]));
}
