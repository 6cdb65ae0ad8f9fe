import {isPublicKey} from '../../crypto/index.js';
import {Rejection} from '../../errors/index.js';
import {exceedsBytes, isWellFormed} from './info.js';

/** Size of node_info in UTF-8: a description of a device, not its diary. */
export const maxNodeInfoBytes = 4096;
/** Objects and lists within each other; the outermost object is 1. Policies walk through it, often recursively. */
export const maxNodeInfoDepth = 8;
/** Names in all objects together. */
export const maxNodeInfoNames = 100;

/** Characters of a repeated name that the message quotes. */
const quotedCharacters = 40;

/** A string of valid JSON, its quotes included, or something that opens or closes an object or a list. */
const tokens = /"(?:[^"\\]|\\.)*"|[{}[\]]/gs;
/** What follows a string that is a name. */
const colon = /[\t\n\r ]*:/y;

/**
 * Checks node_info: a JSON object that a device sends about itself. It is kept and handed on as it came, so it has to
 * mean the same to every parser: no name twice in an object, no half of a surrogate pair, no great depth.
 *
 * @returns the device's key in lower-case hex
 * @throws Rejection TOWER_INVALID_NODE_INFO, with `facts.reason`
 */
export function checkNodeInfo(text: unknown): {readonly publicKey: string} {
  if (typeof text !== 'string') throw invalid('not_text', 'node_info must be a text');
  if (exceedsBytes(text, maxNodeInfoBytes)) {
    throw invalid('too_long', `node_info is longer than ${maxNodeInfoBytes} bytes`);
  }
  if (!isWellFormed(text)) throw invalid('not_well_formed', 'node_info is not well-formed text');
  const value = parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid('not_an_object', 'node_info must be a JSON object');
  }
  checkShape(text);
  const {public_key: key} = value as {public_key?: unknown};
  if (typeof key !== 'string' || !isPublicKey(key)) {
    const what = key === undefined ? 'has no public_key' : 'has a public_key that is no compressed secp256k1 key';
    throw invalid('no_public_key', `node_info ${what}`);
  }
  return {publicKey: key.toLowerCase()};
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Rejection('TOWER_INVALID_NODE_INFO', 'node_info is not JSON', {facts: {reason: 'not_json'}, cause});
  }
}

/** @param text valid JSON, in which names can be told by the colon that follows them */
function checkShape(text: string): void {
  /** The names so far of each object that is open; lists have none. */
  const open: Set<string>[] = [];
  let names = 0;
  for (const {0: token, index} of text.matchAll(tokens)) {
    if (token === '{' || token === '[') {
      open.push(new Set());
      if (open.length > maxNodeInfoDepth) {
        throw invalid('too_deep', `node_info is deeper than ${maxNodeInfoDepth} levels`);
      }
    } else if (token === '}' || token === ']') {
      open.pop();
    } else {
      // Escapes may hide what the text itself does not show.
      const string = JSON.parse(token) as string;
      if (!isWellFormed(string)) throw invalid('not_well_formed', 'node_info holds text that is not well-formed');
      colon.lastIndex = index + token.length;
      if (!colon.test(text)) continue;
      const inObject = open.at(-1)!;
      if (inObject.has(string)) {
        throw invalid(
          'repeated_name',
          `node_info repeats the name ${JSON.stringify(string.slice(0, quotedCharacters))}`,
        );
      }
      inObject.add(string);
      if (++names > maxNodeInfoNames) {
        throw invalid('too_many_names', `node_info has more than ${maxNodeInfoNames} names`);
      }
    }
  }
}

const invalid = (reason: string, message: string): Rejection =>
  new Rejection('TOWER_INVALID_NODE_INFO', message, {facts: {reason}});
