import type {KeyValueReader} from '../../store/index.js';
import {MemoryStore} from '../../store/index.js';
import {maxLogEntries, readLogEnd, readLogPage} from '../../tower/log.js';
import {type Divergence, EventCheck} from '../tape/event-check.js';
import {Machine} from '../tape/machine.js';
import {type Finding, fine} from './invariant.js';

/**
 * Has the tower's code decide about its whole log anew, on rows of its own, as `bartizan replay` does with a tape: each
 * event must come of it, and the state in the end.
 * @param rows of a tower that has begun, with all of its log
 * @param watched the first event that this tower has written; those before may be of an older one, which decided otherwise
 */
export async function wrongReplay(rows: KeyValueReader, watched: number): Promise<Finding> {
  const {nextEvent, digest} = await readLogEnd(rows);
  const machine = await Machine.open(new MemoryStore());
  const check = new EventCheck(machine);
  for (let from = 0; from < nextEvent;) {
    const {entries} = await readLogPage(rows, {from, limit: maxLogEntries});
    if (entries.length === 0) return [`event ${from} is not in the log, which is said to have ${nextEvent}`];
    for (const entry of entries) {
      const divergence = await check.take(from++, entry);
      if (divergence) return divergence.event < watched ? fine : [inWords(divergence)];
    }
  }
  const {missing} = check;
  if (missing) return [`the log says nothing of ${missing.type} at ${missing.height}, which comes of its last event`];
  const replayed = await machine.digest();
  return replayed === digest ? [] : [`replayed, the log leads to the state ${replayed}, not ${digest}`];
}

function inWords({event, height, what, onTape, now}: Divergence): string {
  const name = `event ${event}${onTape ? `, ${onTape.type}` : ''} at ${height}`;
  if (!onTape || !now) return `${name}: replayed, ${what}`;
  const [then, instead] = [onTape, now].map((entry) => entry as unknown as Readonly<Record<string, unknown>>);
  const names = [...new Set([...Object.keys(then!), ...Object.keys(instead!)])];
  const text = (value: unknown) => JSON.stringify(value) ?? 'nothing';
  const differing = names.filter((field) => text(then![field]) !== text(instead![field]));
  const changes = differing.map((field) => `${field} is ${text(instead![field])}, not ${text(then![field])}`);
  return `${name}: replayed, ${changes.join(', ')}`;
}
