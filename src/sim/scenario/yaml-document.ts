import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
} from 'yaml';
import {mistakesIn} from './yaml-mistake.js';

/** Where something stands in a file; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Problem extends Position {
  /** What is wrong, and why. */
  readonly message: string;
}

// With aliases, a few hundred bytes can stand for billions of values; no scenario of the largest size needs more.
const maxValues = 1_000_000;
const maxNesting = 32;
const tooDeep = `the YAML is nested deeper than ${maxNesting} levels`;

class TooLarge extends Error {}

/** A YAML text as plain values, which still knows where each value stands. */
export class YamlDocument {
  readonly value: unknown;
  readonly problems: readonly Problem[];
  readonly #document: Document.Parsed;
  readonly #lines = new LineCounter();
  /** The newest node of each anchor while the values are read; Alias.resolve would search the whole text each time. */
  readonly #anchors = new Map<string, Node>();
  readonly #targets = new Map<Alias, Node>();
  #values = 0;

  /** Never throws: what is wrong is in `problems`, and `value` is then undefined. */
  constructor(text: string) {
    const document = parse(text, this.#lines);
    this.#document = document ?? parseDocument('');
    if (document === undefined) this.problems = [{line: 1, column: 1, message: tooDeep}];
    else
      this.problems = mistakesIn(text, [...document.errors, ...document.warnings]).map(({offset, message}) => ({
        ...this.#at(offset),
        message,
      }));
    if (document === undefined || this.problems.length > 0) return;
    try {
      this.value = this.#plain(document.contents, 0);
    } catch (error) {
      if (!(error instanceof TooLarge)) throw error;
      this.problems = [{line: 1, column: 1, message: error.message}];
    }
  }

  /** Position of the value at the path, or of the nearest value around it; `key`: of the name before the value. */
  position(path: readonly PropertyKey[], at: 'value' | 'key' = 'value'): Position {
    let node: unknown = this.#document.contents;
    let key: unknown;
    for (const part of path) {
      if (isAlias(node)) node = this.#targets.get(node);
      let next: unknown;
      if (isMap(node)) {
        const pair = node.items.find((item) => isScalar(item.key) && keyText(item) === part);
        if (pair === undefined) break;
        [key, next] = [pair.key, pair.value];
      } else if (isSeq(node)) {
        next = key = node.items[part as number];
      }
      if (next === undefined || next === null) break;
      node = next;
    }
    const range = ((at === 'key' ? key : undefined) ?? node) as Node | null;
    return this.#at(range?.range?.[0] ?? 0);
  }

  #at(offset: number): Position {
    const {line, col} = this.#lines.linePos(offset);
    return {line: Math.max(line, 1), column: Math.max(col, 1)};
  }

  #plain(node: unknown, depth: number): unknown {
    if (++this.#values > maxValues) throw new TooLarge(`with its aliases, the YAML has more than ${maxValues} values`);
    if (depth > maxNesting) throw new TooLarge(tooDeep);
    if (isAlias(node)) {
      const target = this.#targets.get(node) ?? this.#anchors.get(node.source)!;
      this.#targets.set(node, target);
      return this.#plain(target, depth + 1);
    }
    if (isNode(node) && node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (isSeq(node)) return node.items.map((item) => this.#plain(item, depth + 1));
    if (isMap(node)) {
      return Object.fromEntries(node.items.map((pair) => [keyText(pair), this.#plain(pair.value, depth + 1)]));
    }
    return isScalar(node) ? node.value : null;
  }
}

const keyText = (pair: Pair) => (isScalar(pair.key) ? String(pair.key.value) : '(a key that is not a word)');

/** Undefined when the text is nested so deeply that the parser runs out of stack, which it reports in two ways. */
function parse(text: string, lineCounter: LineCounter): Document.Parsed | undefined {
  try {
    const document = parseDocument(text, {
      lineCounter,
      prettyErrors: false,
      version: '1.2',
      schema: 'core',
    });
    return document.errors.some(({message}) => message.includes('call stack')) ? undefined : document;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
