import {OperationalError} from '../errors/index.js';
import {genesisOf, type Network} from './network.js';

/** No block is larger. Source: Bitcoin's consensus rules. */
const maxBlockBytes = 4_000_000;

export interface FixtureLine {
  /** Counted from 1. */
  readonly line: number;
  readonly raw: Uint8Array;
}

export interface Fixture {
  readonly network: Network;
  /** Height of the first block, when the file tells. */
  readonly startHeight: number | undefined;
  readonly blocks: readonly FixtureLine[];
}

/**
 * Reads the text of a fixture chain: one raw block in hex a line (what `submitblock` takes), in order of arrival.
 * Blank lines and lines that begin with `#` are left out. Two comments before the first block mean something:
 *
 *     # network: regtest       bitcoin, testnet, testnet4, signet or regtest; regtest unless told
 *     # start_height: 100      the height of the first block; needed when that is not a genesis block
 *
 * @param name stands in front of the line number in errors
 * @throws OperationalError TOWER_INVALID_FIXTURE with `line` among its facts
 */
export function parseFixture(text: string, name = 'line'): Fixture {
  const blocks: FixtureLine[] = [];
  let network: Network = 'regtest';
  let startHeight: number | undefined;
  let line = 0;
  for (const written of text.split('\n')) {
    line++;
    const content = written.trim();
    if (content === '') continue;
    if (content.startsWith('#')) {
      const [, key, value = ''] = blocks.length > 0 ? [] : (/^#\s*(network|start_height):\s*(.*)$/.exec(content) ?? []);
      if (key === 'network') network = readNetwork(value, () => invalidFixture(name, line, `unknown network ${value}`));
      if (key === 'start_height') startHeight = readHeight(value, (why) => invalidFixture(name, line, why));
      continue;
    }
    blocks.push({line, raw: readHex(content, (why) => invalidFixture(name, line, why))});
  }
  if (blocks.length === 0) throw invalidFixture(name, line, 'the file ends without a block');
  return {network, startHeight, blocks};
}

/** The text of a fixture chain. Each of `comments` becomes a line of its own. */
export function formatFixture(of: {
  network: Network;
  startHeight: number;
  comments?: readonly string[];
  blocks: Iterable<Uint8Array>;
}): string {
  const lines = (of.comments ?? []).map((comment) => `# ${comment}\n`);
  lines.push(`# network: ${of.network}\n`, `# start_height: ${of.startHeight}\n`);
  for (const raw of of.blocks) lines.push(formatFixtureLine(raw));
  return lines.join('');
}

/** One block, its line end included: appending it to a fixture chain gives a fixture chain. */
export const formatFixtureLine = (raw: Uint8Array): string => `${Buffer.from(raw).toString('hex')}\n`;

export const invalidFixture = (name: string, line: number, why: string): OperationalError =>
  new OperationalError('TOWER_INVALID_FIXTURE', `${name}${name === 'line' ? ' ' : ':'}${line}: ${why}`, {
    facts: {line},
  });

type Refuse = (why: string) => OperationalError;

function readNetwork(value: string, refuse: () => OperationalError): Network {
  if (!Object.hasOwn(genesisOf, value)) throw refuse();
  return value as Network;
}

function readHeight(value: string, refuse: Refuse): number {
  if (!/^\d{1,9}$/.test(value)) throw refuse(`start_height is a whole number, not ${value}`);
  return Number(value);
}

function readHex(content: string, refuse: Refuse): Uint8Array {
  const stranger = /[^0-9a-f]/i.exec(content);
  if (stranger !== null)
    throw refuse(`column ${stranger.index + 1} holds ${JSON.stringify(stranger[0])}, not a hex digit`);
  if (content.length % 2 !== 0) throw refuse(`${content.length} hex digits are an odd number`);
  if (content.length > 2 * maxBlockBytes) throw refuse(`a block has at most ${maxBlockBytes} bytes`);
  return Buffer.from(content, 'hex');
}
