import {isDeepStrictEqual} from 'node:util';
import {z} from 'zod';
import {OperationalError} from '../../errors/index.js';
import {maxU48} from '../../store/layout.js';
import type {LogEntry} from '../../tower/log.js';
import {toWire} from '../../tower/wire-names.js';
import {hashSchema, networkSchema, settingsSchema} from './entry-schema.js';

/** Raise it when a tape of before would be read wrongly. */
export const tapeVersion = 1;
/** No line comes near it: the longest are a hundred headers, or what a device says of itself. */
export const maxLineBytes = 1024 * 1024;

const count = z.int().min(0).max(maxU48);
const block = z.strictObject({height: z.int().min(0), hash: hashSchema});

export const headSchema = z.strictObject({
  bartizanTape: z.literal(tapeVersion),
  /** The version of Bartizan that has made it. */
  bartizan: z.string().max(64),
  network: networkSchema,
  genesis: hashSchema,
  /** `log`: it begins with the first event of a tower. `checkpoint`: with the rows of one. */
  begins: z.enum(['log', 'checkpoint']),
  /** Number of the first event. */
  firstEvent: count,
  /** How many follow. */
  events: count,
  /** The tip before the first event; of a whole log, the one with which it began. */
  start: block,
  /** The settings in force there. */
  settings: settingsSchema,
});

export const eventSchema = z.strictObject({event: count});
const base64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/, {error: 'bytes in base64'});
export const rowSchema = z.strictObject({row: z.tuple([base64, base64])});
/** The state once so many events have been. */
export const digestSchema = z.strictObject({digest: hashSchema, events: count});
export const endSchema = z.strictObject({
  end: z.strictObject({events: count, tip: block, digest: hashSchema}),
  sha256: hashSchema,
});

/** What a tape says of itself. */
export type TapeHead = z.output<typeof headSchema>;
export type TapeEnd = z.output<typeof endSchema>['end'];

/** One line of a tape, after its head. */
export type TapeLine =
  | {readonly type: 'row'; readonly key: string; readonly value: Uint8Array}
  | {readonly type: 'event'; readonly number: number; readonly entry: LogEntry}
  | {readonly type: 'digest'; readonly events: number; readonly digest: string}
  | {readonly type: 'end'; readonly end: TapeEnd};

export const invalidTape = (what: string, line?: number): OperationalError =>
  new OperationalError('TOWER_INVALID_TAPE', what, line === undefined ? {} : {facts: {line}});

/** What the head of a tape says of its beginning. */
export type Beginning = Pick<TapeHead, 'network' | 'genesis' | 'start' | 'settings'>;

/**
 * Holds what a head says of the beginning against what is there.
 * @param where that is
 * @throws OperationalError TOWER_INVALID_TAPE
 */
export function requireSame(head: Beginning, found: Partial<Beginning>, where: string): void {
  const [said, is] = [factsOf(head), factsOf(found)];
  const name = Object.keys(said).find((name) => !isDeepStrictEqual(said[name], is[name]));
  if (name === undefined) return;
  const [one, other] = [said[name], is[name]].map((value) => JSON.stringify(value));
  throw invalidTape(`its head says ${name} ${one}, and ${where} ${other}`, 1);
}

const factsOf = ({network, genesis, start, settings}: Partial<Beginning>) =>
  toWire({network, genesis, start, ...settings}) as Readonly<Record<string, unknown>>;
