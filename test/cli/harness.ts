import {type ChildProcess, spawn} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';

export const mainPath = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  /** Resolves with the output so far once it matches; rejects if the process ends before. */
  said(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<string>;
  readonly ended: Promise<Ended>;
}

interface StartOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly home?: string;
}

/** Starts the real program, with nothing of this process's environment but PATH and the way to a bitcoind. */
export function start(t: ExecutionContext, args: readonly string[], options: StartOptions = {}): Running {
  const {PATH = '', XDG_CACHE_HOME, HOME = '', BITCOIND} = process.env;
  const child = spawn(process.execPath, [mainPath, ...args], {
    cwd: tmpdir(),
    env: {
      PATH,
      HOME: options.home ?? HOME,
      XDG_CACHE_HOME: XDG_CACHE_HOME ?? join(HOME, '.cache'),
      ...(BITCOIND === undefined ? {} : {BITCOIND}),
      ...options.environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const output = {stdout: '', stderr: ''};
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of [...listeners]) listener();
  };
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      resolve({status, ...output});
      tell();
    });
  });
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      tell();
    });
  }
  return {
    child,
    ended,
    said: (stream, pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (pattern.test(output[stream])) resolve(output[stream]);
          else if (child.exitCode !== null || child.signalCode !== null) {
            reject(new Error(`it ended without saying ${pattern}: ${JSON.stringify(output)}`));
          } else return;
          listeners.delete(look);
        };
        listeners.add(look);
        look();
      }),
  };
}

/** Runs the real program to its end. */
export function run(t: ExecutionContext, args: readonly string[], options: StartOptions = {}): Promise<Ended> {
  return start(t, args, options).ended;
}

/** A directory that goes with the test. */
export async function temporaryDirectory(t: ExecutionContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'bartizan-cli-'));
  t.teardown(() => rm(directory, {recursive: true, force: true}));
  return directory;
}
