import {Buffer} from 'node:buffer';
import {isDeepStrictEqual} from 'node:util';
import {parseHeader} from '../../chain/index.js';
import {assert} from '../../errors/index.js';
import type {GatekeeperSettings} from '../../gatekeeper/settings.js';
import type {TowerEvent} from '../../tower/events.js';
import type {TimelineEntry} from '../timeline/timeline.js';
import type {PastEvent} from '../world/world-parts.js';
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

/** An event with the number of the step that tells it and the name of whom it makes, or an entry. */
type Told =
  | {readonly event: TowerEvent; readonly step: number; readonly newUser: string | undefined}
  | {readonly entry: TimelineEntry};

/** Steps from one number up to another, which is excluded. */
type Span = readonly [from: number, end: number];

interface Kept {
  readonly told: readonly Told[];
  readonly spans: readonly Span[];
}

/** All that has happened to a tower, so that it can be followed again. */
export class Past {
  readonly #settings: GatekeeperSettings;
  /** What had happened when the story began. */
  #imported: readonly Told[] = [];
  readonly #snapshots = new Map<string, Kept>();
  #told: Told[] = [];
  /** Steps before the last journey that have happened; those from `#since` on are of this time. */
  #spans: readonly Span[] = [];
  #since = 0;

  constructor(settings: GatekeeperSettings) {
    this.#settings = settings;
  }

  event(event: TowerEvent, step: number, newUser: string | undefined): void {
    this.#told.push({event, step, newUser});
  }

  /** The story begins here: all that has happened was in the file of its world. */
  begin(): void {
    this.#imported = [...this.#told];
  }

  entry(entry: TimelineEntry): void {
    this.#told.push({entry});
  }

  /** Keeps what has happened in the steps so far, to come back to it. */
  snapshot(name: string, steps: number): void {
    this.#snapshots.set(name, {told: [...this.#told], spans: this.#spansUpTo(steps)});
  }

  /**
   * Makes what had happened by a snapshot all that has happened.
   * @param options `steps`: so far; `log`: what had happened by a snapshot that came with the file of a world
   */
  restore(name: string, {steps, log}: {readonly steps: number; readonly log: readonly PastEvent[] | undefined}): void {
    const kept = this.#snapshots.get(name) ?? this.#found(log, steps);
    assert(kept, `snapshot ${name} was taken`);
    this.#told = [...kept.told];
    this.#spans = kept.spans;
    this.#since = steps;
  }

  /** A log begins as that of the story does, up to where that has left its snapshot. */
  #found(log: readonly PastEvent[] | undefined, steps: number): Kept | undefined {
    if (!log) return undefined;
    const drawn = this.#imported.filter((it) => 'event' in it);
    const parting = drawn.findIndex(({event}, i) => !log[i] || !isDeepStrictEqual(event, log[i].event));
    const common = parting === -1 ? drawn.length : parting;
    const told = log.flatMap(({event, entry, newUser}, i): Told[] => [
      {event, newUser, step: i < common ? drawn[i]!.step : steps},
      ...(entry ? [{entry}] : []),
    ]);
    const end = drawn[common]?.step ?? (drawn.at(-1)?.step ?? -1) + 1;
    return {told, spans: [[0, end]]};
  }

  /** Forgets what came after so many events. */
  rollBack(events: number, steps: number): void {
    let seen = 0;
    const end = this.#told.findIndex((it) => 'event' in it && seen++ === events);
    const first = this.#told[end];
    const left = first && 'event' in first ? first.step : steps;
    this.#spans = this.#spansUpTo(steps).flatMap(([from, to]) => (from < left ? [[from, Math.min(to, left)]] : []));
    this.#since = steps;
    if (end >= 0) this.#told = this.#told.slice(0, end);
  }

  /** Whether a step is of a time that was left: it has not happened. */
  isLeft(step: number): boolean {
    return step < this.#since && !this.#spans.some(([from, end]) => from <= step && step < end);
  }

  #spansUpTo(steps: number): Span[] {
    return [...this.#spans, [this.#since, steps]];
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
        users.learn(event, () => told.newUser ?? '');
        requests.learn(event);
        if (event.type === 'settings_changed') settings = event.settings;
        if (event.type === 'started') {
          settings = event.beginning?.settings ?? settings;
          const hashes = startHashes(event);
          for (const [i, hash] of hashes.entries()) chain[event.height - hashes.length + 1 + i] = hash;
        }
        if (event.type === 'block_connected') chain[event.height] = event.hash;
        if (event.type === 'block_disconnected') chain.length = event.height;
      }
      users.assign(0);
      requests.assign(0);
    }
    return {users, requests, settings, chain};
  }
}

/** Hashes of the last blocks below the one at which a tower starts, as far as its log tells, and of that one. */
export function startHashes({hash, beginning}: Extract<TowerEvent, {type: 'started'}>): string[] {
  const headers = beginning?.headers ?? [];
  return headers.length > 0 ? headers.map((it) => parseHeader(Buffer.from(it, 'hex')).hash) : [hash];
}

/** Blocks of one chain that are not on the other. */
export function depthBetween(from: readonly string[], to: readonly string[]): number {
  let height = from.length - 1;
  while (height >= 0 && from[height] !== to[height]) height--;
  return from.length - 1 - height;
}
