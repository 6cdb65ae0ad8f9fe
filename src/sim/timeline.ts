import {type ErrorCode, unreachable} from '../errors/index.js';
import type {GatekeeperSettings} from '../gatekeeper/settings.js';
import type {TowerEvent} from '../tower/events.js';
import type {RestartKind, UserRequest} from './scenario.js';

/** One line of the story that a run tells. Users are named as in the scenario. */
export type TimelineEntry = {readonly height: number} & (
  | {readonly type: 'note'; readonly text: string}
  | {readonly type: 'started'; readonly seed: string | number}
  | {
      readonly type: 'registered' | 'renewed';
      readonly user: string;
      readonly slots: number;
      readonly expiry: number;
    }
  | {
      readonly type: 'appointment_added' | 'appointment_updated';
      readonly user: string;
      readonly name: string;
      /** Slots that the appointment takes now. */
      readonly slots: number;
      readonly availableSlots: number;
    }
  | {readonly type: 'connected'; readonly hash: string; readonly deleted: Names; readonly expired: Names}
  | {readonly type: 'disconnected'; readonly hash: string; readonly restored: Names; readonly revived: Names}
  | {readonly type: 'reorg'; readonly depth: number; readonly blocks: number}
  | {readonly type: 'restarted'; readonly kind: RestartKind; readonly lost: string | undefined}
  | {readonly type: 'settings_changed'; readonly changed: Partial<GatekeeperSettings>}
  | {
      readonly type: 'refused';
      readonly request: UserRequest;
      readonly code: ErrorCode;
      readonly reason: string;
      /** The scenario expects just this. */
      readonly isExpected: boolean;
    }
  | {readonly type: 'expected'; readonly met: boolean; readonly claim: string; readonly actual: string}
);

/** Some of many users: `count` of them, the first ones by name. */
export interface Names {
  readonly count: number;
  readonly first: readonly string[];
}

const nobody: Names = {count: 0, first: []};

interface Subscriber {
  readonly name: string;
  expiry: number;
  isDeleted: boolean;
}

/** Turns what a tower publishes into entries with the names of the scenario, and says when a subscription expires. */
export class Timeline {
  readonly #userOf: (key: string) => string;
  readonly #appointmentOf: (locator: string) => string;
  #settings: GatekeeperSettings;
  readonly #subscribers = new Map<number, Subscriber>();
  readonly #expiring = new Map<number, Set<number>>();

  constructor(options: {
    /** The scenario's name for a public key, and for a locator. */
    readonly userOf: (key: string) => string;
    readonly appointmentOf: (locator: string) => string;
    readonly settings: GatekeeperSettings;
  }) {
    this.#userOf = options.userOf;
    this.#appointmentOf = options.appointmentOf;
    this.#settings = options.settings;
  }

  /** The entry for an event; undefined for events that are not part of the story. */
  entryOf(event: TowerEvent): TimelineEntry | undefined {
    switch (event.type) {
      case 'user_registered':
      case 'subscription_renewed': {
        const {height, userId, availableSlots: slots, subscriptionExpiry: expiry} = event;
        const user = this.#userOf(event.key);
        this.#subscribe(userId, user, expiry);
        return {type: event.type === 'user_registered' ? 'registered' : 'renewed', height, user, slots, expiry};
      }
      case 'appointment_added':
      case 'appointment_updated': {
        const {type, height, slots, availableSlots} = event;
        const name = this.#appointmentOf(event.locator);
        return {type, height, user: this.#userOf(event.key), name, slots, availableSlots};
      }
      case 'block_connected': {
        const {height, hash} = event;
        const deleted = this.#named(event.deletedUsers, event.userIds, true);
        return {type: 'connected', height, hash, deleted, expired: this.#expiringAt(height)};
      }
      case 'block_disconnected': {
        const {height, hash} = event;
        // Those who come back from deletion are told as restored, not as active again.
        const revived = this.#expiringAt(height);
        const restored = this.#named(event.restoredUsers, event.userIds, false);
        return {type: 'disconnected', height, hash, restored, revived};
      }
      case 'settings_changed': {
        const changed = changedSettings(this.#settings, event.settings);
        this.#settings = event.settings;
        return {type: 'settings_changed', height: event.height, changed};
      }
      case 'started':
      case 'state_changed':
      case 'function_slow':
      case 'request_received':
      case 'request_postponed':
      case 'answer_recorded':
      case 'answer_late':
      case 'request_decided':
      case 'device_authorized':
      case 'device_revoked':
      case 'appointments_deleted':
      case 'chain_accepted':
        return undefined;
      default:
        return unreachable(event);
    }
  }

  #subscribe(id: number, name: string, expiry: number): void {
    const known = this.#subscribers.get(id);
    if (known) this.#expiring.get(known.expiry)?.delete(id);
    this.#subscribers.set(id, {name, expiry, isDeleted: false});
    const others = this.#expiring.get(expiry);
    if (others) others.add(id);
    else this.#expiring.set(expiry, new Set([id]));
  }

  #named(count: number, ids: readonly number[], isDeleted: boolean): Names {
    if (count === 0) return nobody;
    const first = ids.map((id) => {
      const subscriber = this.#subscribers.get(id);
      if (subscriber) subscriber.isDeleted = isDeleted;
      return subscriber?.name ?? `user ${id}`;
    });
    return {count, first};
  }

  #expiringAt(height: number): Names {
    const ids = [...(this.#expiring.get(height) ?? [])];
    const alive = ids.map((id) => this.#subscribers.get(id)!).filter(({isDeleted}) => !isDeleted);
    return alive.length === 0 ? nobody : {count: alive.length, first: alive.map(({name}) => name)};
  }
}

function changedSettings(before: GatekeeperSettings, after: GatekeeperSettings): Partial<GatekeeperSettings> {
  const keys = Object.keys(after) as (keyof GatekeeperSettings)[];
  return Object.fromEntries(keys.filter((key) => after[key] !== before[key]).map((key) => [key, after[key]]));
}
