import type {KeyValueReader, KeyValueStore} from '../../store/key-value-store.js';
import type {Network} from '../../chain/network.js';
import {type Log, type LogEntry, logPruned, maxLogEntries} from '../../tower/log.js';
import {replayTape} from './replay.js';
import type {Tape} from './tape-reader.js';

/** Something that happened once, event by event. */
export interface Run {
  readonly network: Network;
  readonly genesis: string;
  readonly firstEvent: number;
  /** The number after the last event. */
  readonly nextEvent: number;
  /** Events from a number on. */
  events(from: number): AsyncGenerator<LogEntry>;
  /** The rows of state once this event has been, with all that came of the same input; undefined if nobody can tell. */
  after(event: number): Promise<KeyValueReader | undefined>;
  /** The rows of state at the end. */
  last(): Promise<KeyValueReader | undefined>;
}

/** @param scratch opens empty rows, of which somebody else takes care */
export function runOfTape(tape: Tape, scratch: () => Promise<KeyValueStore>): Run {
  const {network, genesis, firstEvent, events} = tape.head;
  const replayed = async (until?: number): Promise<KeyValueReader | undefined> => {
    const rows = await scratch();
    const {divergence} = await replayTape(tape, {rows, ...(until === undefined ? {} : {until})});
    return divergence === null ? rows : undefined;
  };
  return {
    network,
    genesis,
    firstEvent,
    nextEvent: firstEvent + events,
    async *events(from) {
      for await (const line of tape.lines()) if (line.type === 'event' && line.number >= from) yield line.entry;
    },
    after: replayed,
    last: () => replayed(),
  };
}

/** @param replayed what came before its end, as far as its log tells */
export async function runOfStore(log: Log, rows: KeyValueReader, replayed: Pick<Run, 'after'>): Promise<Run> {
  const {network, genesis, firstEvent, nextEvent} = await log.end();
  return {
    network,
    genesis,
    firstEvent,
    nextEvent,
    async *events(from) {
      for (let at = from; at < nextEvent;) {
        const {entries} = await log.page({from: at, limit: Math.min(maxLogEntries, nextEvent - at)});
        if (entries.length === 0) throw logPruned(at, nextEvent);
        yield* entries;
        at += entries.length;
      }
    },
    after: (event) => replayed.after(event),
    last: async () => rows,
  };
}
