import {assert} from '../../errors/index.js';
import type {KeyValueReader, KeyValueStore, Row} from '../../store/key-value-store.js';
import {schemaVersion, type Table} from '../../store/layout.js';
import {schemaOf} from '../../store/schema.js';
import {readMeta} from '../../store/meta.js';
import {pagesOf} from '../../store/pages.js';
import {digestOf} from '../../store/digest.js';
import {type Log, type LogEnd, type LogEntry, logPruned, maxLogEntries} from '../../tower/log.js';
import {OperationalError} from '../../errors/index.js';
import {invalidTape, type TapeHead} from './tape-format.js';
import {EventCheck} from './event-check.js';
import {Machine} from './machine.js';
import {isProgress, withoutLog} from './checkpoint.js';
import {TapeWriter} from './tape-writer.js';
import {tableOf} from '../../store/tables.js';

export interface ExportOptions {
  readonly log: Log;
  /** The version of this Bartizan. */
  readonly version: string;
  readonly write: (text: string) => Promise<void>;
  /** The rows of an earlier state of the same tower, to begin with instead of its first event. */
  readonly checkpoint?: KeyValueReader | undefined;
  /** Replays what it writes, on these rows, and adds the digest of the state after about so many events each. */
  readonly digests?: {readonly every: number; readonly rows: KeyValueStore} | undefined;
  readonly tell?: (done: number, total: number) => void;
}

/** What is on a tape that was made. */
export interface Exported {
  readonly head: TapeHead;
  readonly tip: {readonly height: number; readonly hash: string};
  readonly digest: string;
}

/** Nothing of a state that decisions depend on: blobs, and what may be secret; the log follows as events. */
const leftOut: ReadonlySet<string> = new Set((['blob', 'info', 'log'] satisfies Table[]).map((table) => `${table}!`));

/**
 * Writes the log of a tower as a tape, up to what it holds when this is called.
 * @throws OperationalError TOWER_LOG_PRUNED, TOWER_INVALID_TAPE when the checkpoint is none of this tower's, or a replay
 * goes otherwise
 */
export async function exportTape(options: ExportOptions): Promise<Exported> {
  const {log, write, tell = () => undefined} = options;
  const end = await log.end();
  const head = await headOf(options, end);
  const writer = await TapeWriter.begin(write, head);
  if (options.checkpoint) await writeCheckpoint(writer, options.checkpoint);
  const points = options.digests && (await Points.begin(writer, options.digests, options.checkpoint));
  for (let {firstEvent: from} = head; from < end.nextEvent;) {
    const {entries} = await log.page({from, limit: Math.min(maxLogEntries, end.nextEvent - from)});
    if (entries.length === 0) throw logPruned(from, end.nextEvent);
    if (entries.some((entry) => entry.type === 'chain_accepted' && !entry.history))
      throw beganOlder('accepted a chain');
    if (points) await points.write(entries);
    else await writer.events(entries);
    from += entries.length;
    tell(from - head.firstEvent, head.events);
  }
  const {tip, digest} = end;
  await points?.end(digest);
  await writer.end({tip, digest});
  return {head: {bartizanTape: 1, ...head}, tip, digest};
}

async function headOf(
  {log, version: bartizan, checkpoint}: ExportOptions,
  {network, genesis, firstEvent: first, nextEvent}: LogEnd,
): Promise<Omit<TapeHead, 'bartizanTape'>> {
  const chain = {bartizan, network, genesis};
  if (checkpoint) {
    const meta = await readMeta(checkpoint);
    if (!meta) throw invalidTape('the checkpoint is of a tower that had not begun');
    if ((await schemaOf(checkpoint)) !== schemaVersion) {
      throw invalidTape('the checkpoint was made by an older Bartizan, and its rows look otherwise now');
    }
    const {progress, tip, settings} = meta;
    if (meta.chain.genesis !== genesis || progress.nextLog > nextEvent) {
      throw invalidTape('the checkpoint is of another tower, or later than its log');
    }
    if (progress.nextLog < first) throw logPruned(progress.nextLog, first);
    const start = {height: tip.height, hash: tip.hash};
    const firstEvent = progress.nextLog;
    return {...chain, begins: 'checkpoint', firstEvent, events: nextEvent - firstEvent, start, settings};
  }
  const {entries} = await log.page({from: 0, limit: 1});
  const [started] = entries;
  assert(started?.type === 'started', 'a log begins with the start of its tower');
  const {beginning, height, hash} = started;
  if (!beginning) throw beganOlder('began the log');
  const {settings} = beginning;
  return {...chain, begins: 'log', firstEvent: 0, events: nextEvent, start: {height, hash}, settings};
}

const beganOlder = (did: string): OperationalError =>
  new OperationalError('TOWER_LOG_PRUNED', `an older Bartizan ${did} and did not write down with which headers`);

async function writeCheckpoint(writer: TapeWriter, rows: KeyValueReader): Promise<void> {
  for await (const page of statePages(rows)) await writer.rows(page);
  await writer.digest(await digestOf(rows));
}

/** Writes events as they are replayed, and digests between them. */
class Points {
  readonly #writer: TapeWriter;
  readonly #machine: Machine;
  readonly #check: EventCheck;
  readonly #every: number;
  #last: number;

  private constructor(writer: TapeWriter, machine: Machine, every: number) {
    this.#writer = writer;
    this.#machine = machine;
    this.#check = new EventCheck(machine);
    this.#every = every;
    this.#last = writer.nextEvent;
  }

  static async begin(
    writer: TapeWriter,
    {every, rows}: {readonly every: number; readonly rows: KeyValueStore},
    checkpoint: KeyValueReader | undefined,
  ): Promise<Points> {
    if (checkpoint) await copyState(checkpoint, rows, writer.nextEvent);
    return new Points(writer, await Machine.open(rows), every);
  }

  async write(entries: readonly LogEntry[]): Promise<void> {
    const next = this.#writer.nextEvent;
    let written = 0;
    for (const [i, entry] of entries.entries()) {
      // Not between the events of one input.
      if (next + i >= this.#last + this.#every && !this.#check.missing) {
        await this.#writer.events(entries.slice(written, i));
        await this.#writer.digest(await this.#machine.digest());
        written = i;
        this.#last = next + i;
      }
      const divergence = await this.#check.take(next + i, entry);
      if (divergence) throw otherwise(`at event ${divergence.event}: ${divergence.what}`);
    }
    await this.#writer.events(entries.slice(written));
  }

  async end(digest: string): Promise<void> {
    const found = await this.#machine.digest();
    if (found !== digest) throw otherwise(`at its end: the digest is ${found}, not ${digest}`);
  }
}

const otherwise = (where: string): OperationalError =>
  invalidTape(`the log does not lead to the state of the tower ${where}`);

async function copyState(from: KeyValueReader, to: KeyValueStore, firstEvent: number): Promise<void> {
  for await (const page of statePages(from)) {
    await to.write(page.map(([key, value]) => [key, isProgress(key) ? withoutLog(value, firstEvent) : value]));
  }
}

/** Rows of a state on which decisions depend. */
async function* statePages(rows: KeyValueReader): AsyncGenerator<Row[]> {
  for await (const page of pagesOf(rows, {from: '\0', to: '\xff'.repeat(64)}, 100)) {
    yield page.filter(([key]) => !leftOut.has(tableOf(key)));
  }
}
