import {type ActivityEvent, keptEvents} from '../../api/observation/activity.js';
import {factsOf, isTraffic, levelOf, type LoggedEvent} from './logged-event.js';

/** A reason of a stranger may be long, and a block may name a hundred users; on a screen there is room for less. */
const maxTextCharacters = 120;
const maxListed = 5;

/** The last events. What users do all day is gathered to one entry of each kind, so that it drives nothing else out. */
export class RecentEvents {
  readonly #events: ActivityEvent[] = [];
  #next = 1;

  get newest(): readonly ActivityEvent[] {
    return this.#events;
  }

  add(event: LoggedEvent, time: string): void {
    const before = isTraffic(event.type) ? this.#takeLike(event.type) : 0;
    const facts = Object.entries(factsOf(event)).flatMap(([name, value]) =>
      value === undefined || value === null ? [] : [[name, cut(value)]],
    );
    const entry = {number: this.#next++, time, level: levelOf(event), event: event.type, count: before + 1};
    this.#events.push({...entry, facts: Object.fromEntries(facts) as ActivityEvent['facts']});
    if (this.#events.length > keptEvents) this.#events.shift();
  }

  /** Takes the entry out that stands for events of this type since the last one that is no traffic. */
  #takeLike(type: string): number {
    for (let i = this.#events.length - 1; i >= 0 && isTraffic(this.#events[i]!.event); i--) {
      if (this.#events[i]!.event === type) return this.#events.splice(i, 1)[0]!.count;
    }
    return 0;
  }
}

function cut<Value>(value: Value): Value | string | unknown[] {
  if (Array.isArray(value)) return value.slice(0, maxListed);
  if (typeof value !== 'string' || value.length <= maxTextCharacters) return value;
  return `${value.slice(0, maxTextCharacters)}…`;
}
