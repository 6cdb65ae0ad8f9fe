import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {tmpdir} from 'node:os';
import type {ExecutionContext} from 'ava';
import {AdminClient} from '../../../src/api/admin/client.js';
import {endWith, mainPath, onAnyPort} from '../../cli/harness.js';

/** How a process has ended. */
export interface End {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly log: readonly string[];
}

interface TowerOptions {
  /** Shell commands that set the stage for the process, such as its limits. */
  readonly before?: string;
}

/** The real daemon, in a process of its own, as `bartizan run` starts it. */
export class TowerProcess {
  readonly dataDir: string;
  /** Talks to it through its admin socket. */
  readonly admin: AdminClient;
  /** What it wrote to stderr, by lines. */
  readonly log: string[] = [];
  readonly ended: Promise<End>;
  readonly #child: ChildProcess;
  readonly #listeners = new Set<() => void>();
  #listening = false;
  #ended = false;

  constructor(t: ExecutionContext, dataDir: string, args: readonly string[] = [], {before}: TowerOptions = {}) {
    this.dataDir = dataDir;
    this.admin = new AdminClient(dataDir);
    const {PATH = '', HOME = ''} = process.env;
    const command = [process.execPath, mainPath, ...onAnyPort(['run', '--data-dir', dataDir, ...args])];
    if (before !== undefined) command.unshift('sh', '-c', `${before}; exec "$@"`, 'sh');
    this.#child = spawn(command[0]!, command.slice(1), {
      cwd: tmpdir(),
      env: {PATH, HOME, BARTIZAN_LOG_FORMAT: 'text'},
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    endWith(t, this.#child);
    let rest = '';
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      this.log.push(...lines);
      this.#tell();
    });
    // It writes there once, when its admin socket listens.
    this.#child.stdout?.once('data', () => {
      this.#listening = true;
      this.#tell();
    });
    this.ended = once(this.#child, 'close').then(([status, signal]) => {
      this.#ended = true;
      this.#tell();
      return {status: status as number | null, signal: signal as NodeJS.Signals | null, log: this.log};
    });
  }

  /** Resolves when it can be asked; rejects when it ends before. */
  async listening(): Promise<this> {
    await this.#until('listening', () => this.#listening);
    return this;
  }

  /** Where its public API listens. */
  async api(): Promise<{readonly host: string; readonly port: number}> {
    const line = await this.says(/event=listening/);
    const [, host, port] = /host=(\S+) port=(\d+)/.exec(line)!;
    return {host: host!, port: Number(port)};
  }

  /** Resolves with the first line, from `from` on, that matches; rejects when it ends without one. */
  async says(pattern: RegExp, from = 0): Promise<string> {
    let at = from;
    await this.#until(String(pattern), () => {
      while (at < this.log.length && !pattern.test(this.log[at]!)) at++;
      return at < this.log.length;
    });
    return this.log[at]!;
  }

  /** Resolves when this block is its tip, or has been since line `from`. */
  async reaches(hash: string, from = 0): Promise<void> {
    await this.says(new RegExp(`event=(started|block_connected) height=\\d+ hash=${hash}`), from);
  }

  /** `kill -9`: it can do nothing about it. */
  kill(): Promise<End> {
    return this.signal('SIGKILL');
  }

  async signal(signal: NodeJS.Signals): Promise<End> {
    this.#child.kill(signal);
    return this.ended;
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  #until(what: string, done: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (done()) resolve();
        else if (this.#ended) reject(new Error(`it ended before it was ${what}:\n${this.log.slice(-20).join('\n')}`));
        else return;
        this.#listeners.delete(look);
      };
      this.#listeners.add(look);
      look();
    });
  }
}
