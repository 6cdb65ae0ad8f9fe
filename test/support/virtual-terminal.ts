const escape = '\u001b';

/** What a terminal shows of what was written to it: as much of one as our screens need. */
export class VirtualTerminal {
  readonly columns: number;
  readonly rows: number;
  /** On the page that a program has for itself, and not on the one with the shell. */
  isAlternate = false;
  hasCursor = true;
  /** Styles that were set, such as `32` for green. */
  readonly styles = new Set<string>();
  readonly #pages: {main: string[]; own: string[]};
  #saved: [row: number, column: number] = [0, 0];
  #row = 0;
  #column = 0;
  #rest = '';

  constructor({columns, rows}: {columns: number; rows: number}) {
    this.columns = columns;
    this.rows = rows;
    this.#pages = {main: [], own: []};
  }

  /** The lines of the page that is shown, without spaces at their ends. */
  get lines(): string[] {
    const page = this.#page;
    return Array.from({length: Math.max(this.rows, page.length)}, (_, row) => (page[row] ?? '').trimEnd());
  }

  get text(): string {
    return this.lines.join('\n').trimEnd();
  }

  write(text: string): void {
    const pattern = new RegExp(`${escape}\\[(\\??[\\d;]*)([A-Za-z])|${escape}[^[]|[^${escape}]|${escape}`, 'gsu');
    const all = this.#rest + text;
    this.#rest = new RegExp(`${escape}(\\[[?\\d;]*)?$`).exec(all)?.[0] ?? '';
    for (const [token, parameters, order] of all.slice(0, all.length - this.#rest.length).matchAll(pattern)) {
      if (order !== undefined) this.#obey(order, parameters!);
      else this.#put(token);
    }
  }

  get #page(): string[] {
    return this.isAlternate ? this.#pages.own : this.#pages.main;
  }

  #obey(order: string, parameters: string): void {
    const numbers = parameters.split(';').map(Number);
    if (order === 'H') [this.#row, this.#column] = [(numbers[0] || 1) - 1, (numbers[1] || 1) - 1];
    else if (order === 'K') this.#page[this.#row] = this.#line().slice(0, this.#column);
    else if (order === 'J') this.#page.splice(0);
    else if (order === 'm') this.styles.add(parameters);
    else if (order === 'h' || order === 'l') this.#switch(parameters, order === 'h');
    else throw new Error(`the terminal does not know ${JSON.stringify(parameters + order)}`);
  }

  #switch(mode: string, on: boolean): void {
    if (mode === '?25') this.hasCursor = on;
    else if (mode === '?1049') {
      this.isAlternate = on;
      if (on) [this.#saved, this.#pages.own] = [[this.#row, this.#column], []];
      else [this.#row, this.#column] = this.#saved;
    } else if (mode !== '?7') throw new Error(`the terminal has no mode ${mode}`);
  }

  #put(character: string): void {
    if (character === '\n') this.#row++;
    else if (character === '\r') this.#column = 0;
    else {
      // With the mode that wraps lines off, the last column is written over.
      this.#column = Math.min(this.#column, this.columns - 1);
      const line = [...this.#line().padEnd(this.#column)];
      line[this.#column++] = character;
      this.#page[this.#row] = line.join('');
    }
  }

  #line(): string {
    return this.#page[this.#row] ?? '';
  }
}
