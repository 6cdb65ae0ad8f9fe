import {assert} from '../../errors/index.js';

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
  set(key: Key, value: NonNullable<Value>): void;
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
  map<Key extends MemoryKey, Value>(name: string): MemoryMap<Key, NonNullable<Value>> {
    return new View(this.#mapOf(name) as Map<Key, NonNullable<Value>>, (key) => this.#note(name, key));
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
    // Half of it at a time, so that each change is moved but once or twice.
    if (position <= this.#forgotten || position - this.#forgotten < this.#undo.length / 2) return;
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

/** A map as its users see it: whoever changes it leaves word of what was there before. */
class View<Key extends MemoryKey, Value extends NonNullable<unknown>> implements MemoryMap<Key, Value> {
  readonly #map: Map<Key, Value>;
  readonly #note: (key: Key) => void;

  constructor(map: Map<Key, Value>, note: (key: Key) => void) {
    this.#map = map;
    this.#note = note;
  }

  get size(): number {
    return this.#map.size;
  }

  get(key: Key): Value | undefined {
    return this.#map.get(key);
  }

  has(key: Key): boolean {
    return this.#map.has(key);
  }

  keys(): IterableIterator<Key> {
    return this.#map.keys();
  }

  set(key: Key, value: Value): void {
    this.#note(key);
    this.#map.set(key, value);
  }

  delete(key: Key): void {
    if (!this.#map.has(key)) return;
    this.#note(key);
    this.#map.delete(key);
  }
}
