import {assert} from '../../errors/index.js';
import type {GatekeeperSettings} from '../../gatekeeper/settings.js';
import type {TowerEvent} from '../../tower/events.js';
import type {TimelineEntry} from '../timeline/timeline.js';
import {RequestLives} from './request-lives.js';
import {UserLives} from './user-lives.js';

/** How things stood at a moment. */
export interface Moment {
  readonly users: UserLives;
  readonly requests: RequestLives;
  readonly settings: GatekeeperSettings;
  /** Hashes of the best chain by height, as far as its blocks were connected. */
  readonly chain: readonly string[];
}

type Told = {readonly event: TowerEvent} | {readonly entry: TimelineEntry};

/** All that has happened to a tower, so that it can be followed again. */
export class Past {
  readonly #settings: GatekeeperSettings;
  readonly #snapshots = new Map<string, readonly Told[]>();
  #told: Told[] = [];

  constructor(settings: GatekeeperSettings) {
    this.#settings = settings;
  }

  event(event: TowerEvent): void {
    this.#told.push({event});
  }

  entry(entry: TimelineEntry): void {
    this.#told.push({entry});
  }

  /** Keeps what has happened so far, to come back to it. */
  snapshot(name: string): void {
    this.#snapshots.set(name, [...this.#told]);
  }

  /** Makes what had happened by a snapshot all that has happened. */
  restore(name: string): void {
    const kept = this.#snapshots.get(name);
    assert(kept, `snapshot ${name} was taken`);
    this.#told = [...kept];
  }

  /** Forgets what came after so many events. */
  rollBack(events: number): void {
    let seen = 0;
    const end = this.#told.findIndex((it) => 'event' in it && seen++ === events);
    if (end >= 0) this.#told = this.#told.slice(0, end);
  }

  /** How things stand after all that has happened. */
  get now(): Moment {
    const users = new UserLives(this.#settings.expiryDelta);
    const requests = new RequestLives(this.#settings.requestTtl);
    const chain: string[] = [];
    let settings = this.#settings;
    for (const told of this.#told) {
      if ('entry' in told) requests.told(told.entry);
      else {
        const {event} = told;
        users.learn(event, () => '');
        requests.learn(event);
        if (event.type === 'settings_changed') settings = event.settings;
        if (event.type === 'started' || event.type === 'block_connected') chain[event.height] = event.hash;
        if (event.type === 'block_disconnected') chain.length = event.height;
      }
      users.assign(0);
      requests.assign(0);
    }
    return {users, requests, settings, chain};
  }
}

/** Blocks of one chain that are not on the other. */
export function depthBetween(from: readonly string[], to: readonly string[]): number {
  let height = from.length - 1;
  while (height >= 0 && from[height] !== to[height]) height--;
  return from.length - 1 - height;
}
