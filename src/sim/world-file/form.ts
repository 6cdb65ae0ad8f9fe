import {z} from 'zod';
import {OperationalError} from '../../errors/index.js';
import type {GatekeeperSettings} from '../../gatekeeper/settings.js';
import type {WorldState} from '../world/world-state.js';

/*
 * The file of a world: JSON lines, gzipped. Bytes are in base64.
 *
 *   {format, version, seed, settings, height, digest, snapshots}    the head
 *   {block}                         each block of any chain in it but genesis, once
 *   {state, height, toldEvents, arrivals, invalid}                  begins a state: of a snapshot, or null, the present,
 *                                   which comes last; arrivals: runs [first, last] of blocks as counted from 0, in order
 *   {map, entries}                  a part of a map of its memory
 *   {rows}                          some of its rows
 *   {lines, sha256}                 the end: how many lines stand before it, and the hash over them
 */

export const worldFormat = 'bartizan-world';
export const worldVersion = 1;
/** Entries or rows in one line. */
export const itemsInLine = 500;
/** Bytes of rows after which a line ends. */
export const rowBytesInLine = 1024 * 1024;
/** Of one line: the rows of some large blobs. */
export const maxLineBytes = 64 * 1024 * 1024;
/** Of all lines together: far more than a simulation holds in memory. */
export const maxWorldBytes = 8 * 1024 * 1024 * 1024;

/** A world, apart from whatever runs it. */
export interface StoredWorld {
  readonly seed: string | number;
  /** In force at the end. */
  readonly settings: GatekeeperSettings;
  readonly present: WorldState;
  readonly snapshots: readonly (readonly [name: string, state: WorldState])[];
}

const count = z.int().min(0);
const hash = z.string().regex(/^[0-9a-f]{64}$/);

export const headLine = z.object({
  format: z.literal(worldFormat),
  version: z.literal(worldVersion),
  seed: z.union([z.string().min(1).max(64), z.int().min(0)]),
  settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  height: count,
  digest: hash,
  snapshots: z.array(z.string()).max(10_000),
});
export type HeadLine = z.output<typeof headLine>;

export const bodyLine = z.union([
  z.object({block: z.string()}),
  z.object({
    state: z.string().nullable(),
    height: count,
    toldEvents: count,
    arrivals: z.array(z.tuple([count, count])),
    invalid: z.array(hash),
  }),
  z.object({map: z.string(), entries: z.array(z.tuple([z.union([z.string(), z.number()]), z.unknown()]))}),
  z.object({rows: z.array(z.tuple([z.string(), z.string()]))}),
]);
export type BodyLine = z.output<typeof bodyLine>;

export const endLine = z.object({lines: count, sha256: hash});

// JSON has no names for these.
const oddNumbers = ['NaN', 'Infinity', '-Infinity'];

export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, it: unknown) =>
    typeof it === 'number' && !Number.isFinite(it) ? {$number: String(it)} : it,
  );

export const fromJson = (text: string): unknown =>
  JSON.parse(text, (_, it: unknown) => {
    const name = typeof it === 'object' && it !== null && '$number' in it ? it.$number : undefined;
    return typeof name === 'string' && oddNumbers.includes(name) ? Number(name) : it;
  });

export const invalidWorld = (name: string, problem: string, cause?: unknown): OperationalError =>
  new OperationalError('TOWER_INVALID_WORLD', `${name} ${problem}`, cause === undefined ? {} : {cause});
