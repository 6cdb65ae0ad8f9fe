/** A terminal that can be drawn on. */
export interface Terminal {
  /** As it is now; the user may change it at any time. */
  readonly size: {readonly columns: number; readonly rows: number};
  write(text: string): void;
  /** Calls `listener` when the size has changed. Answers the function that ends it. */
  onResize(listener: () => void): () => void;
  /**
   * Takes keys one by one, unseen, Ctrl-C and its like included, where keys come from a terminal, too. Answers the
   * function that ends it.
   */
  onKeys(listener: (keys: string) => void): () => void;
}

/** Of a terminal that does not tell its own. */
const usualSize = {columns: 80, rows: 24};

/** The terminal that stdout goes to. Undefined where it does not, or where that one knows no orders. */
export function processTerminal(environment: Readonly<Record<string, string | undefined>>): Terminal | undefined {
  const {stdin, stdout} = process;
  if (!stdout.isTTY || environment['TERM'] === 'dumb') return undefined;
  return {
    get size() {
      return {columns: stdout.columns || usualSize.columns, rows: stdout.rows || usualSize.rows};
    },
    write: (text) => void stdout.write(text),
    onResize(listener) {
      stdout.on('resize', listener);
      return () => stdout.off('resize', listener);
    },
    onKeys(listener) {
      if (!stdin.isTTY) return () => undefined;
      const heard = (keys: Buffer) => listener(keys.toString('latin1'));
      stdin.setRawMode(true);
      stdin.on('data', heard).resume();
      return () => {
        stdin.off('data', heard).pause();
        stdin.setRawMode(false);
      };
    },
  };
}
