import type {Terminal} from '../terminal.js';

const escape = '\u001b[';
/** Another page than the one with the shell on it, without a cursor, and lines that are too long are cut. */
const enter = `${escape}?1049h${escape}?25l${escape}?7l`;
const leave = `${escape}?7h${escape}?25h${escape}?1049l`;
const clear = `${escape}2J`;

const quitKeys = ['q', 'Q', '\u0003', '\u0004'];
const redrawKey = '\u000c';

interface Handlers {
  readonly onQuit: () => void;
  /** Everything has to be drawn again. */
  readonly onRedraw: () => void;
}

/** A whole terminal to draw on. However the process ends, short of being killed, the terminal is as it was before. */
export class Screen {
  readonly #terminal: Terminal;
  readonly #handlers: Handlers;
  #shown: readonly string[] = [];
  #endings: (() => void)[] = [];

  constructor(terminal: Terminal, handlers: Handlers) {
    this.#terminal = terminal;
    this.#handlers = handlers;
  }

  get size(): Terminal['size'] {
    return this.#terminal.size;
  }

  open(): void {
    this.#terminal.write(enter);
    const close = () => this.close();
    process.once('exit', close);
    this.#endings = [
      () => process.off('exit', close),
      this.#terminal.onResize(() => this.#redraw()),
      this.#terminal.onKeys((keys) => [...keys].forEach((key) => this.#pressed(key))),
    ];
    this.#shown = [];
  }

  /** Puts these lines on the screen; only those that have changed are written. */
  draw(lines: readonly string[]): void {
    const {rows} = this.size;
    const wanted = Array.from({length: rows}, (_, row) => lines[row] ?? '');
    const changed = wanted.flatMap((line, row) =>
      line === this.#shown[row] ? [] : [`${escape}${row + 1};1H${line}${escape}K`],
    );
    if (changed.length > 0) this.#terminal.write(changed.join(''));
    this.#shown = wanted;
  }

  close(): void {
    if (this.#endings.length === 0) return;
    for (const end of this.#endings.splice(0)) end();
    this.#terminal.write(leave);
  }

  #pressed(key: string): void {
    if (quitKeys.includes(key)) this.#handlers.onQuit();
    if (key === redrawKey) this.#redraw();
  }

  #redraw(): void {
    this.#terminal.write(clear);
    this.#shown = [];
    this.#handlers.onRedraw();
  }
}
