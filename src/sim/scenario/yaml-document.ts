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
  visit,
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

/** What keeps a text from becoming values, and where. */
class Unreadable extends Error {
  readonly node: unknown;

  constructor(message: string, node: unknown) {
    super(message);
    this.node = node;
  }
}

/** A YAML text as plain values, which still knows where each value stands. */
export class YamlDocument {
  readonly value: unknown;
  readonly problems: readonly Problem[];
  readonly #document: Document.Parsed;
  readonly #lines = new LineCounter();
  /** The newest node of each anchor while the values are read; Alias.resolve would search the whole text each time. */
  readonly #anchors = new Map<string, Node>();
  readonly #targets = new Map<Alias, Node>();
  /** Nodes with an anchor that are being read. */
  readonly #open = new Set<Node>();
  #values = 0;

  /** Never throws: what is wrong is in `problems`, and `value` is then undefined. */
  constructor(text: string) {
    const document = parse(text, this.#lines);
    this.#document = document ?? parseDocument('');
    if (document === undefined) this.problems = [{line: 1, column: 1, message: tooDeep}];
    else
      this.problems = mistakesIn(text, [...document.errors, ...document.warnings], () => lastQuoteIn(document)).map(
        ({offset, message}) => ({
          ...this.#at(offset),
          message,
        }),
      );
    if (document === undefined || this.problems.length > 0) return;
    try {
      this.value = this.#plain(document.contents, 0);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.problems = [{...this.#at(offsetOf(error.node)), message: error.message}];
    }
  }

  /** Position of the value at the path, or of the nearest value around it; `key`: of the name before the value. */
  position(path: readonly PropertyKey[], at: 'value' | 'key' = 'value'): Position {
    const {node, key} = this.#nearest(path);
    return this.#at(offsetOf((at === 'key' ? key : undefined) ?? node));
  }

  /** The letters that stand for the value at the path; undefined unless it is a single one. */
  written(path: readonly PropertyKey[]): string | undefined {
    const {node} = this.#nearest(path);
    const value = isAlias(node) ? this.#targets.get(node) : node;
    return isScalar(value) ? value.source : undefined;
  }

  #nearest(path: readonly PropertyKey[]): {node: unknown; key: unknown} {
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
    return {node, key};
  }

  #at(offset: number): Position {
    const {line, col} = this.#lines.linePos(offset);
    return {line: Math.max(line, 1), column: Math.max(col, 1)};
  }

  #plain(node: unknown, depth: number): unknown {
    if (++this.#values > maxValues)
      throw new Unreadable(`with its aliases, the YAML has more than ${maxValues} values`, node);
    if (depth > maxNesting) throw new Unreadable(tooDeep, node);
    if (isAlias(node)) {
      const target = this.#targetOf(node);
      try {
        return this.#plain(target, depth + 1);
      } catch (error) {
        // By itself, what the alias stands for could be read.
        throw error instanceof Unreadable ? new Unreadable(error.message, node) : error;
      }
    }
    if (!isNode(node) || node.anchor === undefined) return this.#inside(node, depth);
    this.#anchors.set(node.anchor, node);
    this.#open.add(node);
    const value = this.#inside(node, depth);
    this.#open.delete(node);
    return value;
  }

  #inside(node: unknown, depth: number): unknown {
    if (isSeq(node)) return node.items.map((item) => this.#plain(item, depth + 1));
    if (isMap(node)) {
      return Object.fromEntries(node.items.map((pair) => [keyText(pair), this.#plain(pair.value, depth + 1)]));
    }
    return isScalar(node) ? node.value : null;
  }

  #targetOf(alias: Alias): Node {
    const {source} = alias;
    const target = this.#targets.get(alias) ?? this.#anchors.get(source);
    if (target === undefined) {
      const known = [...this.#anchors.keys()].map((name) => `&${name}`).join(', ');
      const next =
        known === ''
          ? 'no value before it has an anchor; write the value itself, or put the text into quotes'
          : `there is ${known}`;
      throw new Unreadable(`*${source} stands for nothing: ${next}`, alias);
    }
    if (this.#open.has(target)) {
      const {line} = this.#at(offsetOf(target));
      throw new Unreadable(
        `*${source} stands inside &${source}, which begins in line ${line}: it would hold itself without end`,
        alias,
      );
    }
    this.#targets.set(alias, target);
    return target;
  }
}

/** Where the last text in quotes begins; one that never ends is the last. */
function lastQuoteIn(document: Document.Parsed): number | undefined {
  let offset: number | undefined;
  visit(document, {
    Scalar(_, {type, range}) {
      if (type?.startsWith('QUOTE')) offset = range?.[0];
    },
  });
  return offset;
}

const offsetOf = (node: unknown): number => (isNode(node) ? (node.range?.[0] ?? 0) : 0);

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
