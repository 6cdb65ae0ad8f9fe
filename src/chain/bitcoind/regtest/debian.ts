import {existsSync} from 'node:fs';
import {readdir} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import type {BitcoindProgram} from './bitcoind-program.js';
import {debianArchitecture, fetchFromPackages, PackagesError} from './debian-packages.js';

/** A derivative of Bitcoin Core, and the only bitcoind that Debian packages. It stands in backports. */
const packageName = 'bitcoin-knots';

/**
 * What the package asks for to run as a service of the system. We run the program alone, which saves two dozen
 * packages.
 */
const notNeeded = ['adduser', 'debconf', 'systemd', 'init-system-helpers'];

/** Where unpacked programs are kept, one folder an architecture. */
const folderOf = (cacheDir: string, architecture: string): string =>
  join(cacheDir, `bitcoind-debian-trixie-${architecture}`);

/** The program in an unpacked folder, started through that folder's own loader and libraries. */
async function programIn(folder: string): Promise<BitcoindProgram | undefined> {
  const bitcoind = join(folder, 'usr/bin/bitcoind');
  if (!existsSync(bitcoind)) return undefined;
  const files = await readdir(join(folder, 'usr/lib'), {recursive: true});
  // Debian keeps loader and libraries of an architecture in one folder, such as usr/lib/x86_64-linux-gnu.
  const loader = files.find((file) => /^[^/]+-linux-gnu[^/]*\/ld-linux[^/]*\.so\.\d+$/.test(file));
  if (loader === undefined) return undefined;
  const path = join(folder, 'usr/lib', loader);
  return {command: path, args: ['--library-path', dirname(path), bitcoind], origin: folder};
}

/** The one that an earlier call has fetched. */
export async function cachedBitcoind(cacheDir: string): Promise<BitcoindProgram | undefined> {
  const architecture = await debianArchitecture();
  return architecture === undefined ? undefined : programIn(folderOf(cacheDir, architecture));
}

/**
 * Fetches bitcoind and the libraries it needs from Debian's packages.
 * @throws PackagesError when that is not possible here.
 */
export async function fetchFromDebian(cacheDir: string, progress: (line: string) => void): Promise<BitcoindProgram> {
  const architecture = await debianArchitecture();
  if (architecture === undefined) throw new PackagesError('this is not a Debian system');
  const wanted = {
    name: 'bitcoind',
    packages: [`${packageName}/trixie-backports`],
    suites: ['trixie', 'trixie-backports'],
    notNeeded,
    folder: folderOf(cacheDir, architecture),
    find: programIn,
  } as const;
  return fetchFromPackages(wanted, progress);
}
