import {execFile} from 'node:child_process';
import {existsSync} from 'node:fs';
import {readdir} from 'node:fs/promises';
import {delimiter, dirname, join} from 'node:path';
import {promisify} from 'node:util';
import {
  debianArchitecture,
  debianRelease,
  fetchFromPackages,
} from '../../src/chain/bitcoind/regtest/debian-packages.js';
import {cacheFolder} from '../../src/chain/bitcoind/regtest/program.js';

export interface ChromiumProgram {
  readonly command: string;
  /** Folders of libraries that it takes before the system's. */
  readonly libraries?: readonly string[];
  /** A folder of fonts to use instead of the system's. */
  readonly fonts?: string;
}

export interface FindOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly progress?: (line: string) => void;
  /** @default true */
  readonly fetch?: boolean;
}

const names = ['chromium', 'chromium-browser', 'chrome-headless-shell', 'google-chrome'];

/**
 * Finds a Chromium: `CHROMIUM` of the environment, then PATH, then the cache (the same as bitcoind's), then Debian's
 * packages.
 */
export async function findChromium({
  env = process.env,
  progress = () => {},
  fetch = true,
}: FindOptions = {}): Promise<ChromiumProgram> {
  const {CHROMIUM: named = '', PATH: path = ''} = env;
  if (named !== '') {
    const failure = await whyNotChromium({command: named});
    // Whoever names a program wants that one, not another.
    if (failure !== undefined) throw notFound([`CHROMIUM=${named}: ${failure}`]);
    return {command: named};
  }
  const tried = ['CHROMIUM: not set'];
  for (const command of path.split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)))) {
    if (existsSync(command) && (await whyNotChromium({command})) === undefined) return {command};
  }
  tried.push('PATH: no chromium that starts');
  const cacheDir = cacheFolder(env);
  const [release, architecture] = await Promise.all([debianRelease(), debianArchitecture()]);
  if (release === undefined || architecture === undefined) {
    throw notFound([...tried, "Debian's packages: this is not a Debian system"]);
  }
  const folder = join(cacheDir, `chromium-debian-${release}-${architecture}`);
  const cached = await programIn(folder);
  if (cached !== undefined) return cached;
  tried.push(`cache ${cacheDir}: none`);
  if (!fetch) throw notFound(tried);
  try {
    return await fetchFromPackages(
      {
        name: 'chromium',
        packages: ['chromium-headless-shell', 'fonts-dejavu-core'],
        // Its own release, because the program runs on the system's C library: it starts others of its kind by
        // its own path, which under a loader of ours would be the loader.
        suites: [release],
        // A desktop's tools, which would bring drivers and a compiler with them; and the system's settings for fonts.
        notNeeded: [
          'libc6',
          'x11-utils',
          'xdg-utils',
          'fontconfig-config',
          'adduser',
          'debconf',
          'init-system-helpers',
        ],
        folder,
        find: programIn,
      },
      progress,
    );
  } catch (error) {
    throw notFound([...tried, `Debian's packages: ${(error as Error).message}`], error);
  }
}

async function programIn(folder: string): Promise<ChromiumProgram | undefined> {
  const command = join(folder, 'usr/lib/chromium/chromium-headless-shell');
  if (!existsSync(command)) return undefined;
  const files = await Promise.all(
    ['lib', 'usr/lib'].map(async (root) => {
      const names = await readdir(join(folder, root), {recursive: true}).catch(() => []);
      return names.map((name) => join(folder, root, name));
    }),
  );
  const folders = files.flat().filter((name) => /\/[^/]+-linux-gnu[^/]*\/.*\.so\.\d+$/.test(name));
  const program = {
    command,
    libraries: [...new Set(folders.map((name) => dirname(name)))],
    fonts: join(folder, 'usr/share/fonts'),
  };
  return (await whyNotChromium(program)) === undefined ? program : undefined;
}

/** The environment for a program with libraries of its own. */
export const environmentFor = ({libraries}: ChromiumProgram): NodeJS.ProcessEnv =>
  libraries ? {...process.env, LD_LIBRARY_PATH: libraries.join(':')} : process.env;

async function whyNotChromium(program: ChromiumProgram): Promise<string | undefined> {
  try {
    const {stdout} = await promisify(execFile)(program.command, ['--version'], {env: environmentFor(program)});
    return /chrom/i.test(stdout) ? undefined : 'it does not answer --version as chromium does';
  } catch (error) {
    return (error as Error).message.trim().split('\n').at(-1);
  }
}

const notFound = (tried: readonly string[], cause?: unknown): Error =>
  new Error(
    `no chromium to test pages in\nbecause: tried ${tried.join('; ')}\n` +
      'hint: install the package chromium, or name a program by CHROMIUM, then try again',
    {cause},
  );
