import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';
import {endWith} from '../../cli/harness.js';
import {tempDir} from '../../support/temp-dir.js';

const examples = new URL('../../../../examples/', import.meta.url);

/** A program of `examples/`, in a process of its own. What it prints is kept by lines, half a line at the end left out. */
export class ExampleProcess {
  /** It runs in this folder, which goes with the test. */
  readonly folder: string;
  readonly lines: string[] = [];
  /** Resolves with its exit status; null when it was killed. */
  readonly ended: Promise<number | null>;
  errors = '';
  readonly #child: ChildProcess;
  readonly #listeners = new Set<() => void>();

  constructor(t: ExecutionContext, path: string, args: readonly string[], {folder = tempDir(t)} = {}) {
    this.folder = folder;
    const {PATH = '', HOME = ''} = process.env;
    this.#child = spawn(process.execPath, [fileURLToPath(new URL(path, examples)), ...args], {
      cwd: this.folder,
      env: {PATH, HOME},
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    endWith(t, this.#child);
    let rest = '';
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      this.lines.push(...lines);
      for (const listener of this.#listeners) listener();
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
    this.ended = once(this.#child, 'close').then(([status]) => status as number | null);
  }

  /** Resolves when it has printed so many lines, or has ended. */
  async printed(lines: number): Promise<void> {
    await Promise.race([this.#until(() => this.lines.length >= lines), this.ended]);
  }

  /** Resolves when it has printed a line that matches; rejects when it ends without one. */
  async says(pattern: RegExp): Promise<void> {
    const ended = this.ended.then(() => {
      throw new Error(`it ended without saying ${pattern}: ${this.lines.join('\n')}${this.errors}`);
    });
    await Promise.race([this.#until(() => this.lines.some((line) => pattern.test(line))), ended]);
  }

  /** `kill -9`: it can do nothing about it. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  #until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (isSo()) resolve();
      };
      this.#listeners.add(look);
      look();
    });
  }
}
