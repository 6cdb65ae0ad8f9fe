import {appendFileSync, truncateSync} from 'node:fs';
import {readFile, truncate} from 'node:fs/promises';
import {formatFixture, formatFixtureLine, parseFixture} from '../chain/fixture.js';
import {regtestGenesisBlock} from '../chain/genesis.js';
import {SimulatedChain} from '../chain/simulated-chain.js';
import {OperationalError} from '../errors/index.js';
import * as durable from '../files/durable.js';

interface SimulatedChainFile {
  /** A fixture chain; made when it is absent. */
  readonly path: string;
  readonly seed: string;
  /** Blocks mined into a new file. */
  readonly startHeight: number;
}

/**
 * A simulated chain that outlives the process: each block is in its file before the chain holds it, so a tower that
 * is killed finds its tip again. (The file survives the process, not a power cut: it is not synced to disk.)
 * @throws OperationalError TOWER_FILE_FAILED, TOWER_INVALID_FIXTURE, TOWER_INVALID_BLOCK
 */
export async function openSimulatedChain({path, seed, startHeight}: SimulatedChainFile): Promise<SimulatedChain> {
  const stored = await readWholeLines(path);
  if (stored !== undefined) {
    const blocks = parseFixture(stored, path).blocks.map(({raw}) => raw);
    return new SimulatedChain({seed, blocks, onBlock: appender(path, Buffer.byteLength(stored))});
  }
  const blocks = [regtestGenesisBlock().raw];
  let keep = (raw: Uint8Array): void => void blocks.push(raw);
  const chain = new SimulatedChain({seed, onBlock: (raw) => keep(raw)});
  chain.mine(startHeight);
  const comments = ['Blocks of the simulated chain, one in hex a line, in order of arrival.'];
  const text = formatFixture({network: 'regtest', startHeight: 0, comments, blocks});
  await writeWhole(path, text);
  keep = appender(path, Buffer.byteLength(text));
  return chain;
}

/** Appends a block a call to a file of so many bytes. One that could not be written leaves nothing behind. */
function appender(path: string, bytes: number): (raw: Uint8Array) => void {
  return (raw) => {
    const line = formatFixtureLine(raw);
    try {
      appendFileSync(path, line);
    } catch (cause) {
      truncateSync(path, bytes);
      fileFailed(path, cause);
    }
    bytes += line.length;
  };
}

/** A process killed before it is whole leaves none, rather than a shorter chain. */
async function writeWhole(path: string, text: string): Promise<void> {
  try {
    await durable.writeWhole(path, text);
  } catch (cause) {
    fileFailed(path, cause);
  }
}

/** The text up to its last line end: a process killed while it wrote may have left half a line, which is cut off. */
async function readWholeLines(path: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return fileFailed(path, cause);
  }
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole !== text) await truncate(path, Buffer.byteLength(whole)).catch((cause: unknown) => fileFailed(path, cause));
  return whole;
}

function fileFailed(path: string, cause: unknown): never {
  throw new OperationalError('TOWER_FILE_FAILED', `the simulated chain in ${path} cannot be read or written`, {cause});
}
