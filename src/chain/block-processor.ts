import {BartizanError, InvariantError, OperationalError} from '../errors/index.js';
import type {ChainSource} from './chain-source.js';
import type {ChainHeader} from './header.js';
import type {Network} from './network.js';
import type {ChainFollower} from './chain-follower.js';
import {pull} from './pull.js';
import {type SourceState, stateAfter} from './source-state.js';
import type {Timers} from './timers.js';

/** Pauses before a source that failed is asked again; the last one stays. */
const retryMs = [100, 250, 500, 1_000, 2_000, 5_000, 10_000, 30_000];

export interface BlockProcessorParts {
  readonly source: ChainSource;
  readonly follower: ChainFollower;
  readonly timers: Timers;
  /** The network that the source must be on. */
  readonly network: Network;
  readonly onState?: (state: SourceState) => void;
}

interface Waiter {
  /** The first pull that may answer it. */
  readonly pull: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Moves the block height forward: one loop that is woken, pulls the source's best chain, and has every block
 * disconnected or connected in order, each run on disk before the next. Wake-ups carry no data, so losing or doubling
 * one costs nothing. Source of the name: TEOS.
 */
export class BlockProcessor {
  readonly #parts: BlockProcessorParts;
  #state: SourceState = {name: 'starting'};
  #running: Promise<void> | undefined;
  #stopped = false;
  #woken = false;
  #wakeUp: (() => void) | undefined;
  #pulls = 0;
  #failures = 0;
  #waiters: Waiter[] = [];

  constructor(parts: BlockProcessorParts) {
    this.#parts = parts;
  }

  get state(): SourceState {
    return this.#state;
  }

  /** The last processed block. */
  get tip(): ChainHeader | undefined {
    return this.#parts.follower.tip;
  }

  /** Begins to follow the source. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** There may be a new block. */
  wake(): void {
    this.#woken = true;
    this.#wakeUp?.();
  }

  /** Resolves once a pull that begins after this call has reached the source's tip; rejects when it halts or stops. */
  synced(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#stopped) return reject(new OperationalError('TOWER_HALTED', 'the block processor has stopped'));
      this.#waiters.push({pull: this.#pulls + 1, resolve, reject});
      this.wake();
    });
  }

  /** Ends the loop because its follower can go no further. */
  halt(error: BartizanError): void {
    this.#stopped = true;
    this.#change({...this.#state, name: 'halted', error});
    this.#settle(({reject}) => reject(error));
    this.wake();
  }

  /** Ends the loop; a block that is being connected is finished. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.wake();
    await this.#running;
    this.#settle((waiter) => waiter.reject(new OperationalError('TOWER_HALTED', 'the block processor has stopped')));
  }

  async #run(): Promise<void> {
    let unsubscribe: () => void;
    try {
      unsubscribe = this.#parts.source.onWake(() => this.wake());
    } catch (cause) {
      return this.halt(errorOf(cause));
    }
    while (!this.#stopped) {
      this.#woken = false;
      this.#pulls++;
      const retry = await this.#pullOnce();
      if (!this.#woken && !this.#stopped) await this.#sleep(retry);
    }
    unsubscribe();
  }

  /** Answers the pause before the next attempt; undefined to wait for a wake-up. */
  async #pullOnce(): Promise<number | undefined> {
    try {
      const state = await pull(
        this.#parts,
        (state) => {
          if (!this.#stopped) this.#change(state);
        },
        () => this.#stopped,
      );
      this.#failures = 0;
      if (!state || this.#stopped) return undefined;
      this.#change(state);
      if (state.name === 'synced') this.#settle(({resolve}) => resolve(), this.#pulls);
      return undefined;
    } catch (cause) {
      // Whoever ended the loop has said why; that source and follower then refuse is no news.
      if (this.#stopped) return undefined;
      const error = errorOf(cause);
      const retryable = error instanceof OperationalError && error.retryable;
      const name = stateAfter(error, retryable);
      this.#change({...this.#state, name, error});
      if (name === 'halted') {
        this.#settle(({reject}) => reject(error));
        // A node on the wrong branch may come back by itself, so it is looked at again; our own failures stay.
        if (!comesBack.has(error.code)) this.#stopped = true;
      }
      return retryMs[Math.min(this.#failures++, retryMs.length - 1)];
    }
  }

  #change(state: SourceState): void {
    const {name, error} = this.#state;
    this.#state = state;
    if (name !== state.name || error?.code !== state.error?.code) this.#parts.onState?.(state);
  }

  #settle(answer: (waiter: Waiter) => void, upTo: number = Number.POSITIVE_INFINITY): void {
    const due = this.#waiters.filter(({pull}) => pull <= upTo);
    this.#waiters = this.#waiters.filter(({pull}) => pull > upTo);
    for (const waiter of due) answer(waiter);
  }

  #sleep(ms: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const cancel = ms === undefined ? () => undefined : this.#parts.timers.after(ms, () => this.#wakeUp?.());
      this.#wakeUp = () => {
        cancel();
        this.#wakeUp = undefined;
        resolve();
      };
    });
  }
}

const errorOf = (cause: unknown): BartizanError =>
  cause instanceof BartizanError ? cause : new InvariantError('the block processor failed', {cause});

const comesBack: ReadonlySet<string> = new Set([
  'TOWER_REORG_TOO_DEEP',
  'TOWER_WRONG_NETWORK',
  'TOWER_WRONG_GENESIS',
  'TOWER_BITCOIND_UNAUTHORIZED',
]);
