import {homedir} from 'node:os';
import {type Paint, paintFor} from './paint.js';
import {processTerminal, type Terminal} from './terminal.js';

/** The process as a command sees it. */
export interface Io {
  /** Data, on stdout. */
  print(text: string): void;
  /** Everything that is not data, on stderr. */
  log(text: string): void;
  readonly paintData: Paint;
  readonly paintLog: Paint;
  /** stderr is a terminal: progress bars are welcome. */
  readonly logIsTerminal: boolean;
  /** stdin is a terminal: somebody is there to be asked. */
  readonly inputIsTerminal: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly workingDirectory: string;
  /** stdout, when it is a terminal that can be drawn on. */
  readonly terminal?: Terminal | undefined;
  /** Says that whoever read stdout has left. */
  readonly outputEnded?: AbortSignal;
  /** stdin. */
  input(): AsyncIterable<Uint8Array>;
}

export function processIo(): Io {
  const outputEnd = new AbortController();
  for (const stream of [process.stdout, process.stderr]) {
    // Whoever reads us may leave early, as `head` does; that is no failure.
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE' && stream === process.stdout) outputEnd.abort();
      if (error.code === 'EPIPE') return;
      process.stderr.write(`error: the output cannot be written\nbecause: ${error.message}\n`, () => process.exit(1));
    });
  }
  const {env, stdin, stdout, stderr} = process;
  return {
    print: (text) => void stdout.write(`${text}\n`),
    log: (text) => void stderr.write(`${text}\n`),
    paintData: paintFor(stdout.isTTY === true, env),
    paintLog: paintFor(stderr.isTTY === true, env),
    logIsTerminal: stderr.isTTY === true,
    inputIsTerminal: stdin.isTTY === true,
    environment: env,
    home: homedir(),
    workingDirectory: process.cwd(),
    terminal: processTerminal(env),
    outputEnded: outputEnd.signal,
    input: () => process.stdin,
  };
}

/** Logs what works, but may not be what was meant. */
export const warningTo =
  (io: Pick<Io, 'log' | 'paintLog'>) =>
  (warning: string): void =>
    io.log(`${io.paintLog('yellow', 'warning:')} ${warning}`);
