import {existsSync} from 'node:fs';
import {mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {OperationalError} from '../../../errors/index.js';
import {type CommandResult, runCommand} from './command.js';
import {withLock} from './lock.js';
import type {BitcoindProgram} from './bitcoind-program.js';

/** A derivative of Bitcoin Core, and the only bitcoind that Debian packages. It stands in backports. */
const packageName = 'bitcoin-knots';
const suites = ['trixie', 'trixie-backports'];

/**
 * What the package asks for to run as a service of the system. We run the program alone, so the private apt root
 * says that these are there, which saves two dozen packages.
 */
const notNeeded = ['adduser', 'debconf', 'systemd', 'init-system-helpers'];

const archiveKeyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

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
  const {status, stdout} = await runCommand('dpkg', ['--print-architecture']);
  return status === 0 ? programIn(folderOf(cacheDir, stdout.trim())) : undefined;
}

/**
 * Fetches bitcoind and the libraries it needs from the Debian mirror that this system already uses, without root and
 * without changing the system.
 * @throws OperationalError TOWER_BITCOIND_NOT_FOUND when that is not possible here.
 */
export async function fetchFromDebian(cacheDir: string, progress: (line: string) => void): Promise<BitcoindProgram> {
  const architecture = (await must(runCommand('dpkg', ['--print-architecture']), 'this is not a Debian system')).trim();
  await mkdir(cacheDir, {recursive: true});
  const folder = folderOf(cacheDir, architecture);
  return withLock(`${folder}.lock`, async () => {
    const present = await programIn(folder);
    if (present !== undefined) return present;
    const work = await mkdtemp(`${folder}.`);
    try {
      const unpacked = await fetchInto(work, progress);
      await rm(folder, {recursive: true, force: true});
      // A rename is whole or not at all, so nobody ever sees half a folder. It fails when another process was faster.
      await rename(unpacked, folder).catch(() => {});
    } finally {
      await rm(work, {recursive: true, force: true});
    }
    const fetched = await programIn(folder);
    if (fetched === undefined) throw notFound(`${packageName} was unpacked but holds no bitcoind`);
    progress(`bitcoind is in ${folder}`);
    return fetched;
  });
}

async function fetchInto(work: string, progress: (line: string) => void): Promise<string> {
  const mirrors = await debianMirrors();
  if (mirrors.length === 0) throw notFound("this system's apt sources name no Debian mirror");
  for (const path of ['lists/partial', 'archives', 'prefix']) await mkdir(join(work, path), {recursive: true});
  await writeFile(join(work, 'status'), notNeeded.map(installedStanza).join('\n'));
  const apt = aptIn(work);
  let failure: Error | undefined;
  for (const mirror of mirrors) {
    const signedBy = existsSync(archiveKeyring) ? `[signed-by=${archiveKeyring}] ` : '';
    await writeFile(
      join(work, 'sources.list'),
      suites.map((suite) => `deb ${signedBy}${mirror} ${suite} main\n`).join(''),
    );
    try {
      progress('reading package lists of Debian trixie and trixie-backports');
      await must(apt('update'), 'the package lists could not be read');
      failure = undefined;
      break;
    } catch (error) {
      failure = error as Error;
    }
  }
  if (failure !== undefined) throw failure;
  // apt itself follows the dependencies, so a library that is renamed or bumped is found under its new name.
  progress(`downloading ${packageName} and its libraries`);
  const target = `${packageName}/${suites.at(-1)}`;
  await must(
    apt('install', '--download-only', '--yes', '--no-install-recommends', target),
    `${packageName} could not be downloaded`,
  );
  const packages = (await readdir(join(work, 'archives'))).filter((name) => name.endsWith('.deb'));
  progress(`unpacking ${packages.length} packages`);
  const prefix = join(work, 'prefix');
  for (const name of packages) {
    await must(runCommand('dpkg-deb', ['-x', join(work, 'archives', name), prefix]), `${name} could not be unpacked`);
  }
  return prefix;
}

/** apt with lists, cache and state of its own; proxies and credentials stay those of the system. */
function aptIn(root: string): (...args: string[]) => Promise<CommandResult> {
  const options = {
    'Dir::Etc::sourcelist': join(root, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'Dir::State': root,
    'Dir::State::lists': join(root, 'lists'),
    'Dir::State::status': join(root, 'status'),
    'Dir::Cache': root,
    'Dir::Cache::archives': join(root, 'archives'),
    'Debug::NoLocking': 'true',
    // Under root apt steps down to a user that cannot write here.
    'APT::Sandbox::User': 'root',
    'APT::Update::Error-Mode': 'any',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '2',
    'Acquire::http::Timeout': '30',
  };
  const flags = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  return (...args) => runCommand('apt-get', ['-q', ...flags, ...args], {env: {...process.env, LC_ALL: 'C'}});
}

/** Mirrors of Debian's main archive in the system's own sources, in whichever of apt's formats they are written. */
async function debianMirrors(): Promise<string[]> {
  const format = ['--format', '$(REPO_URI) $(RELEASE) $(COMPONENT)', 'Created-By: Packages'];
  const targets = await must(runCommand('apt-get', ['indextargets', ...format]), 'there is no apt here');
  return mirrorsOf(targets, await readFile('/etc/os-release', 'utf8').catch(() => ''));
}

/** Picks from lines of `uri release component` those that carry the system's own Debian release. */
export function mirrorsOf(targets: string, osRelease: string): string[] {
  if (!/^ID="?debian"?$/m.test(osRelease)) return [];
  const codename = /^VERSION_CODENAME="?([a-z]+)"?$/m.exec(osRelease)?.[1];
  const releases = new Set([codename, 'oldstable', 'stable', 'testing', 'unstable', 'sid']);
  const mirrors = targets
    .split('\n')
    .map((line) => line.trim().split(' '))
    .filter(([, release, component]) => releases.has(release) && component === 'main')
    .map(([uri]) => uri!);
  return [...new Set(mirrors)];
}

const installedStanza = (name: string): string =>
  `Package: ${name}\nStatus: install ok installed\nVersion: 9999\nArchitecture: all\nMulti-Arch: foreign\nMaintainer: none <none@localhost>\nDescription: not needed\n`;

async function must(running: Promise<CommandResult>, failure: string): Promise<string> {
  const {status, stdout, stderr} = await running;
  if (status !== 0) throw notFound(`${failure}: ${lastLines(stderr || stdout)}`);
  return stdout;
}

const lastLines = (text: string): string => text.trim().split('\n').slice(-3).join('; ');

const notFound = (message: string): OperationalError => new OperationalError('TOWER_BITCOIND_NOT_FOUND', message);
