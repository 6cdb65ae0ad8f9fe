import {isPublicKey} from '../../crypto/index.js';
import {Rejection} from '../../errors/index.js';
import {maxU32} from '../settings.js';

/** What one of OctoDB's lines asks for. Keys are lower-case hex. */
export type PragmaCommand =
  /** User id 0: a new user. */
  | {readonly type: 'authorize_user'; readonly key: string; readonly userId: number}
  | {readonly type: 'authorize_node'; readonly key: string; readonly role: 'primary' | 'secondary'}
  | {readonly type: 'sync_status'}
  | {readonly type: 'nodes'};

/** Characters of a line: several times what the longest one needs. */
export const maxPragmaCharacters = 500;

/**
 * Reads one line, as OctoDB's documentation writes them: `PRAGMA authorize_user="<pubkey>:<user_id>"`,
 * `PRAGMA authorize_node="<pubkey>:primary"` (or `secondary`), `PRAGMA sync_status`, `PRAGMA nodes`. The keyword and the
 * names may be in either case, the value in single or double quotes, white space around the parts, and a semicolon at
 * the end. There is nothing else: no second statement, no comment.
 *
 * @throws Rejection TOWER_INVALID_PRAGMA, with `facts.position`: the first character that is wrong, the line's first is 1
 */
export function parsePragma(text: string): PragmaCommand {
  if (text.length > maxPragmaCharacters) {
    throw new Rejection('TOWER_INVALID_PRAGMA', `the line is longer than ${maxPragmaCharacters} characters`, {
      facts: {position: maxPragmaCharacters + 1},
    });
  }
  const line = new Line(text);
  line.skip(space);
  const start = line.at;
  if (line.skip(/[a-z_]*/iy).toLowerCase() !== 'pragma') throw line.wrong('PRAGMA', start);
  if (line.skip(space) === '') throw line.wrong('white space');
  const command = readCommand(line);
  line.skip(space);
  line.skip(/;/y);
  line.skip(space);
  if (!line.ended) throw line.wrong('the end of the line');
  return command;
}

function readCommand(line: Line): PragmaCommand {
  const start = line.at;
  const type = line.skip(/[a-z_]*/iy).toLowerCase();
  switch (type) {
    case 'sync_status':
    case 'nodes':
      return {type};
    case 'authorize_user':
      return readQuoted(line, () => ({type, key: readKey(line), userId: readUserId(line)}));
    case 'authorize_node':
      return readQuoted(line, () => ({type, key: readKey(line), role: readRole(line)}));
    default:
      throw line.wrong('authorize_user, authorize_node, sync_status or nodes', start);
  }
}

/** A quote within would be doubled; no value that means anything has one. */
function readQuoted<Value>(line: Line, read: () => Value): Value {
  line.skip(space);
  if (line.skip(/=/y) === '') throw line.wrong('=');
  line.skip(space);
  const quote = line.skip(/["']/y);
  if (quote === '') throw line.wrong('a quote');
  const value = read();
  const start = line.at;
  if (line.skip(/["']/y) !== quote) throw line.wrong(quote, start);
  return value;
}

function readKey(line: Line): string {
  const start = line.at;
  const key = line.skip(/[0-9a-f]{0,66}/iy);
  if (key.length < keyCharacters) throw line.wrong('a public key, 66 characters of hex');
  if (!isPublicKey(key)) throw line.wrong('a compressed secp256k1 key', start);
  if (line.skip(/:/y) === '') throw line.wrong(':');
  return key.toLowerCase();
}

function readUserId(line: Line): number {
  const start = line.at;
  // No zeros in front: some would read an octal number.
  const digits = line.skip(/0|[1-9][0-9]*/y);
  if (digits === '') throw line.wrong('a user id, in digits');
  if (Number(digits) > maxU32) throw line.wrong(`a user id of at most ${maxU32}`, start);
  return Number(digits);
}

function readRole(line: Line): 'primary' | 'secondary' {
  const start = line.at;
  const role = line.skip(/[^"']*/y);
  if (role !== 'primary' && role !== 'secondary') throw line.wrong('primary or secondary', start);
  return role;
}

const keyCharacters = 66;
/** What SQLite calls white space. */
const space = /[\t\n\f\r ]*/y;

/** A text and how far it has been read. */
class Line {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get at(): number {
    return this.#at;
  }

  get ended(): boolean {
    return this.#at === this.#text.length;
  }

  /** Goes past what the pattern matches here, and answers it. */
  skip(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found = ''] = pattern.exec(this.#text) ?? [];
    this.#at += found.length;
    return found;
  }

  wrong(expected: string, at = this.#at): Rejection {
    const came = at < this.#text.length ? nameOf(this.#text.codePointAt(at)!) : 'the end';
    const message = `${expected} was expected at character ${at + 1}, where ${came} stands`;
    return new Rejection('TOWER_INVALID_PRAGMA', message, {facts: {position: at + 1}});
  }
}

/** What a terminal shows as it is, or its number. */
const nameOf = (codePoint: number): string =>
  codePoint > 0x20 && codePoint < 0x7f
    ? String.fromCodePoint(codePoint)
    : `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`;
