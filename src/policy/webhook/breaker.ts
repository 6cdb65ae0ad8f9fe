import type {Timers} from '../../chain/timers.js';

/** Failures in a row after which nobody is asked for a while. Fewer may be chance; more keep those who wait waiting. */
export const maxFailures = 3;
/** The first pause; each one that follows without an answer between is twice as long. */
export const firstPauseMs = 1_000;
/** No pause of our own is longer: a service that is back is noticed within a minute. */
export const longestPauseMs = 60_000;
/** A pause that the service asks for may be longer, but no typing slip of its may silence it for a day. */
export const longestAskedPauseMs = 600_000;

/** `closed`: questions go out. `open`: none does, until the pause is over. `half_open`: one does, and its fate decides. */
export type BreakerState = 'closed' | 'open' | 'half_open';

/** Leave to ask one question. */
export interface Attempt {
  /** How often the breaker had changed when leave was given: what comes back after another change says nothing new. */
  readonly changes: number;
}

interface BreakerOptions {
  readonly timers: Timers;
  readonly onOpened: (pauseMs: number, reason: string) => void;
  readonly onHalfOpened: () => void;
  readonly onClosed: () => void;
}

/** A circuit breaker: it spares a service that is down, and those who wait for it, one time limit after the other. */
export class Breaker {
  readonly #options: BreakerOptions;
  #state: BreakerState = 'closed';
  #failures = 0;
  #nextPauseMs = firstPauseMs;
  #probing = false;
  #changes = 0;
  #cancelPause: (() => void) | undefined;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** Failures in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** Whether a question may go out now. */
  get lets(): boolean {
    return this.#state === 'closed' || (this.#state === 'half_open' && !this.#probing);
  }

  /** Undefined when no question may go out. */
  begin(): Attempt | undefined {
    if (!this.lets) return undefined;
    this.#probing = this.#state === 'half_open';
    return {changes: this.#changes};
  }

  /** The service has answered, whatever it was. */
  succeeded({changes}: Attempt): void {
    if (changes !== this.#changes) return;
    this.#failures = 0;
    this.#nextPauseMs = firstPauseMs;
    if (this.#state === 'closed') return;
    this.#change('closed');
    this.#options.onClosed();
  }

  /** The service has not answered. `askedPauseMs`: for how long it wants to be left alone, if it has said so. */
  failed({changes}: Attempt, reason: string, askedPauseMs?: number): void {
    if (changes !== this.#changes) return;
    this.#failures++;
    if (this.#state === 'closed' && this.#failures < maxFailures && askedPauseMs === undefined) return;
    const pauseMs = Math.max(this.#nextPauseMs, Math.min(askedPauseMs ?? 0, longestAskedPauseMs));
    this.#nextPauseMs = Math.min(2 * this.#nextPauseMs, longestPauseMs);
    this.#change('open');
    this.#cancelPause = this.#options.timers.after(pauseMs, () => {
      this.#change('half_open');
      this.#options.onHalfOpened();
    });
    this.#options.onOpened(pauseMs, reason);
  }

  close(): void {
    this.#cancelPause?.();
  }

  #change(state: BreakerState): void {
    this.#state = state;
    this.#probing = false;
    this.#changes++;
  }
}
