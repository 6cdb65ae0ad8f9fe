import {OperationalError} from '../../errors/index.js';
import type {WorldState} from './world-state.js';

/** Snapshots that are kept at once. Each holds the rows that have changed since. */
export const maxSnapshots = 1_000;

/** States of a world by name. Going back to one does not use it up. */
export class Snapshots {
  readonly #states: Map<string, WorldState>;

  constructor(states: Iterable<readonly [string, WorldState]> = []) {
    this.#states = new Map(states);
  }

  /** Names, in the order in which they were taken. */
  get names(): string[] {
    return [...this.#states.keys()];
  }

  [Symbol.iterator](): IterableIterator<[string, WorldState]> {
    return this.#states[Symbol.iterator]();
  }

  /** @throws OperationalError TOWER_SNAPSHOT_EXISTS */
  requireFree(name: string): void {
    const taken = this.#states.get(name);
    if (taken) {
      throw new OperationalError(
        'TOWER_SNAPSHOT_EXISTS',
        `there is a snapshot ${name} already, of height ${taken.height}`,
      );
    }
    if (this.#states.size < maxSnapshots) return;
    throw new OperationalError('TOWER_SNAPSHOT_EXISTS', `there are ${maxSnapshots} snapshots already`);
  }

  /** @throws OperationalError TOWER_SNAPSHOT_EXISTS */
  add(name: string, state: WorldState): void {
    this.requireFree(name);
    this.#states.set(name, state);
  }

  /** @throws OperationalError TOWER_UNKNOWN_SNAPSHOT */
  get(name: string): WorldState {
    const state = this.#states.get(name);
    if (state) return state;
    const {names} = this;
    const known =
      names.length === 0 ? 'none was taken' : `there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}`;
    throw new OperationalError('TOWER_UNKNOWN_SNAPSHOT', `there is no snapshot ${name}; ${known}`);
  }

  /** @throws OperationalError TOWER_UNKNOWN_SNAPSHOT */
  remove(name: string): void {
    this.get(name);
    this.#states.delete(name);
  }
}
