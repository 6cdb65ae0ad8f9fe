import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {tmpdir} from 'node:os';
import test, {type ExecutionContext} from 'ava';
import {endWith, mainPath} from '../cli/harness.js';
import {VirtualTerminal} from './virtual-terminal.js';

const found = spawnSync('script', ['--version']).status === 0 && process.platform === 'linux';
const inCi = (process.env['CI'] ?? '') !== '';

/**
 * A test on a real pseudo-terminal, which `script` of util-linux makes. Where there is none it is skipped with a
 * warning, but fails when `CI` is set.
 */
export function ptyTest(title: string, run: (t: ExecutionContext) => Promise<void>): void {
  if (found) test(title, run);
  else if (inCi) test(title, (t) => t.fail('there is no script(1) of util-linux'));
  else {
    console.error(`SKIPPED for want of script(1) of util-linux: ${title}`);
    test.skip(title, run);
  }
}

interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** The real program on a real pseudo-terminal, seen through a virtual one. */
export class Pty {
  terminal: VirtualTerminal;
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #listeners = new Set<() => void>();
  #device = '';
  #text = '';
  #ended = false;

  constructor(t: ExecutionContext, args: readonly string[], size: Size, environment: Record<string, string> = {}) {
    this.terminal = new VirtualTerminal(size);
    const command = [process.execPath, mainPath, ...args].map((word) => `'${word}'`).join(' ');
    // The first line names the device, so that its size can be changed from outside.
    const line = `tty; stty rows ${size.rows} cols ${size.columns}; ${command}; echo "ended with $?, $(stty -a | grep -o '.icanon')"`;
    const {PATH = '', HOME = ''} = process.env;
    this.#child = spawn('script', ['-qefc', line, '/dev/null'], {
      cwd: tmpdir(),
      env: {PATH, HOME, TERM: 'xterm', SHELL: '/bin/sh', ...environment},
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    endWith(t, this.#child);
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => this.#heard(text));
    this.ended = new Promise((resolve) =>
      this.#child.once('close', (status) => {
        this.#ended = true;
        this.#tell();
        resolve(status);
      }),
    );
  }

  /** Resolves once the screen shows something that matches. */
  async shows(pattern: RegExp): Promise<string> {
    await this.#until(() => pattern.test(this.terminal.text), String(pattern));
    return this.terminal.text;
  }

  type(keys: string): void {
    this.#child.stdin!.write(keys);
  }

  resize(size: Size): void {
    this.terminal = new VirtualTerminal(size);
    this.terminal.isAlternate = true;
    spawnSync('stty', ['-F', this.#device, 'rows', String(size.rows), 'cols', String(size.columns)]);
  }

  #heard(text: string): void {
    if (this.#device === '') {
      this.#text += text;
      const [, device, rest] = /^(\/dev\/\S+)\r?\n(.*)$/s.exec(this.#text) ?? [];
      if (device === undefined) return;
      this.#device = device;
      this.terminal.write(rest!);
    } else this.terminal.write(text);
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  #until(done: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (done()) resolve();
        else if (this.#ended) reject(new Error(`it ended without showing ${what}:\n${this.terminal.text}`));
        else return;
        this.#listeners.delete(look);
      };
      this.#listeners.add(look);
      look();
    });
  }
}
