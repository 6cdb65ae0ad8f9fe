import {assert} from '../errors/index.js';

export type MemoryKey = string | number;

/** Everything in a memory: for each map that is not empty its entries, in order. */
export type MemoryContents = ReadonlyMap<string, readonly (readonly [MemoryKey, unknown])[]>;

interface Undo {
  readonly map: string;
  readonly key: MemoryKey;
  /** Undefined where there was none. */
  readonly before: unknown;
}

/** What a memory can still go back through. */
export interface MemoryPast {
  readonly undo: readonly Undo[];
  readonly forgotten: number;
}

/** A map of plain values that nobody changes in place. */
export interface MemoryMap<Key extends MemoryKey, Value> {
  readonly size: number;
  get(key: Key): Value | undefined;
  has(key: Key): boolean;
  set(key: Key, value: Value & {}): void;
  delete(key: Key): void;
  keys(): IterableIterator<Key>;
}

/**
 * What a simulation remembers beside chain and rows, such as who is called what: in one place, so that all of it can be
 * taken back, copied and written to a file.
 */
export class Memory {
  readonly #maps = new Map<string, Map<MemoryKey, unknown>>();
  /** What was there before each change, oldest first. */
  #undo: Undo[] = [];
  #forgotten = 0;
  readonly #keepsUndo: boolean;

  constructor({keepsUndo = false} = {}) {
    this.#keepsUndo = keepsUndo;
  }

  /** The map of this name, the same one each time. */
  map<Key extends MemoryKey, Value>(name: string): MemoryMap<Key, Value> {
    const map = this.#mapOf(name) as Map<Key, Value>;
    return {
      get size() {
        return map.size;
      },
      get: (key) => map.get(key),
      has: (key) => map.has(key),
      keys: () => map.keys(),
      set: (key, value) => {
        this.#note(name, key);
        map.set(key, value);
      },
      delete: (key) => {
        if (!map.has(key)) return;
        this.#note(name, key);
        map.delete(key);
      },
    };
  }

  /** Changes so far: what `goBack` is given. */
  get position(): number {
    return this.#forgotten + this.#undo.length;
  }

  /** Becomes what it was at a position, but for the order of entries. */
  goBack(position: number): void {
    assert(position >= this.#forgotten && position <= this.position, `nothing is remembered of position ${position}`);
    while (this.position > position) {
      const {map: name, key, before} = this.#undo.pop()!;
      const map = this.#mapOf(name);
      if (before === undefined) map.delete(key);
      else map.set(key, before);
    }
  }

  forgetBefore(position: number): void {
    if (position <= this.#forgotten) return;
    this.#undo = this.#undo.slice(position - this.#forgotten);
    this.#forgotten = position;
  }

  contents(): MemoryContents {
    const full = [...this.#maps].filter(([, map]) => map.size > 0);
    return new Map(full.map(([name, map]) => [name, [...map]]));
  }

  past(): MemoryPast {
    return {undo: [...this.#undo], forgotten: this.#forgotten};
  }

  /** Becomes what another was, with what that one could go back through. @default nothing */
  become(contents: MemoryContents, past: MemoryPast = {undo: [], forgotten: 0}): void {
    for (const map of this.#maps.values()) map.clear();
    for (const [name, entries] of contents) {
      const map = this.#mapOf(name);
      for (const [key, value] of entries) map.set(key, value);
    }
    this.#forgotten = past.forgotten;
    this.#undo = [...past.undo];
  }

  #mapOf(name: string): Map<MemoryKey, unknown> {
    let map = this.#maps.get(name);
    if (!map) this.#maps.set(name, (map = new Map()));
    return map;
  }

  #note(map: string, key: MemoryKey): void {
    if (this.#keepsUndo) this.#undo.push({map, key, before: this.#mapOf(map).get(key)});
  }
}
