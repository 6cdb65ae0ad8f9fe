import {systemTimers, type Timers} from '../chain/timers.js';
import {OperationalError} from '../errors/index.js';
import type {Policy, Question, Reply} from '../gatekeeper/auth/policy.js';
import type {RequestStage} from '../store/layout.js';
import {later, pauseAskedMs, readAnswer} from './webhook/answer.js';
import {Breaker, type BreakerState} from './webhook/breaker.js';
import {Poster} from './webhook/post.js';
import {questionBody, questionHeaders} from './webhook/question-body.js';
import {Slots} from './webhook/slots.js';

/** Questions that are with the service at the same time: enough to hide a round trip, few enough to be no burden. */
export const maxInFlight = 8;
/** Questions that wait for one of these places: a block asks at most `auth_budget`, by default 100. */
const maxWaiting = 10_000;

/** What has become of the way to the service. */
export type WebhookEvent =
  /** It does not answer, but has before. It is asked on for now. Told once a block at most. */
  | {readonly type: 'webhook_failed'; readonly error: OperationalError}
  | {
      /** It does not answer, and is not asked for `pauseMs`; requests wait. */
      readonly type: 'webhook_paused';
      readonly pauseMs: number;
      readonly error: OperationalError;
    }
  /** It answers again. */
  | {readonly type: 'webhook_resumed'};

export interface WebhookOptions {
  /** http: or https:; user and password in it are sent as basic authentication. */
  readonly url: string;
  /** The tower's public key in hex, which tells the service whose request it is. */
  readonly towerId: string;
  /** For one answer, its last byte included. */
  readonly timeLimitMs: number;
  /** Signs what is sent. */
  readonly secret?: string;
  /** @default the system's */
  readonly timers?: Timers;
  readonly onEvent?: (event: WebhookEvent) => void;
}

export interface WebhookState {
  readonly breaker: BreakerState;
  /** Times in a row that it has not answered. */
  readonly failures: number;
  readonly inFlight: number;
  readonly waiting: number;
  /** Why it has not answered the last time; null when it has. */
  readonly reason: string | null;
}

/**
 * An outside service that decides, asked by one HTTP POST a request when a block has made it ready. While it does not
 * answer, requests wait and no attempt is counted; an answer that is none counts as an attempt that failed.
 */
export class Webhook implements Policy {
  readonly name = 'webhook';
  readonly #towerId: string;
  readonly #timeLimitMs: number;
  readonly #secret: string | undefined;
  readonly #timers: Timers;
  readonly #poster: Poster;
  readonly #slots = new Slots({places: maxInFlight, waiting: maxWaiting});
  readonly #breaker: Breaker;
  readonly #listeners = new Set<() => void>();
  readonly #inFlight = new Set<AbortController>();
  readonly #onEvent: (event: WebhookEvent) => void;
  #reason: string | null = null;
  /** The tip at which a failure was told; and whether its end is to be told, too. */
  #toldHeight: number | undefined;
  #isToldOf = false;
  #closed = false;

  private constructor(options: WebhookOptions) {
    this.#poster = new Poster(options.url, {connections: maxInFlight});
    this.#towerId = options.towerId;
    this.#timeLimitMs = options.timeLimitMs;
    this.#secret = options.secret;
    this.#timers = options.timers ?? systemTimers;
    this.#onEvent = options.onEvent ?? (() => undefined);
    this.#breaker = new Breaker({
      timers: this.#timers,
      onOpened: (pauseMs, reason) => this.#pause(pauseMs, reason),
      onHalfOpened: () => this.#changed(),
      onClosed: () => this.#resume(),
    });
  }

  /**
   * Connects to nothing before the first question.
   * @throws OperationalError TOWER_INVALID_SETTING for a URL that is no http: or https: one
   */
  static open(options: WebhookOptions): Webhook {
    return new Webhook(options);
  }

  get trouble(): string | null {
    return this.#reason;
  }

  get state(): WebhookState {
    return {
      breaker: this.#breaker.state,
      failures: this.#breaker.failures,
      inFlight: this.#slots.taken,
      waiting: this.#slots.waiting,
      reason: this.#reason,
    };
  }

  handles(stage: RequestStage): boolean {
    return !this.#closed && (stage === 'callback' || this.#breaker.lets);
  }

  decidesLater(): boolean {
    return true;
  }

  async ask(question: Question): Promise<Reply> {
    if (this.#closed) return closed;
    // The block that follows asks the service, at a pace of its own.
    if (question.stage === 'callback') return later;
    const body = questionBody(question);
    if (body === undefined) return {type: 'failed', reason: 'node_info is not JSON'};
    if (!this.#breaker.lets) return this.#paused();
    if (!(await this.#slots.take())) return this.#closed ? closed : this.#paused();
    try {
      const attempt = this.#breaker.begin();
      if (attempt === undefined) return this.#paused();
      const {reply, askedPauseMs} = await this.#post(body, question);
      if (this.#closed) return reply;
      const failuresBefore = this.#breaker.failures;
      if (reply.type === 'unavailable') this.#breaker.failed(attempt, reply.reason, askedPauseMs);
      else this.#breaker.succeeded(attempt);
      if (this.#breaker.state === 'closed') {
        if (this.#breaker.failures === 0) this.#recover();
        else if (this.#breaker.failures > failuresBefore) this.#fail(reply, question.context.height);
      }
      return reply;
    } finally {
      this.#slots.release();
    }
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#breaker.close();
    this.#slots.sendAway();
    for (const controller of this.#inFlight) controller.abort(new Interrupted('the webhook is closed'));
    this.#poster.close();
  }

  async #post(body: Buffer, question: Question): Promise<{reply: Reply; askedPauseMs?: number | undefined}> {
    const headers = questionHeaders(body, {
      requestId: question.context.requestId,
      towerId: this.#towerId,
      secret: this.#secret,
    });
    const controller = new AbortController();
    this.#inFlight.add(controller);
    const cancelLimit = this.#timers.after(this.#timeLimitMs, () =>
      controller.abort(new Interrupted(`the webhook has not answered within ${this.#timeLimitMs} ms`)),
    );
    try {
      const answer = await this.#poster.post(body, headers, controller.signal);
      return {reply: readAnswer(answer), askedPauseMs: pauseAskedMs(answer)};
    } catch (error) {
      return {reply: {type: 'unavailable', reason: reasonOf(error)}};
    } finally {
      cancelLimit();
      this.#inFlight.delete(controller);
    }
  }

  #paused(): Reply {
    return {type: 'unavailable', reason: this.#reason ?? 'too many questions wait for the webhook'};
  }

  /** It may be chance: the first in a row is told. A service that fails every other time has a line a block at most. */
  #fail(reply: Reply, height: number): void {
    if (reply.type !== 'unavailable') return;
    this.#reason = reply.reason;
    if (this.#isToldOf || height === this.#toldHeight) return;
    this.#toldHeight = height;
    this.#isToldOf = true;
    this.#onEvent({type: 'webhook_failed', error: this.#failure(`${reply.reason} (${this.#poster.origin})`)});
  }

  /** It has answered, before or after a pause. */
  #recover(): void {
    this.#reason = null;
    if (!this.#isToldOf) return;
    this.#isToldOf = false;
    this.#onEvent({type: 'webhook_resumed'});
  }

  #pause(pauseMs: number, reason: string): void {
    this.#reason = reason;
    this.#isToldOf = true;
    const message = `${reason} (${this.#poster.origin}, asked again in ${pauseMs / 1000} s)`;
    this.#onEvent({type: 'webhook_paused', pauseMs, error: this.#failure(message)});
    this.#changed();
  }

  #resume(): void {
    this.#recover();
    this.#changed();
  }

  #failure(message: string): OperationalError {
    return new OperationalError('TOWER_WEBHOOK_FAILED', message, {retryable: true});
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Ends a post before it has its answer. */
class Interrupted extends Error {}

const closed: Reply = {type: 'unavailable', reason: 'the webhook is closed'};

/** The code alone: a message of Node.js may quote what was sent. */
function reasonOf(error: unknown): string {
  if (error instanceof Interrupted) return error.message;
  const {code} = error as NodeJS.ErrnoException;
  return `the webhook cannot be reached${code === undefined ? '' : ` (${code})`}`;
}
