import {Rejection} from '../../errors/index.js';

/** Room for the longest text of a device with every character of it escaped. */
export const maxBodyBytes = 64 * 1024;

/** Strings of a JSON text, each with the colon that makes it a name. In valid JSON every quotation mark outside a string begins one. */
const stringsOfJson = /("[^"\\]*(?:\\.[^"\\]*)*")\s*(:?)/g;

/**
 * A JSON body, read strictly: bytes that are not UTF-8 are refused instead of replaced, and so is a name that stands
 * twice, of which one reader would take the first and another the last. Bodies are flat: every name is one of the same
 * object.
 * @throws Rejection TOWER_INVALID_PARAMETER
 */
export function parseBody(bytes: Uint8Array): unknown {
  const text = decoded(bytes);
  const body = parsed(text);
  const names = new Set<string>();
  for (const [, token, colon] of text.matchAll(stringsOfJson)) {
    if (colon === '') continue;
    const name = JSON.parse(token!) as string;
    if (names.has(name)) refuse(`has the name ${JSON.stringify(name)} twice`);
    names.add(name);
  }
  return body;
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes);
  } catch {
    return refuse('is not valid UTF-8');
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message repeats the text, which may be secret.
    return refuse('is not JSON');
  }
}

function refuse(why: string): never {
  throw new Rejection('TOWER_INVALID_PARAMETER', `the body of the request ${why}`);
}
