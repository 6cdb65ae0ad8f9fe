import {isDeepStrictEqual} from 'node:util';
import {BartizanError} from '../../errors/index.js';
import type {KeyValueStore, Row} from '../../store/key-value-store.js';
import {localKey} from '../../store/layout.js';
import type {Progress} from '../../store/meta.js';
import type {LogEntry} from '../../tower/log.js';
import {inputOf} from './input-of.js';
import type {Input} from './input.js';
import {Machine} from './machine.js';
import {invalidTape, type TapeLine} from './tape-format.js';
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
  /** Told of each input before it is decided about, with what followed from it. */
  readonly onInput?: (input: Input, actor: string, events: readonly LogEntry[], machine: Machine) => Promise<void>;
}

/** Rows of a checkpoint written at once. */
const checkpointRows = 10_000;
const tellEvery = 500;

/**
 * Lets the tower's own code decide about everything on a tape anew, on fresh rows, and holds each decision against the
 * tape. Stops at the first that is another.
 */
export async function replayTape(
  tape: Tape,
  {rows, until = Infinity, tell, onInput}: ReplayOptions,
): Promise<Replayed> {
  const {head} = tape;
  const lines = new Lines(tape);
  if (head.begins === 'checkpoint') await loadCheckpoint(lines, rows, head.firstEvent);
  const machine = await Machine.open(rows);
  /** What was decided, and is to stand next on the tape. */
  let expected: LogEntry[] = [];
  let done = head.firstEvent;
  const ended = (divergence: Divergence | null, digest: string | null): Replayed => {
    const tip = machine.now.begun ? machine.now.meta.tip : head.start;
    return {events: done - head.firstEvent, digest, tip: {height: tip.height, hash: tip.hash}, divergence};
  };
  for (let line = await lines.next(); line; line = await lines.next()) {
    if (line.type === 'row') throw invalidTape('it has a row among its events');
    if (line.type === 'event') {
      const {number, entry} = line;
      const diverged = (what: string, now: LogEntry | null = null) =>
        ended({event: number, height: entry.height, what, onTape: entry, now}, null);
      if (expected.length === 0) {
        if (number > until) return ended(null, await machine.digest());
        const input = await inputOf(machine.now, entry);
        if (typeof input === 'string') return diverged(`it cannot have come about so: ${input}`);
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

/** Lines, of which one can be put back. */
class Lines {
  readonly #lines: AsyncGenerator<TapeLine>;
  #back: TapeLine | undefined;

  constructor(tape: Tape) {
    this.#lines = tape.lines();
  }

  async next(): Promise<TapeLine | undefined> {
    const back = this.#back;
    this.#back = undefined;
    if (back) return back;
    const {value, done} = await this.#lines.next();
    return done ? undefined : (value as TapeLine);
  }

  putBack(line: TapeLine): void {
    this.#back = line;
  }
}

async function loadCheckpoint(lines: Lines, rows: KeyValueStore, firstEvent: number): Promise<void> {
  let batch: Row[] = [];
  for (let line = await lines.next(); line; line = await lines.next()) {
    if (line.type !== 'row') {
      lines.putBack(line);
      break;
    }
    batch.push(
      line.key === localKey('progress') ? [line.key, withoutLog(line.value, firstEvent)] : [line.key, line.value],
    );
    if (batch.length < checkpointRows) continue;
    await rows.write(batch);
    batch = [];
  }
  await rows.write(batch);
}

/** There is no log before the first event here. */
function withoutLog(progress: Uint8Array, firstEvent: number): Buffer {
  const {...kept} = JSON.parse(Buffer.from(progress).toString()) as Progress;
  return Buffer.from(JSON.stringify({...kept, firstLog: firstEvent, nextLog: firstEvent}));
}

/** Fields that are undefined are not written, and the order of fields says nothing. */
export function isSame(now: LogEntry, entry: LogEntry): boolean {
  const [a, b] = [JSON.stringify(now), JSON.stringify(entry)];
  return a === b || isDeepStrictEqual(JSON.parse(a), JSON.parse(b));
}
