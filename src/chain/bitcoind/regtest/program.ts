import {homedir} from 'node:os';
import {delimiter, join} from 'node:path';
import {OperationalError} from '../../../errors/index.js';
import type {BitcoindProgram} from './bitcoind-program.js';
import {runCommand} from './command.js';
import {cachedBitcoind, fetchFromDebian} from './debian.js';
import {PackagesError} from './debian-packages.js';

export interface FindOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Hears what is being done while a program is fetched, one line a call. */
  readonly progress?: (line: string) => void;
  /** Whether to fetch one when none is found. @default true */
  readonly fetch?: boolean;
}

/**
 * Finds a bitcoind: `BITCOIND` of the environment, then PATH, then the cache, then Debian's packages (kept in the
 * cache: `$XDG_CACHE_HOME/bartizan` or `~/.cache/bartizan`).
 * @throws OperationalError TOWER_BITCOIND_NOT_FOUND; its message says what was tried.
 */
export async function findBitcoind({
  env = process.env,
  progress = () => {},
  fetch = true,
}: FindOptions = {}): Promise<BitcoindProgram> {
  const {BITCOIND: named, PATH: path = ''} = env;
  if (named !== undefined && named !== '') {
    const program = {command: named, args: [], origin: named};
    const failure = await whyNotBitcoind(program);
    // Whoever names a program wants that one, not another.
    if (failure !== undefined) throw notFound([`BITCOIND=${named}: ${failure}`]);
    return program;
  }
  const tried = ['BITCOIND: not set'];
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const command = join(folder, 'bitcoind');
    const program = {command, args: [], origin: command};
    if ((await whyNotBitcoind(program)) === undefined) return program;
  }
  tried.push('PATH: no bitcoind that starts');
  const cacheDir = cacheFolder(env);
  const cached = await cachedBitcoind(cacheDir);
  if (cached !== undefined) return cached;
  tried.push(`cache ${cacheDir}: none`);
  if (!fetch) throw notFound(tried);
  try {
    return await fetchFromDebian(cacheDir, progress);
  } catch (error) {
    tried.push(`Debian's packages: ${error instanceof Error ? error.message : String(error)}`);
    throw error instanceof PackagesError ? notFound(tried) : notFound(tried, error);
  }
}

export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const {XDG_CACHE_HOME: base, HOME: home = homedir()} = env;
  return join(base !== undefined && base !== '' ? base : join(home, '.cache'), 'bartizan');
}

async function whyNotBitcoind(program: BitcoindProgram): Promise<string | undefined> {
  const {status, stdout, stderr} = await runCommand(program.command, [...program.args, '-version']);
  if (status === 0 && /bitcoin/i.test(stdout)) return undefined;
  return stderr.trim().split('\n')[0] || 'it does not answer -version as bitcoind does';
}

const notFound = (tried: readonly string[], cause?: unknown): OperationalError =>
  new OperationalError('TOWER_BITCOIND_NOT_FOUND', `no bitcoind to start; tried ${tried.join('; ')}`, {cause});
