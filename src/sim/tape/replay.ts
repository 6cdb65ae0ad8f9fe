import {isDeepStrictEqual} from 'node:util';
import {BartizanError} from '../../errors/index.js';
import type {KeyValueStore} from '../../store/key-value-store.js';
import type {LogEntry} from '../../tower/log.js';
import {inputOf} from './input-of.js';
import type {Input} from './input.js';
import {Machine} from './machine.js';
import {loadCheckpoint} from './checkpoint.js';
import {invalidTape} from './tape-format.js';
import type {Tape} from './tape-reader.js';

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

export interface Replayed {
  /** Events that went as the tape says. */
  readonly events: number;
  readonly digest: string | null;
  readonly tip: {readonly height: number; readonly hash: string};
  readonly divergence: Divergence | null;
}

export interface ReplayOptions {
  /** Empty; gets what the tower would hold, but for blobs and the log. */
  readonly rows: KeyValueStore;
  /** The last event, with all that comes of the same input. @default the end of the tape */
  readonly until?: number;
  readonly tell?: (done: number, total: number) => void;
  /** Told of each input before it is decided about, and after, with what followed from it. */
  readonly beforeInput?: (input: Input, machine: Machine) => Promise<void>;
  readonly onInput?: (input: Input, actor: string, events: readonly LogEntry[], machine: Machine) => Promise<void>;
}

const tellEvery = 500;

/**
 * Lets the tower's own code decide about everything on a tape anew, on fresh rows, and holds each decision against the
 * tape. Stops at the first that is another.
 */
export async function replayTape(
  tape: Tape,
  {rows, until = Infinity, tell, beforeInput, onInput}: ReplayOptions,
): Promise<Replayed> {
  const {head} = tape;
  await loadCheckpoint(tape, rows);
  const machine = await Machine.open(rows);
  /** What was decided, and is to stand next on the tape. */
  let expected: LogEntry[] = [];
  let done = head.firstEvent;
  const ended = (divergence: Divergence | null, digest: string | null): Replayed => {
    const tip = machine.now.begun ? machine.now.meta.tip : head.start;
    return {events: done - head.firstEvent, digest, tip: {height: tip.height, hash: tip.hash}, divergence};
  };
  for await (const line of tape.lines()) {
    if (line.type === 'row') continue;
    if (line.type === 'event') {
      const {number, entry} = line;
      const diverged = (what: string, now: LogEntry | null = null) =>
        ended({event: number, height: entry.height, what, onTape: entry, now}, null);
      if (expected.length === 0) {
        if (number > until) return ended(null, await machine.digest());
        const input = await inputOf(machine.now, entry);
        if (typeof input === 'string') return diverged(`it cannot have come about so: ${input}`);
        await beforeInput?.(input, machine);
        try {
          expected = await machine.apply(input, entry.actor);
        } catch (error) {
          if (!(error instanceof BartizanError)) throw error;
          return diverged(`it is refused now: ${error.message} [${error.code}]`);
        }
        await onInput?.(input, entry.actor, expected, machine);
      }
      const now = expected.shift();
      if (!now) return diverged('nothing comes of it now');
      if (!isSame(now, entry)) return diverged('something else comes of it now', now);
      done = number + 1;
      if (done % tellEvery === 0) tell?.(done - head.firstEvent, head.events);
      continue;
    }
    const [missing] = expected;
    if (missing) {
      const {height} = missing;
      return ended({event: done, height, what: 'the tape says nothing of it', onTape: null, now: missing}, null);
    }
    const [digest, at] = [await machine.digest(), line.type === 'end' ? line.end : line];
    if (digest !== at.digest) {
      const what = `all events went as the tape says, but the state has the digest ${digest} and not ${at.digest}`;
      return ended({event: done, height: machine.now.meta.tip.height, what, onTape: null, now: null}, digest);
    }
    if (line.type === 'end') {
      tell?.(head.events, head.events);
      return ended(null, digest);
    }
  }
  throw invalidTape('it has no end');
}

/** Fields that are undefined are not written, and the order of fields says nothing. */
export function isSame(now: LogEntry, entry: LogEntry): boolean {
  const [a, b] = [JSON.stringify(now), JSON.stringify(entry)];
  return a === b || isDeepStrictEqual(JSON.parse(a), JSON.parse(b));
}
