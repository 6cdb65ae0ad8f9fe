import {existsSync} from 'node:fs';
import {mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {type CommandResult, runCommand} from './command.js';
import {withLock} from './lock.js';

/** A program in Debian's packages. */
export interface PackagedProgram<T> {
  /** For people. */
  readonly name: string;
  /** As apt takes them: a package, or `package/suite`. */
  readonly packages: readonly [string, ...string[]];
  /** Suites of Debian's main archive to take them from. */
  readonly suites: readonly string[];
  /** Packages that apt shall believe to be there: what the program can do without, or takes from the system. */
  readonly notNeeded: readonly string[];
  /** Where to unpack it. Beside it there is a lock, and while it is being fetched a folder to work in. */
  readonly folder: string;
  /** The program in an unpacked folder; undefined when the folder or the program is not there. */
  readonly find: (folder: string) => Promise<T | undefined>;
}

/** That something cannot be had from Debian's packages here, and why. */
export class PackagesError extends Error {}

const archiveKeyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * Fetches a program and the packages it depends on from the Debian mirror that this system already uses, without root
 * and without changing the system; from its folder when it is there already. Processes that want the same one wait for
 * each other.
 * @throws PackagesError when that is not possible here.
 */
export async function fetchFromPackages<T>(
  wanted: PackagedProgram<T>,
  progress: (line: string) => void,
  osRelease = osReleasePath,
): Promise<T> {
  const {name, folder, find} = wanted;
  await mkdir(dirname(folder), {recursive: true});
  return withLock(`${folder}.lock`, async () => {
    const present = await find(folder);
    if (present !== undefined) return present;
    const work = await mkdtemp(`${folder}.`);
    try {
      const unpacked = await fetchInto(work, wanted, await debianMirrors(osRelease), progress);
      await rm(folder, {recursive: true, force: true});
      // A rename is whole or not at all, so nobody ever sees half a folder. It fails when another process was faster.
      await rename(unpacked, folder).catch(() => {});
    } finally {
      await rm(work, {recursive: true, force: true});
    }
    const fetched = await find(folder);
    if (fetched === undefined)
      throw new PackagesError(`${wanted.packages[0]} was unpacked, but there is no ${name} in it that starts`);
    progress(`${name} is in ${folder}`);
    return fetched;
  });
}

async function fetchInto(
  work: string,
  {packages, suites, notNeeded}: PackagedProgram<unknown>,
  mirrors: readonly string[],
  progress: (line: string) => void,
): Promise<string> {
  if (mirrors.length === 0) throw new PackagesError("this system's apt sources name no Debian mirror");
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
      progress(`reading package lists of Debian ${suites.join(' and ')}`);
      await must(apt('update'), 'the package lists could not be read');
      failure = undefined;
      break;
    } catch (error) {
      failure = error as Error;
    }
  }
  if (failure !== undefined) throw failure;
  // apt itself follows the dependencies, so a library that is renamed or bumped is found under its new name.
  progress(`downloading ${packages[0].split('/')[0]} and its libraries`);
  await must(
    apt('install', '--download-only', '--yes', '--no-install-recommends', ...packages),
    `${packages[0]} could not be downloaded`,
  );
  const archives = (await readdir(join(work, 'archives'))).filter((name) => name.endsWith('.deb'));
  progress(`unpacking ${archives.length} packages`);
  const prefix = join(work, 'prefix');
  for (const name of archives) {
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

/** What Debian calls this kind of machine; undefined where this is no Debian. */
export async function debianArchitecture(): Promise<string | undefined> {
  const {status, stdout} = await runCommand('dpkg', ['--print-architecture']);
  return status === 0 ? stdout.trim() : undefined;
}

/** The name of this system's own release, such as `trixie`; undefined where this is no Debian. */
export const debianRelease = async (): Promise<string | undefined> => releaseOf(await textOf(osReleasePath));

const osReleasePath = '/etc/os-release';

const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

/** Mirrors of Debian's main archive in the system's own sources, in whichever of apt's formats they are written. */
async function debianMirrors(osRelease: string): Promise<string[]> {
  const format = ['--format', '$(REPO_URI) $(RELEASE) $(COMPONENT)', 'Created-By: Packages'];
  const targets = await must(runCommand('apt-get', ['indextargets', ...format]), 'there is no apt here');
  return mirrorsOf(targets, await textOf(osRelease));
}

const isDebian = (text: string): boolean => /^ID="?debian"?$/m.test(text);

/** Picks the name of the release from the text of an os-release file. */
export const releaseOf = (text: string): string | undefined =>
  isDebian(text) ? /^VERSION_CODENAME="?([a-z]+)"?$/m.exec(text)?.[1] : undefined;

/** Picks from lines of `uri release component` those that carry the system's own Debian release. */
export function mirrorsOf(targets: string, osRelease: string): string[] {
  if (!isDebian(osRelease)) return [];
  const releases = new Set([releaseOf(osRelease), 'oldstable', 'stable', 'testing', 'unstable', 'sid']);
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
  if (status !== 0) throw new PackagesError(`${failure}: ${lastLines(stderr || stdout)}`);
  return stdout;
}

const lastLines = (text: string): string => text.trim().split('\n').slice(-3).join('; ');
