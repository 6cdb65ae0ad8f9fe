import {type FSWatcher, watch} from 'node:fs';
import {readFile, stat} from 'node:fs/promises';
import {dirname} from 'node:path';
import type {Timers} from '../../chain/timers.js';
import {OperationalError} from '../../errors/index.js';

/** A policy is a program, not a table of users. */
export const maxBytes = 1_048_576;
/** A file counts as written once it has looked the same for so long. */
const settledMs = 50;
/** Not every change is told: the file may be a link, or lie on another machine. */
const pollMs = 2_000;

/** The file that holds a policy: read, and watched for changes. */
export class PolicyFile {
  readonly path: string;
  readonly #timers: Timers;
  /** What the file looked like when it was last read; and what it looks like since, if that differs. */
  #read: string | undefined;
  #changed: string | undefined;
  #watcher: FSWatcher | undefined;
  #onChange: (() => void) | undefined;
  #isLooking = false;
  #cancelLook: (() => void) | undefined;
  #cancelPoll: (() => void) | undefined;

  constructor(path: string, timers: Timers) {
    this.path = path;
    this.#timers = timers;
  }

  /** @throws OperationalError TOWER_INVALID_POLICY */
  async read(): Promise<string> {
    this.#read = await this.#look();
    try {
      const found = await stat(this.path);
      if (!found.isFile()) throw invalid(this.path, 'is no file');
      if (found.size > maxBytes) throw invalid(this.path, `is larger than ${maxBytes} bytes`);
      return await readFile(this.path, 'utf8');
    } catch (cause) {
      throw cause instanceof OperationalError ? cause : invalid(this.path, 'cannot be read', cause);
    }
  }

  /** Calls `onChange` whenever the file has changed since it was last read, or is gone, and has come to rest. */
  watch(onChange: () => void): void {
    this.#onChange = onChange;
    try {
      // The folder: an editor puts a new file in the place of the old one, which is then watched in vain.
      this.#watcher = watch(dirname(this.path), {persistent: false}, () => this.#lookSoon());
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch {
      // The system has no watch left. The file is looked at now and then all the same.
    }
    this.#poll();
  }

  close(): void {
    this.#onChange = undefined;
    this.#watcher?.close();
    this.#cancelLook?.();
    this.#cancelPoll?.();
  }

  #poll(): void {
    this.#cancelPoll = this.#timers.after(pollMs, () => {
      this.#lookSoon();
      this.#poll();
    });
  }

  #lookSoon(): void {
    if (this.#isLooking || this.#onChange === undefined) return;
    this.#isLooking = true;
    this.#cancelLook = this.#timers.after(settledMs, () => void this.#compare());
  }

  async #compare(): Promise<void> {
    const seen = await this.#look();
    this.#isLooking = false;
    if (seen === this.#read) {
      this.#changed = undefined;
    } else if (seen === this.#changed) {
      this.#changed = undefined;
      this.#read = seen;
      this.#onChange?.();
    } else {
      this.#changed = seen;
      this.#lookSoon();
    }
  }

  /** What tells one content of the file from another without reading it. */
  async #look(): Promise<string> {
    try {
      const {dev, ino, size, mtimeNs, ctimeNs} = await stat(this.path, {bigint: true});
      return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? 'unreadable';
    }
  }
}

const invalid = (path: string, what: string, cause?: unknown): OperationalError =>
  new OperationalError('TOWER_INVALID_POLICY', `the policy file ${path} ${what}`, {facts: {file: path}, cause});
