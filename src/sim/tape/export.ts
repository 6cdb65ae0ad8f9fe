import {assert} from '../../errors/index.js';
import type {KeyValueReader} from '../../store/key-value-store.js';
import {schemaVersion, type Table} from '../../store/layout.js';
import {schemaOf} from '../../store/schema.js';
import {readMeta} from '../../store/meta.js';
import {pagesOf} from '../../store/pages.js';
import {digestOf} from '../../store/digest.js';
import {type Log, type LogEnd, logPruned, maxLogEntries} from '../../tower/log.js';
import {OperationalError} from '../../errors/index.js';
import {invalidTape, type TapeHead} from './tape-format.js';
import {TapeWriter} from './tape-writer.js';
import {tableOf} from '../../store/tables.js';

export interface ExportOptions {
  readonly log: Log;
  /** The version of this Bartizan. */
  readonly version: string;
  readonly write: (text: string) => Promise<void>;
  /** The rows of an earlier state of the same tower, to begin with instead of its first event. */
  readonly checkpoint?: KeyValueReader | undefined;
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
 * @throws OperationalError TOWER_LOG_PRUNED, TOWER_INVALID_TAPE when the checkpoint is none of this tower's
 */
export async function exportTape(options: ExportOptions): Promise<Exported> {
  const {log, write, tell = () => undefined} = options;
  const end = await log.end();
  const head = await headOf(options, end);
  const writer = await TapeWriter.begin(write, head);
  if (options.checkpoint) {
    await writeCheckpoint(writer, options.checkpoint);
  }
  for (let {firstEvent: from} = head; from < end.nextEvent;) {
    const {entries} = await log.page({from, limit: Math.min(maxLogEntries, end.nextEvent - from)});
    if (entries.length === 0) throw logPruned(from, end.nextEvent);
    if (entries.some((entry) => entry.type === 'chain_accepted' && !entry.history))
      throw beganOlder('accepted a chain');
    await writer.events(entries);
    from += entries.length;
    tell(from - head.firstEvent, head.events);
  }
  const {tip, digest} = end;
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
  for await (const page of pagesOf(rows, {from: '\0', to: '\xff'.repeat(64)}, 100)) {
    await writer.rows(page.filter(([key]) => !leftOut.has(tableOf(key))));
  }
  await writer.digest(await digestOf(rows));
}
