import {type ChildProcess, spawn} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Readable} from 'node:stream';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';
import {runCli} from '../../src/cli/cli.js';
import {plain} from '../../src/cli/paint.js';

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
  readonly cwd?: string;
  /** What it reads from stdin. @default nothing */
  readonly input?: string | Uint8Array;
}

const children = new Set<ChildProcess>();

// AVA ends a test file that hangs with this signal, and then runs no teardown.
process.once('SIGTERM', () => {
  for (const child of children) child.kill('SIGKILL');
  process.exit(143);
});

/** Ends a child with the test, and with a test file that hangs. */
export function endWith(t: ExecutionContext, child: ChildProcess): void {
  children.add(child);
  const ended = new Promise((resolve) => child.once('close', resolve)).then(() => children.delete(child));
  t.teardown(() => {
    child.kill('SIGKILL');
    return ended;
  });
}

/** A tower of a test listens where there is room, beside those of other tests. */
export const onAnyPort = (args: readonly string[]): readonly string[] =>
  args[0] !== 'run' || args.includes('--api-port') ? args : [...args, '--api-port', '0'];

/** Starts the real program, with nothing of this process's environment but PATH and the way to a bitcoind. */
export function start(t: ExecutionContext, args: readonly string[], options: StartOptions = {}): Running {
  const {PATH = '', XDG_CACHE_HOME, HOME = '', BITCOIND} = process.env;
  const child = spawn(process.execPath, [mainPath, ...onAnyPort(args)], {
    cwd: options.cwd ?? tmpdir(),
    env: {
      PATH,
      HOME: options.home ?? HOME,
      // The lines that tests look for. What a daemon writes unless it is told otherwise has tests of its own.
      ...(args[0] === 'run' ? {BARTIZAN_LOG_FORMAT: 'text'} : {}),
      XDG_CACHE_HOME: XDG_CACHE_HOME ?? join(HOME, '.cache'),
      ...(BITCOIND === undefined ? {} : {BITCOIND}),
      ...options.environment,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined).end(options.input);
  endWith(t, child);
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

/**
 * Runs a command line in this process, which is quicker where the process is not what is tested.
 * @param asked `answer`: what somebody at a terminal types when he is asked. @default nobody is there
 */
export async function runHere(args: readonly string[], asked: {readonly answer?: string} = {}): Promise<Ended> {
  const printed: string[] = [];
  const logged: string[] = [];
  const status = await runCli(args, {
    print: (text) => void printed.push(`${text}\n`),
    log: (text) => void logged.push(`${text}\n`),
    paintData: plain,
    paintLog: plain,
    logIsTerminal: asked.answer !== undefined,
    inputIsTerminal: asked.answer !== undefined,
    environment: {},
    home: tmpdir(),
    workingDirectory: tmpdir(),
    input: () => Readable.from(asked.answer === undefined ? [] : [Buffer.from(asked.answer)]),
  });
  return {status, stdout: printed.join(''), stderr: logged.join('')};
}

/** What a command prints with --json; the test fails when it fails. */
export async function ask<Answer = Record<string, unknown>>(
  t: ExecutionContext,
  dataDir: string,
  ...args: string[]
): Promise<Answer> {
  const {status, stdout, stderr} = await runHere([...args, '--data-dir', dataDir, '--json']);
  t.is(status, 0, stderr);
  return JSON.parse(stdout) as Answer;
}

/** Heights of a log's lines of one kind, in order. */
export function loggedHeights(log: string, event: string): number[] {
  return [...log.matchAll(new RegExp(`event=${event} height=(\\d+)`, 'g'))].map(([, height]) => Number(height));
}
