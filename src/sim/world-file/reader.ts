import {createHash} from 'node:crypto';
import {createReadStream} from 'node:fs';
import {createGunzip} from 'node:zlib';
import type {z} from 'zod';
import {type ChainContents, regtestGenesisBlock} from '../../chain/index.js';
import {BartizanError, unreadableFile} from '../../errors/index.js';
import {defaultGatekeeperSettings, type GatekeeperSettings} from '../../gatekeeper/settings.js';
import {digestOf, MemoryStore, type Row} from '../../store/index.js';
import type {MemoryKey} from '../world/memory.js';
import type {WorldState} from '../world/world-state.js';
import {
  type BodyLine,
  bodyLine,
  endLine,
  fromJson,
  type HeadLine,
  headLine,
  invalidWorld,
  maxLineBytes,
  maxWorldBytes,
  type StoredWorld,
  worldFormat,
  worldVersion,
} from './form.js';

/**
 * Reads a world from its file, and checks that it is whole; `name` is what messages call it.
 * @throws OperationalError TOWER_FILE_FAILED; TOWER_INVALID_WORLD when it is of another version, damaged or cut short
 */
export async function readWorld(path: string, name = path): Promise<StoredWorld> {
  const hash = createHash('sha256');
  let reading: Reading | undefined;
  let [lines, held]: [number, string | undefined] = [0, undefined];
  for await (const line of linesIn(path, name)) {
    if (held === undefined) headOf(line, name);
    // The last line is told from the others only by there being none after it.
    if (held !== undefined) {
      hash.update(`${held}\n`);
      if (lines++ === 0) reading = new Reading(headOf(held, name), name);
      else await reading!.take(accept(bodyLine, held, {name, line: lines}));
    }
    held = line;
  }
  const end = held === undefined ? undefined : endLine.safeParse(parsed(held));
  if (!reading || !end?.success) throw invalidWorld(name, 'is cut short');
  if (end.data.lines !== lines || end.data.sha256 !== hash.digest('hex')) throw invalidWorld(name, 'is damaged');
  return reading.world();
}

/** Puts states together from lines that come in order. */
class Reading {
  readonly #head: HeadLine;
  readonly #name: string;
  readonly #blocks: Uint8Array[] = [];
  readonly #snapshots: [string, WorldState][] = [];
  #present: WorldState | undefined;
  #rows = new MemoryStore();
  #memory = new Map<string, [MemoryKey, unknown][]>();

  constructor(head: HeadLine, name: string) {
    this.#head = head;
    this.#name = name;
  }

  async take(line: BodyLine): Promise<void> {
    if ('block' in line) this.#blocks.push(Buffer.from(line.block, 'base64'));
    else if ('state' in line) this.#begin(line);
    else if ('map' in line) {
      const entries = this.#memory.get(line.map) ?? [];
      this.#memory.set(line.map, entries);
      entries.push(...line.entries);
    } else {
      const row = ([key, value]: [string, string]): Row => [
        Buffer.from(key, 'base64').toString('latin1'),
        Buffer.from(value, 'base64'),
      ];
      await this.#rows.write(line.rows.map(row));
    }
  }

  async world(): Promise<StoredWorld> {
    const {seed, settings, snapshots, height, digest} = this.#head;
    const present = this.#present;
    if (!present || snapshots.join(' ') !== this.#snapshots.map(([name]) => name).join(' ')) {
      throw invalidWorld(this.#name, 'lacks a state that its head names');
    }
    if (present.height !== height || (await digestOf(present.rows)) !== digest) {
      throw invalidWorld(this.#name, 'does not hold the state that its head names');
    }
    return {seed, settings: settingsOf(settings), present, snapshots: this.#snapshots};
  }

  #begin({state, height, toldEvents, arrivals, invalid}: Extract<BodyLine, {state: unknown}>): void {
    this.#rows = new MemoryStore();
    this.#memory = new Map();
    const begun: WorldState = {
      height,
      toldEvents,
      chain: {blocks: this.#chainOf(arrivals), invalid},
      rows: this.#rows,
      memory: this.#memory,
    };
    if (state === null) this.#present = begun;
    else this.#snapshots.push([state, begun]);
  }

  #chainOf(arrivals: readonly (readonly [number, number])[]): ChainContents['blocks'] {
    const blocks: Uint8Array[] = [regtestGenesisBlock().raw];
    for (const [first, last] of arrivals) {
      if (first > last || last >= this.#blocks.length)
        throw invalidWorld(this.#name, 'names blocks that it does not hold');
      for (let place = first; place <= last; place++) blocks.push(this.#blocks[place]!);
    }
    return blocks;
  }
}

function settingsOf(stored: HeadLine['settings']): GatekeeperSettings {
  const known = Object.entries(defaultGatekeeperSettings).map(([name, fallback]) => {
    const value = stored[name];
    return [name, typeof value === typeof fallback ? value : fallback];
  });
  return Object.fromEntries(known) as unknown as GatekeeperSettings;
}

function headOf(line: string, name: string): HeadLine {
  const head = parsed(line) as {format?: unknown; version?: unknown} | null | undefined;
  if (head?.format !== worldFormat) throw invalidWorld(name, 'is not the file of a world');
  if (head.version !== worldVersion) {
    throw invalidWorld(
      name,
      `is of version ${JSON.stringify(head.version)}, and this Bartizan reads version ${worldVersion}`,
    );
  }
  return accept(headLine, line, {name, line: 1});
}

function accept<T>(
  schema: z.ZodType<T>,
  text: string,
  {name, line}: {readonly name: string; readonly line: number},
): T {
  const result = schema.safeParse(parsed(text));
  if (result.success) return result.data;
  throw invalidWorld(name, `is damaged: line ${line} is none that it may hold`);
}

function parsed(text: string): unknown {
  try {
    return fromJson(text);
  } catch {
    return undefined;
  }
}

/** Lines of a gzipped file, without their ends. */
async function* linesIn(path: string, name: string): AsyncGenerator<string> {
  const file = createReadStream(path);
  const text = file.on('error', (error) => text.destroy(error)).pipe(createGunzip());
  let rest: Buffer[] = [];
  let [restBytes, bytes] = [0, 0];
  try {
    for await (const chunk of text as AsyncIterable<Buffer>) {
      let from = 0;
      bytes += chunk.length;
      for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
        yield Buffer.concat([...rest, chunk.subarray(from, end)]).toString();
        [rest, restBytes, from] = [[], 0, end + 1];
      }
      rest.push(chunk.subarray(from));
      restBytes += chunk.length - from;
      if (restBytes > maxLineBytes || bytes > maxWorldBytes) throw invalidWorld(name, 'is larger than any world');
    }
  } catch (cause) {
    if (cause instanceof BartizanError) throw cause;
    const {code, message} = cause as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR') throw invalidWorld(name, 'is cut short', cause);
    if (code?.startsWith('Z_')) throw invalidWorld(name, `is damaged: ${message}`, cause);
    throw unreadableFile(name, cause);
  } finally {
    file.destroy();
    text.destroy();
  }
  if (restBytes > 0) throw invalidWorld(name, 'is cut short');
}
