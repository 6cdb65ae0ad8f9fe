import {OperationalError} from '../../errors/index.js';
import type {LogEntry} from '../../tower/log.js';
import {firstRowDifference, type RowDifference} from './diff-rows.js';
import {isSame} from './event-check.js';
import type {Run} from './run.js';

/** The first event at which two runs part. */
export interface EventDifference {
  readonly event: number;
  /** null where the run has ended before. */
  readonly a: LogEntry | null;
  readonly b: LogEntry | null;
}

export interface Difference {
  readonly isSame: boolean;
  /** Events that were held against each other, and are the same. */
  readonly events: number;
  readonly event: EventDifference | null;
  readonly row: RowDifference | null;
  /** Where the rows were compared: after the event at which the runs part, or at the end of both. */
  readonly rowsAt: 'event' | 'end' | 'nowhere';
}

export interface DiffOptions {
  readonly tell?: (done: number, total: number) => void;
}

const tellEvery = 1_000;

/**
 * Finds where two runs part: the first event that is another, and then the first row of state.
 * @throws OperationalError TOWER_WRONG_NETWORK, TOWER_WRONG_GENESIS, TOWER_LOG_PRUNED when they have no event in common
 */
export async function diffRuns(a: Run, b: Run, {tell}: DiffOptions = {}): Promise<Difference> {
  requireComparable(a, b);
  const from = Math.max(a.firstEvent, b.firstEvent);
  const total = Math.min(a.nextEvent, b.nextEvent) - from;
  const [left, right] = [a.events(from), b.events(from)];
  let event: EventDifference | null = null;
  let events = 0;
  try {
    for (;;) {
      const [one, other] = [await next(left), await next(right)];
      if (!one && !other) break;
      if (!one || !other || !isSame(one, other)) {
        event = {event: from + events, a: one ?? null, b: other ?? null};
        break;
      }
      if (++events % tellEvery === 0) tell?.(events, total);
    }
  } finally {
    await left.return(undefined);
    await right.return(undefined);
  }
  const {row, rowsAt} = await rowDifference(a, b, event);
  return {isSame: event === null && row === null, events, event, row, rowsAt};
}

/** Where one has ended, its last state is held against that of the other after what came next. */
async function rowDifference(
  a: Run,
  b: Run,
  event: EventDifference | null,
): Promise<Pick<Difference, 'row' | 'rowsAt'>> {
  if (event) {
    const [one, other] = [
      await (event.a ? a.after(event.event) : a.last()),
      await (event.b ? b.after(event.event) : b.last()),
    ];
    if (one && other) return {row: (await firstRowDifference(one, other)) ?? null, rowsAt: 'event'};
  }
  const [one, other] = [await a.last(), await b.last()];
  if (!one || !other) return {row: null, rowsAt: 'nowhere'};
  return {row: (await firstRowDifference(one, other)) ?? null, rowsAt: 'end'};
}

function requireComparable(a: Run, b: Run): void {
  if (a.network !== b.network) {
    throw new OperationalError('TOWER_WRONG_NETWORK', `one run is on ${a.network}, the other on ${b.network}`);
  }
  if (a.genesis !== b.genesis) {
    throw new OperationalError('TOWER_WRONG_GENESIS', `one run begins with ${a.genesis}, the other with ${b.genesis}`);
  }
  const [first, end] = [Math.max(a.firstEvent, b.firstEvent), Math.min(a.nextEvent, b.nextEvent)];
  if (first > end) {
    throw new OperationalError(
      'TOWER_LOG_PRUNED',
      `one run ends with event ${end - 1}, the other begins with ${first}`,
    );
  }
}

async function next(entries: AsyncGenerator<LogEntry>): Promise<LogEntry | undefined> {
  const {value, done} = await entries.next();
  return done ? undefined : (value as LogEntry);
}
