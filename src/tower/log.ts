import {OperationalError} from '../errors/index.js';
import {digestOf} from '../store/digest.js';
import type {KeyValueReader} from '../store/key-value-store.js';
import {logKey, logNumberOf, tableRange} from '../store/layout.js';
import {type DecisionSettings, readMeta} from '../store/meta.js';
import type {Network} from '../chain/network.js';
import {NoTip} from '../gatekeeper/rejections.js';
import type {FunctionSlow, StateChanged, TowerEvent} from './events.js';

/** An event as the log has it: with whoever caused it. */
export type LogEntry = Exclude<TowerEvent, StateChanged | FunctionSlow> & {readonly actor: string};

/** Entries of one page at most. */
export const maxLogEntries = 1_000;
/** A page ends with the entry that takes it past so many characters. */
const pageCharacters = 4 * 1024 * 1024;

/** What stands in a log at one moment, and the state that it has led to. */
export interface LogEnd {
  readonly network: Network;
  readonly genesis: string;
  /** The first event that is still there. */
  readonly firstEvent: number;
  /** The number that the next event will have. */
  readonly nextEvent: number;
  readonly tip: {readonly height: number; readonly hash: string};
  /** SHA-256 over the state, hex. */
  readonly digest: string;
  readonly settings: DecisionSettings;
}

export interface LogPage {
  /** The number of the first of them. */
  readonly from: number;
  /** In order, without a gap. */
  readonly entries: readonly LogEntry[];
}

/** The log of a tower, wherever it is read. */
export interface Log {
  end(): Promise<LogEnd>;
  /** Events from a number on. @throws OperationalError TOWER_LOG_PRUNED */
  page(options: {readonly from: number; readonly limit: number}): Promise<LogPage>;
}

/** @throws NoTip */
export async function readLogEnd(rows: KeyValueReader): Promise<LogEnd> {
  const meta = await readMeta(rows);
  if (!meta) throw new NoTip();
  const {chain, tip, settings, progress} = meta;
  return {
    network: chain.network,
    genesis: chain.genesis,
    firstEvent: progress.firstLog,
    nextEvent: progress.nextLog,
    tip: {height: tip.height, hash: tip.hash},
    digest: await digestOf(rows),
    settings,
  };
}

/**
 * Events from this number on, fewer than `limit` where they are long or come to an end.
 * @throws OperationalError TOWER_LOG_PRUNED when the first of them is not there any more
 */
export async function readLogPage(
  rows: KeyValueReader,
  {from, limit}: {readonly from: number; readonly limit: number},
): Promise<LogPage> {
  const found = await rows.range({from: logKey(from), to: tableRange('log').to, limit: Math.min(limit, maxLogEntries)});
  const entries: LogEntry[] = [];
  let characters = 0;
  for (const [key, value] of found) {
    if (logNumberOf(key) !== from + entries.length) throw logPruned(from + entries.length, logNumberOf(key));
    if (characters > pageCharacters) break;
    const text = Buffer.from(value).toString();
    characters += text.length;
    entries.push(JSON.parse(text) as LogEntry);
  }
  return {from, entries};
}

export const logPruned = (wanted: number, first: number): OperationalError =>
  new OperationalError('TOWER_LOG_PRUNED', `event ${wanted} is not in the log any more, which begins with ${first}`, {
    facts: {wanted, first},
  });
