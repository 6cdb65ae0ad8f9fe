import {createReadStream} from 'node:fs';
import {open, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {storePathOf} from '../daemon/data-dir.js';
import {logOf} from '../daemon/tower-log.js';
import {AdminClient} from '../api/admin/client.js';
import {BartizanError, unreadableFile} from '../errors/index.js';
import {exportTape} from '../sim/tape/export.js';
import {type Run, runOfStore, runOfTape} from '../sim/tape/run.js';
import {Tape} from '../sim/tape/tape-reader.js';
import {LevelStore} from '../store/level-store.js';
import type {Log} from '../tower/log.js';
import {openTape} from './tape-file.js';

export interface Side {
  readonly kind: 'tape' | 'store' | 'tower';
  readonly run: Run;
  release(): Promise<void>;
}

/**
 * A tape, or the tower of a folder: what it holds on disk, or what it tells of itself while it runs.
 * @param scratch an empty folder that is gone afterwards
 * @throws OperationalError TOWER_FILE_FAILED, TOWER_INVALID_TAPE, TOWER_TAPE_TOO_NEW, TOWER_STORE_*
 */
export async function openSide(path: string, scratch: string): Promise<Side> {
  const opened: LevelStore[] = [];
  const release = async () => void (await Promise.all(opened.map((rows) => rows.close())));
  const scratchRows = async () => {
    const rows = await LevelStore.open(join(scratch, String(opened.length)));
    opened.push(rows);
    return rows;
  };
  const found = await stat(path).catch((cause: unknown) => {
    throw unreadableFile(path, cause);
  });
  if (!found.isDirectory()) return {kind: 'tape', run: runOfTape(await openTape(path), scratchRows), release};

  const rows = await unlessLocked(LevelStore.open(storePathOf(path), {create: false}));
  const log = rows ? logOf(rows) : new AdminClient(path).log;
  if (rows) opened.push(rows);
  if (!rows) {
    const tape = await exportedTape(log, join(scratch, 'running.tape'));
    return {kind: 'tower', run: runOfTape(tape, scratchRows), release};
  }
  const replayed: Pick<Run, 'after'> = {
    async after(event) {
      const tape = await exportedTape(log, join(scratch, 'stored.tape')).catch(unlessPruned);
      return tape && runOfTape(tape, scratchRows).after(event);
    },
  };
  return {kind: 'store', run: await runOfStore(log, rows, replayed), release};
}

async function exportedTape(log: Log, path: string): Promise<Tape> {
  const file = await open(path, 'wx', 0o600);
  try {
    await exportTape({log, version: '', write: (text) => file.appendFile(text)});
  } finally {
    await file.close();
  }
  return Tape.open(() => createReadStream(path));
}

const unlessLocked = (opening: Promise<LevelStore>): Promise<LevelStore | undefined> =>
  opening.catch((error: unknown) => {
    if (error instanceof BartizanError && error.code === 'TOWER_STORE_LOCKED') return undefined;
    throw error;
  });

function unlessPruned(error: unknown): undefined {
  if (error instanceof BartizanError && error.code === 'TOWER_LOG_PRUNED') return undefined;
  throw error;
}
