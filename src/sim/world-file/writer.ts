import {createHash} from 'node:crypto';
import {createWriteStream} from 'node:fs';
import {open, rename, rm, stat} from 'node:fs/promises';
import {dirname} from 'node:path';
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {constants, createGzip, gunzipSync} from 'node:zlib';
import {parseHeader} from '../../chain/index.js';
import {OperationalError} from '../../errors/index.js';
import {syncPath} from '../../files/durable.js';
import {digestOf, pagesOf, type Row} from '../../store/index.js';
import {everything, type WorldState} from '../world/world-state.js';
import {
  type BodyLine,
  type HeadLine,
  itemsInLine,
  rowBytesInLine,
  type StoredWorld,
  toJson,
  worldFormat,
  worldVersion,
} from './form.js';

/** Bytes in which the beginning of a world shows. */
const beginningBytes = 4_096;

export const isNoFile = 'is no file';
/**
 * Why a world must not take the place of what is there, as a clause after the path; undefined when it may: nothing is
 * there, or an empty file, or what begins as a world.
 */
export async function whyNoWorld(path: string): Promise<string | undefined> {
  const there = await stat(path).catch(() => undefined);
  if (!there) return undefined;
  if (!there.isFile()) return isNoFile;
  if (there.size === 0 || (await beginsAsWorld(path))) return undefined;
  return 'holds something else than a world, which would be lost; name another file';
}

async function beginsAsWorld(path: string): Promise<boolean> {
  const file = await open(path).catch(() => undefined);
  if (!file) return false;
  try {
    const {buffer, bytesRead} = await file.read(Buffer.alloc(beginningBytes), 0, beginningBytes, 0);
    const text = gunzipSync(buffer.subarray(0, bytesRead), {finishFlush: constants.Z_SYNC_FLUSH});
    return text.toString('latin1').startsWith(`{"format":"${worldFormat}"`);
  } catch {
    return false;
  } finally {
    await file.close();
  }
}

/**
 * Writes a world into a file, whole or not at all.
 * @throws OperationalError TOWER_FILE_FAILED, also where something else than a world would be lost
 */
export async function writeWorld(path: string, world: StoredWorld): Promise<void> {
  const why = await whyNoWorld(path);
  if (why !== undefined) throw new OperationalError('TOWER_FILE_FAILED', `${path} cannot be written: it ${why}`);
  const partial = `${path}.${process.pid}.new`;
  try {
    await pipeline(Readable.from(linesOf(world)), createGzip(), createWriteStream(partial));
    await syncPath(partial);
    await rename(partial, path);
    await syncPath(dirname(path));
  } catch (cause) {
    await rm(partial, {force: true});
    throw new OperationalError('TOWER_FILE_FAILED', `${path} cannot be written`, {cause});
  }
}

async function* linesOf(world: StoredWorld): AsyncGenerator<string> {
  const hash = createHash('sha256');
  let lines = 0;
  for await (const value of valuesOf(world)) {
    const line = `${toJson(value)}\n`;
    hash.update(line);
    lines++;
    yield line;
  }
  yield `${toJson({lines, sha256: hash.digest('hex')})}\n`;
}

async function* valuesOf({seed, settings, present, snapshots}: StoredWorld): AsyncGenerator<HeadLine | BodyLine> {
  yield {
    format: worldFormat,
    version: worldVersion,
    seed,
    settings: {...settings},
    height: present.height,
    digest: await digestOf(present.rows),
    snapshots: snapshots.map(([name]) => name),
  };
  const states: (readonly [string | null, WorldState])[] = [...snapshots, [null, present]];
  const places = new Map<string, number>();
  for (const [, {chain}] of states) {
    for (const raw of chain.blocks.slice(1)) {
      const {hash} = parseHeader(raw);
      if (places.has(hash)) continue;
      places.set(hash, places.size);
      yield {block: base64(raw)};
    }
  }
  for (const [state, world] of states) yield* stateLines(state, world, places);
}

async function* stateLines(
  state: string | null,
  {height, toldEvents, chain, memory, rows}: WorldState,
  places: ReadonlyMap<string, number>,
): AsyncGenerator<BodyLine> {
  const arrivals: [number, number][] = [];
  for (const raw of chain.blocks.slice(1)) {
    const place = places.get(parseHeader(raw).hash)!;
    const last = arrivals.at(-1);
    if (last && last[1] + 1 === place) last[1] = place;
    else arrivals.push([place, place]);
  }
  yield {state, height, toldEvents, arrivals, invalid: [...chain.invalid]};
  for (const [map, entries] of memory) {
    for (let at = 0; at < entries.length; at += itemsInLine) {
      yield {map, entries: entries.slice(at, at + itemsInLine).map(([key, value]) => [key, value])};
    }
  }
  for await (const page of pagesOf(rows, everything, itemsInLine)) {
    for (const some of inParts(page)) {
      yield {rows: some.map(([key, value]) => [Buffer.from(key, 'latin1').toString('base64'), base64(value)])};
    }
  }
}

/** Rows that make a line each: blobs are large. */
function* inParts(page: readonly Row[]): Generator<Row[]> {
  let [part, bytes]: [Row[], number] = [[], 0];
  for (const row of page) {
    part.push(row);
    bytes += row[1].length;
    if (bytes < rowBytesInLine) continue;
    yield part;
    [part, bytes] = [[], 0];
  }
  if (part.length > 0) yield part;
}

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
