import type {KeyValueStore, Row} from '../../store/key-value-store.js';
import {localKey} from '../../store/layout.js';
import {type Progress, readMeta} from '../../store/meta.js';
import {invalidTape, requireSame} from './tape-format.js';
import type {Tape} from './tape-reader.js';

/** Rows written at once. */
const batchRows = 10_000;

/**
 * Writes the rows that a tape begins with, if it does not begin with its tower.
 * @throws OperationalError TOWER_INVALID_TAPE when the head says something else of them
 */
export async function loadCheckpoint(tape: Tape, rows: KeyValueStore): Promise<void> {
  const {head} = tape;
  if (head.begins !== 'checkpoint') return;
  let batch: Row[] = [];
  for await (const line of tape.lines()) {
    if (line.type !== 'row') break;
    const {key, value} = line;
    batch.push([key, isProgress(key) ? withoutLog(value, head.firstEvent) : value]);
    if (batch.length < batchRows) continue;
    await rows.write(batch);
    batch = [];
  }
  await rows.write(batch);
  const meta = await readMeta(rows);
  if (!meta) throw invalidTape('the state that it begins with is of a tower that had not begun');
  const {chain, tip, settings} = meta;
  const found = {...chain, start: {height: tip.height, hash: tip.hash}, settings};
  requireSame(head, found, 'the state that it begins with');
}

export const isProgress = (key: string): boolean => key === localKey('progress');

/** There is no log before the first event here. */
export function withoutLog(progress: Uint8Array, firstEvent: number): Buffer {
  const kept = JSON.parse(Buffer.from(progress).toString()) as Progress;
  return Buffer.from(JSON.stringify({...kept, firstLog: firstEvent, nextLog: firstEvent}));
}
