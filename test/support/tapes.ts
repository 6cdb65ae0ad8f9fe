import assert from 'node:assert/strict';
import {packageVersion} from '../../src/daemon/version.js';
import {exportTape, type Exported} from '../../src/sim/tape/export.js';
import {type Replayed, replayTape} from '../../src/sim/tape/replay.js';
import {Tape} from '../../src/sim/tape/tape-reader.js';
import {digestOf, type KeyValueReader, MemoryStore} from '../../src/store/index.js';
import {readLogEnd, readLogPage} from '../../src/tower/log.js';

export interface MadeTape extends Exported {
  readonly text: string;
}

/** The log in these rows, as a tape. */
export async function tapeOf(rows: KeyValueReader, checkpoint?: KeyValueReader, every?: number): Promise<MadeTape> {
  let text = '';
  const exported = await exportTape({
    log: {end: () => readLogEnd(rows), page: (options) => readLogPage(rows, options)},
    version: await packageVersion(),
    checkpoint,
    digests: every === undefined ? undefined : {every, rows: new MemoryStore()},
    write: async (lines) => {
      text += lines;
    },
  });
  return {...exported, text};
}

/** Opens a text as a tape that comes in pieces, which end anywhere. */
export const tapeFrom = (text: string): Promise<Tape> =>
  Tape.open(async function* () {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 10_007) yield bytes.subarray(at, at + 10_007);
  });

export async function replayText(text: string, rows = new MemoryStore()): Promise<Replayed> {
  return replayTape(await tapeFrom(text), {rows});
}

/** What the log alone says leads to what is there. */
export async function assertReplays(rows: KeyValueReader, message: string): Promise<void> {
  const {text} = await tapeOf(rows);
  const {divergence, digest} = await replayText(text);
  assert.equal(divergence, null, message);
  assert.equal(digest, await digestOf(rows), message);
}

/** The text with its checksum made right again, after somebody has changed it. */
export async function sealed(text: string): Promise<string> {
  const {createHash} = await import('node:crypto');
  const at = text.lastIndexOf('\n', text.length - 2) + 1;
  const {end} = JSON.parse(text.slice(at)) as {end: unknown};
  return `${text.slice(0, at)}${JSON.stringify({end, sha256: createHash('sha256').update(text.slice(0, at)).digest('hex')})}\n`;
}
