import {type ChildProcess, fork} from 'node:child_process';
import {dirname} from 'node:path';
import {Readable} from 'node:stream';
import {fileURLToPath, pathToFileURL} from 'node:url';
import type {Timers} from '../../chain/timers.js';
import type {Exported} from './exported.js';
import {loadFailure} from './load-failure.js';
import {type FromChild, overLimit, type ToChild, watchdogFd} from './messages.js';
import {OutputLines} from './output-lines.js';
import type {PolicyEvent} from './policy-events.js';

const program = fileURLToPath(new URL('child.js', import.meta.url));

/** Connecting to a database while loading is fine; waiting for one for ever is not. */
export const loadLimitMs = 10_000;
/** A policy that is no longer needed may tidy up for so long. */
const farewellMs = 500;
/** After the end of a process: so long its last words are waited for. */
const lastWordsMs = 200;
/** Less, and Node.js does not come up. */
const minHeapMiB = 16;
/** Of stderr; the reason why Node.js gave up stands at its end. */
const stderrTailUnits = 8_192;

/** What a process needs to run, find its libraries, and check certificates. Nothing else of the tower's is passed on. */
const passedOn = [
  'PATH',
  'LD_LIBRARY_PATH',
  'LANG',
  'LC_ALL',
  'TZ',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
];

export interface ProcessOptions {
  /** Absolute path of the policy file; its folder is the process's working directory. */
  readonly file: string;
  readonly memoryLimitMiB: number;
  readonly timers: Timers;
  onEvent(event: PolicyEvent): void;
}

/** A process that runs a policy: started, loaded once, asked, ended. Whatever it does, the tower only hears of it. */
export class PolicyProcess {
  /** Resolves once it and all that it has started are gone, with why. Never rejects. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #options: ProcessOptions;
  readonly #outputs: readonly OutputLines[];
  #listener: (message: FromChild) => void = () => undefined;
  #because: string | undefined;
  #stderrTail = '';
  #brokenBecause: string | undefined;

  constructor(options: ProcessOptions) {
    const {file, memoryLimitMiB} = options;
    this.#options = options;
    // Garbage is collected in time then; whatever the heap does not hold, such as buffers, the watchdog sees.
    const heapMiB = Math.max(minHeapMiB, memoryLimitMiB);
    this.#child = fork(program, [String(process.pid), String(memoryLimitMiB), file], {
      cwd: dirname(file),
      // A group of its own: Ctrl-C is meant for the tower, and what the policy starts ends with it.
      detached: true,
      env: Object.fromEntries(passedOn.flatMap((name) => (name in process.env ? [[name, process.env[name]]] : []))),
      execArgv: [`--max-old-space-size=${heapMiB}`, '--max-semi-space-size=4'],
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'],
    });
    this.ended = this.#end();
    this.#child.on('message', (message: FromChild) => this.#take(message));
    this.#outputs = (['stdout', 'stderr'] as const).flatMap((name) => this.#readOutput(name));
    this.#child.stdio?.[watchdogFd]
      ?.on('error', () => undefined)
      .on('data', (said: Buffer) => {
        if (said.toString() === overLimit) this.#because ??= `it used more than ${memoryLimitMiB} MiB`;
      });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /**
   * @returns what the module exports
   * @throws OperationalError TOWER_INVALID_POLICY; the process has ended then
   */
  async load(source: string): Promise<Exported> {
    const {file, timers} = this.#options;
    const cancel = timers.after(loadLimitMs, () => this.kill(`it did not finish loading within ${loadLimitMs} ms`));
    const loaded = new Promise<Exported>((resolve) => {
      this.#listener = (message) => {
        if (message.type === 'loaded') resolve(message.exports);
        if (message.type === 'broken') this.#brokenBecause = message.message;
      };
    });
    this.send({type: 'load', url: pathToFileURL(file).href, source});
    const outcome = await Promise.race([loaded, this.ended]);
    cancel();
    if (typeof outcome !== 'string') return outcome;
    throw loadFailure(file, {message: this.#brokenBecause ?? outcome, stderr: this.#stderrTail});
  }

  /** Hands over what it tells from now on, once it is loaded. */
  listen(listener: (message: FromChild) => void): void {
    this.#listener = listener;
  }

  send(message: ToChild): void {
    // Failing to send means that it is ending, which `ended` tells.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  kill(because: string): void {
    this.#because ??= because;
    this.#killGroup();
  }

  /** Lets it tidy up, then ends it. */
  async stop(): Promise<void> {
    this.#because ??= 'it is no longer needed';
    if (this.#child.connected) this.#child.disconnect();
    const cancel = this.#options.timers.after(farewellMs, () => this.#killGroup());
    await this.ended;
    cancel();
  }

  #take(message: FromChild): void {
    if (message.type === 'uncaught') this.#because ??= `uncaught error: ${message.message}`;
    else this.#listener(message);
  }

  #readOutput(name: 'stdout' | 'stderr'): OutputLines[] {
    const stream = this.#child[name];
    // There is none if the process could not be started.
    if (!stream) return [];
    const {timers, onEvent} = this.#options;
    const lines = new OutputLines(stream, timers, {
      line: (line) => onEvent({type: 'output', stream: name, line}),
      dropped: (lines) => onEvent({type: 'output_dropped', stream: name, lines}),
    });
    if (name === 'stderr') {
      stream.on('data', (text: string) => {
        this.#stderrTail = `${this.#stderrTail}${text}`.slice(-stderrTailUnits);
      });
    }
    return [lines];
  }

  async #end(): Promise<string> {
    const streams = (this.#child.stdio ?? []).filter((stream) => stream instanceof Readable);
    const closed = streams.map((stream) => new Promise<void>((resolve) => stream.once('close', resolve)));
    const disconnected = new Promise<void>((resolve) => this.#child.once('disconnect', resolve));
    const because = await new Promise<string>((resolve) => {
      this.#child.on('error', (error) => {
        if (this.#child.pid === undefined) resolve(`it could not be started: ${error.message}`);
      });
      this.#child.once('exit', (status, signal) => {
        this.#killGroup();
        for (const output of this.#outputs) output.drain();
        // Node.js itself waits for an end of the channel that does not come after a disconnect of ours.
        const ends = [...closed, ...(this.#child.connected ? [disconnected] : [])];
        const told = () => {
          cancel();
          resolve(this.#isOutOfHeap(signal) ? 'it ran out of memory' : endOf(status, signal));
        };
        const cancel = this.#options.timers.after(lastWordsMs, told);
        void Promise.all(ends).then(told);
      });
    });
    for (const stream of streams) stream.destroy();
    return this.#because ?? because;
  }

  #isOutOfHeap(signal: NodeJS.Signals | null): boolean {
    return signal === 'SIGABRT' && this.#stderrTail.includes('heap out of memory');
  }

  #killGroup(): void {
    const {pid} = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // Nobody of the group is left, or this system has no groups.
      this.#child.kill('SIGKILL');
    }
  }
}

const endOf = (status: number | null, signal: NodeJS.Signals | null): string =>
  signal === null ? `it ended with status ${status}` : `it was ended by ${signal}`;
