import {createHash} from 'node:crypto';
import {z} from 'zod';
import {OperationalError} from '../../errors/index.js';
import {fromWire} from '../../tower/wire-names.js';
import {checkEntry} from './entry-schema.js';
import {problemOf} from './problem.js';
import {
  digestSchema,
  endSchema,
  eventSchema,
  headSchema,
  invalidTape,
  maxLineBytes,
  requireSame,
  rowSchema,
  type TapeEnd,
  type TapeHead,
  type TapeLine,
  tapeVersion,
} from './tape-format.js';

/** Opens the bytes of a tape from their beginning; called for each reading. */
export type OpenTape = () => AsyncIterable<Uint8Array>;

/** Whether these are the first bytes of a tape, of whatever version. */
export const isTape = (first: Uint8Array): boolean =>
  Buffer.from(first).toString('latin1').startsWith('{"bartizan_tape":');

/** A tape that has been read to its end once, and is whole. It is never held in memory. */
export class Tape {
  readonly head: TapeHead;
  readonly end: TapeEnd;
  readonly #open: OpenTape;

  private constructor(open: OpenTape, head: TapeHead, end: TapeEnd) {
    this.#open = open;
    this.head = head;
    this.end = end;
  }

  /** @throws OperationalError TOWER_INVALID_TAPE, TOWER_TAPE_TOO_NEW */
  static async open(open: OpenTape): Promise<Tape> {
    const hash = createHash('sha256');
    let head: TapeHead | undefined;
    let second = '';
    let last: {readonly text: string; readonly number: number} | undefined;
    for await (const line of linesOf(open())) {
      head ??= headOf(line.text);
      if (last) hash.update(last.text).update('\n');
      last = line;
      if (line.number === 2) second = line.text;
    }
    if (!head || !last) throw invalidTape('it is empty');
    const end = lineOf(last.text, last.number);
    if (end.type !== 'end') throw invalidTape('it was cut off: its last line is not the end of a tape', last.number);
    if (hash.digest('hex') !== end.sha256)
      throw invalidTape('it was damaged: its bytes do not have the checksum of its end');
    if (head.begins === 'log') requireBeginning(head, lineOf(second, 2));
    return new Tape(open, head, end.end);
  }

  /** Its lines in order, the head left out. */
  async *lines(): AsyncGenerator<TapeLine> {
    let next = this.head.firstEvent;
    let mayHaveRows = this.head.begins === 'checkpoint';
    for await (const {text, number} of linesOf(this.#open())) {
      if (number === 1) continue;
      const line = lineOf(text, number);
      if (line.type === 'row' && !mayHaveRows) throw invalidTape('a row stands where none is to be', number);
      mayHaveRows &&= line.type === 'row';
      if (line.type === 'event' && line.number !== next++) {
        throw invalidTape(`event ${line.number} stands where event ${next - 1} is to be`, number);
      }
      if (
        line.type !== 'row' &&
        line.type !== 'event' &&
        (line.type === 'end' ? line.end.events : line.events) !== next
      ) {
        throw invalidTape(`it speaks of other events than the ${next} before it`, number);
      }
      yield line;
    }
  }
}

function headOf(text: string): TapeHead {
  const value = parsed(text, 1);
  const known = z.looseObject({bartizanTape: z.int()}).safeParse(value);
  if (!known.success) throw invalidTape('its first line is not the head of a tape', 1);
  const {bartizanTape: version} = known.data;
  if (version > tapeVersion) {
    throw new OperationalError(
      'TOWER_TAPE_TOO_NEW',
      `the tape has version ${version}, this Bartizan reads ${tapeVersion}`,
    );
  }
  return whole(headSchema, value, 1);
}

/** The head of a whole log repeats what its first event says. */
function requireBeginning(head: TapeHead, line: TapeLine): void {
  const started = line.type === 'event' ? line.entry : undefined;
  if (started?.type !== 'started') throw invalidTape('it does not begin with the start of its tower', 2);
  const {height, hash, beginning} = started;
  requireSame(head, {...beginning, start: {height, hash}}, 'its first event');
}

function lineOf(text: string, number: number): TapeLine & {readonly sha256?: string} {
  const value = parsed(text, number);
  if ('event' in value) {
    const {event, ...rest} = value;
    const entry = checkEntry(rest);
    if (typeof entry === 'string') throw invalidTape(`line ${number} holds no event of a tape: ${entry}`, number);
    return {type: 'event', number: whole(eventSchema, {event}, number).event, entry};
  }
  if ('row' in value) {
    const [key, bytes] = whole(rowSchema, value, number).row.map((part) => Buffer.from(part, 'base64'));
    return {type: 'row', key: key!.toString('latin1'), value: bytes!};
  }
  if ('digest' in value) return {type: 'digest', ...whole(digestSchema, value, number)};
  return {type: 'end', ...whole(endSchema, value, number)};
}

function whole<Schema extends z.ZodType>(schema: Schema, value: unknown, line: number): z.output<Schema> {
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  throw invalidTape(`line ${line} cannot be understood: ${problemOf(checked.error, value)}`, line);
}

function parsed(text: string, line: number): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Told below.
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidTape(`line ${line} is not an object of JSON`, line);
  }
  return fromWire(value) as object;
}

async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<{text: string; number: number}> {
  let rest: Buffer = Buffer.alloc(0);
  let number = 0;
  for await (const chunk of bytes) {
    let from = 0;
    const all =
      rest.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) : Buffer.concat([rest, chunk]);
    for (let end = all.indexOf(10); end !== -1; end = all.indexOf(10, from)) {
      yield {text: all.toString('utf8', from, end), number: ++number};
      from = end + 1;
    }
    rest = all.subarray(from);
    if (rest.length > maxLineBytes)
      throw invalidTape(`line ${number + 1} is longer than ${maxLineBytes} bytes`, number + 1);
  }
  if (rest.length > 0) throw invalidTape('it was cut off: its last line has no end', number + 1);
}
