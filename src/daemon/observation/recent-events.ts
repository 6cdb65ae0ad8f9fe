import {type ActivityEvent, keptEvents} from '../../api/observation/activity.js';
import {factsOf, isTraffic, levelOf, type LoggedEvent} from './logged-event.js';

/** A reason of a stranger may be long, and a block may name a hundred users; on a screen there is room for less. */
const maxTextCharacters = 120;
const maxListed = 5;

interface Entry {
  readonly number: number;
  readonly atMs: number;
  readonly event: LoggedEvent;
  readonly count: number;
}

/**
 * The last events. What users do all day is gathered to one entry of each kind, so that it drives nothing else out.
 * There may be thousands a second, so they are put into words only when somebody reads.
 */
export class RecentEvents {
  readonly #entries: Entry[] = [];
  #next = 1;

  get newest(): readonly ActivityEvent[] {
    return this.#entries.map(inWords);
  }

  /** @param atMs since 1970 */
  add(event: LoggedEvent, atMs: number): void {
    const before = isTraffic(event.type) ? this.#takeLike(event.type) : 0;
    this.#entries.push({number: this.#next++, atMs, event, count: before + 1});
    if (this.#entries.length > keptEvents) this.#entries.shift();
  }

  /** Takes the entry out that stands for events of this type since the last one that is no traffic. */
  #takeLike(type: string): number {
    for (let i = this.#entries.length - 1; i >= 0 && isTraffic(this.#entries[i]!.event.type); i--) {
      if (this.#entries[i]!.event.type === type) return this.#entries.splice(i, 1)[0]!.count;
    }
    return 0;
  }
}

function inWords({number, atMs, event, count}: Entry): ActivityEvent {
  const facts = Object.entries(factsOf(event)).flatMap(([name, value]) =>
    value === undefined || value === null ? [] : [[name, cut(value)]],
  );
  return {
    number,
    time: new Date(atMs).toISOString(),
    level: levelOf(event),
    event: event.type,
    count,
    facts: Object.fromEntries(facts) as ActivityEvent['facts'],
  };
}

function cut<Value>(value: Value): Value | string | unknown[] {
  if (Array.isArray(value)) return value.slice(0, maxListed);
  if (typeof value !== 'string' || value.length <= maxTextCharacters) return value;
  return `${value.slice(0, maxTextCharacters)}…`;
}
