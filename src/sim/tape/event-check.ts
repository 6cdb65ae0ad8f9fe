import {isDeepStrictEqual} from 'node:util';
import {BartizanError} from '../../errors/index.js';
import type {LogEntry} from '../../tower/log.js';
import {inputOf} from './input-of.js';
import type {Input} from './input.js';
import type {Machine} from './machine.js';

/** Where a replay went otherwise than its tape says. */
export interface Divergence {
  /** Number of the event. */
  readonly event: number;
  readonly height: number;
  /** What happened, in a sentence. */
  readonly what: string;
  /** The event on the tape, and what was decided now; null where there is none. */
  readonly onTape: LogEntry | null;
  readonly now: LogEntry | null;
}

/** Told of each input before it is decided about, and after, with what followed from it. */
export interface InputListeners {
  readonly beforeInput?: ((input: Input, machine: Machine) => Promise<void>) | undefined;
  readonly onInput?:
    ((input: Input, actor: string, events: readonly LogEntry[], machine: Machine) => Promise<void>) | undefined;
}

/** Has a machine decide about events anew, and holds what it decides against them, one after the other. */
export class EventCheck {
  readonly #machine: Machine;
  readonly #listeners: InputListeners;
  /** What was decided, and is to come next. */
  #expected: LogEntry[] = [];

  constructor(machine: Machine, listeners: InputListeners = {}) {
    this.#machine = machine;
    this.#listeners = listeners;
  }

  /** What was decided besides the events so far; undefined between two inputs. */
  get missing(): LogEntry | undefined {
    return this.#expected[0];
  }

  /** Answers where it goes otherwise; what comes after is of no use then. */
  async take(event: number, entry: LogEntry): Promise<Divergence | undefined> {
    const diverged = (what: string, now: LogEntry | null = null): Divergence => ({
      ...{event, height: entry.height, what, onTape: entry, now},
    });
    if (this.#expected.length === 0) {
      const refused = await this.#decide(entry);
      if (refused !== undefined) return diverged(refused);
    }
    const now = this.#expected.shift();
    if (!now) return diverged('nothing comes of it now');
    return isSame(now, entry) ? undefined : diverged('something else comes of it now', now);
  }

  /** Answers why nothing was decided, if so. */
  async #decide(entry: LogEntry): Promise<string | undefined> {
    const {beforeInput, onInput} = this.#listeners;
    let input: Input | string;
    try {
      input = await inputOf(this.#machine.now, entry);
      if (typeof input === 'string') return `it cannot have come about so: ${input}`;
      await beforeInput?.(input, this.#machine);
      this.#expected = await this.#machine.apply(input, entry.actor);
    } catch (error) {
      if (!(error instanceof BartizanError)) throw error;
      return `it is refused now: ${error.message} [${error.code}]`;
    }
    await onInput?.(input, entry.actor, this.#expected, this.#machine);
    return undefined;
  }
}

/** Fields that are undefined are not written, and the order of fields says nothing. */
export function isSame(now: LogEntry, entry: LogEntry): boolean {
  const [a, b] = [JSON.stringify(now), JSON.stringify(entry)];
  return a === b || isDeepStrictEqual(JSON.parse(a), JSON.parse(b));
}
