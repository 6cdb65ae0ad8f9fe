import {isPublicKey} from '../crypto/public-key.js';
import {OperationalError, printable} from '../errors/index.js';

/** Where TEOS towers listen. */
export const defaultTowerPort = 9814;

/** Where a tower is, and who it says it is. */
export interface TowerAddress {
  /** The public key that signs its receipts, lower-case hex; undefined when the address does not tell. */
  readonly towerId: string | undefined;
  /** With port, without a slash at the end. */
  readonly url: string;
}

const form = 'ID@HOST:PORT, HOST:PORT, HOST, or the same with http:// or https:// in front';
const parts = /^(https?:\/\/)?(?:([^@/]*)@(https?:\/\/)?)?(\[[\da-f:.]+\]|[^\s:/?#@[\]]+)(?::(\d{1,5}))?\/?$/i;

/**
 * Parses what operators hand out: `ID@HOST:PORT`; the id, the port (9814) and `http://` may be left out. An IPv6 address
 * stands in brackets.
 *
 * @throws OperationalError TOWER_INVALID_ADDRESS
 */
export function parseTowerAddress(text: string): TowerAddress {
  const matched = parts.exec(text.trim());
  if (matched === null || (matched[1] !== undefined && matched[3] !== undefined))
    throw invalid(text, `it is not of the form ${form}`);
  const [, outer, towerId, inner, host = '', port = String(defaultTowerPort)] = matched;
  if (towerId !== undefined && !isPublicKey(towerId)) {
    throw invalid(text, 'what stands before the @ is no compressed public key');
  }
  if (Number(port) < 1 || Number(port) > 65_535) throw invalid(text, `${port} is no port`);
  const url = `${(outer ?? inner ?? 'http://').toLowerCase()}${host}:${Number(port)}`;
  if (!URL.canParse(url)) throw invalid(text, `${printable(host)} is no host`);
  return {towerId: towerId?.toLowerCase(), url};
}

const invalid = (text: string, because: string): OperationalError =>
  new OperationalError('TOWER_INVALID_ADDRESS', `"${printable(text)}" is no address of a tower: ${because}`);
