import type {KeyValueStore} from '../../store/key-value-store.js';
import {loadCheckpoint} from './checkpoint.js';
import {type Divergence, EventCheck, type InputListeners} from './event-check.js';
import {Machine} from './machine.js';
import {invalidTape} from './tape-format.js';
import type {Tape} from './tape-reader.js';

export interface Replayed {
  /** Events that went as the tape says. */
  readonly events: number;
  readonly digest: string | null;
  readonly tip: {readonly height: number; readonly hash: string};
  readonly divergence: Divergence | null;
}

export interface ReplayOptions extends InputListeners {
  /** Empty; gets what the tower would hold, but for blobs and the log. */
  readonly rows: KeyValueStore;
  /** The last event, with all that comes of the same input. @default the end of the tape */
  readonly until?: number;
  readonly tell?: (done: number, total: number) => void;
}

const tellEvery = 500;

/**
 * Lets the tower's own code decide about everything on a tape anew, on fresh rows, and holds each decision against the
 * tape. Stops at the first that is another.
 */
export async function replayTape(
  tape: Tape,
  {rows, until = Infinity, tell, ...listeners}: ReplayOptions,
): Promise<Replayed> {
  const {head} = tape;
  await loadCheckpoint(tape, rows);
  const machine = await Machine.open(rows);
  const check = new EventCheck(machine, listeners);
  let done = head.firstEvent;
  const ended = (divergence: Divergence | null, digest: string | null): Replayed => {
    const tip = machine.now.begun ? machine.now.meta.tip : head.start;
    return {events: done - head.firstEvent, digest, tip: {height: tip.height, hash: tip.hash}, divergence};
  };
  for await (const line of tape.lines()) {
    if (line.type === 'row') continue;
    if (line.type === 'event') {
      if (line.number > until && !check.missing) return ended(null, await machine.digest());
      const divergence = await check.take(line.number, line.entry);
      if (divergence) return ended(divergence, null);
      done = line.number + 1;
      if (done % tellEvery === 0) tell?.(done - head.firstEvent, head.events);
      continue;
    }
    const {missing} = check;
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
