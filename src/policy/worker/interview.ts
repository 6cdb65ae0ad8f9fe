import type {Timers} from '../../chain/timers.js';
import type {Question, Reply} from '../../gatekeeper/auth/policy.js';
import {unpack} from './carried.js';
import type {FromChild} from './messages.js';
import type {PolicyProcess} from './policy-process.js';
import {failed} from './replies.js';

/** A question with whoever waits for its reply. */
export interface Ticket {
  readonly question: Question;
  readonly reply: (reply: Reply) => void;
  /** It may have brought down a process, or another that was asked with it: it is asked alone next time. */
  readonly isSuspect: boolean;
}

/** How an interview ended. */
export interface End {
  readonly because: string;
  /** Whose question brought the process down, if that is known. */
  readonly culprit: Ticket | undefined;
  /** Those to be asked again, in order. */
  readonly unanswered: readonly Ticket[];
  /** It has been of use for a while. */
  readonly wasSteady: boolean;
}

export interface InterviewOptions {
  readonly process: PolicyProcess;
  readonly timeLimitMs: number;
  readonly timers: Timers;
  /** A question is no longer in flight. */
  onRoom(): void;
  onEnd(end: End): void;
}

/**
 * `sent`: its function has not been called. `running`: it is being called, and nothing else runs. `awaiting`: its
 * promise is waited for.
 */
type Phase = 'sent' | 'running' | 'awaiting';

interface Asked {
  readonly ticket: Ticket;
  phase: Phase;
  /** Its time limit has passed, and it has been replied to. */
  isOver: boolean;
  cancel: () => void;
}

/** Questions that one process works on at a time: enough for a policy that waits for others, few enough to lose. */
export const maxInFlight = 16;
/** A process that does not answer a ping for so long is stuck, unless a function still has time to run. */
const pingLimitMs = 250;
/** A process that answered and lived for so long was of use. */
const steadyMs = 1_000;

/**
 * Questions put to one process, with their time limits, which begin when a function is called: nobody is to blame for
 * time spent behind another. A process that is stuck is ended. Whoever was running then has failed; those beside it
 * are innocent and asked again. Where it cannot be told who it was, each is asked again alone.
 */
export class Interview {
  readonly process: PolicyProcess;
  readonly #options: InterviewOptions;
  readonly #asked = new Map<number, Asked>();
  readonly #startedMs: number;
  #nextId = 1;
  #answers = 0;
  #isRetired = false;
  #isPinged = false;
  /** A promise was not kept in time, and since then nothing has been heard: what it was waiting for may loop. */
  #isBlamed = false;
  #cancelPing: (() => void) | undefined;

  constructor(options: InterviewOptions) {
    this.#options = options;
    this.#startedMs = options.timers.nowMs();
    this.process = options.process;
    this.process.listen((message) => this.#take(message));
    void this.process.ended.then((because) => this.#end(because));
  }

  hasRoomFor(ticket: Ticket): boolean {
    const [first] = this.#asked.values();
    if (first === undefined) return true;
    return this.#asked.size < maxInFlight && !ticket.isSuspect && !first.ticket.isSuspect;
  }

  ask(ticket: Ticket): void {
    const id = this.#nextId++;
    const asked: Asked = {ticket, phase: 'sent', isOver: false, cancel: () => undefined};
    this.#asked.set(id, asked);
    this.#limit(id, asked);
    this.process.send({type: 'ask', id, question: ticket.question});
  }

  /** Lets the questions in flight be answered, then ends the process. */
  retire(): void {
    this.#isRetired = true;
    if (this.#asked.size === 0) void this.process.stop();
  }

  #take(message: FromChild): void {
    if (message.type === 'pong') {
      this.#isPinged = false;
      this.#isBlamed = false;
      this.#cancelPing?.();
      this.#cancelPing = undefined;
      return;
    }
    const asked = 'id' in message ? this.#asked.get(message.id) : undefined;
    // An answer after the time limit counts for nothing.
    if (asked === undefined || !('id' in message)) return;
    switch (message.type) {
      case 'begun':
        asked.phase = 'running';
        return this.#limit(message.id, asked);
      case 'awaiting':
        asked.phase = 'awaiting';
        if (asked.isOver) this.#remove(message.id, asked);
        return;
      case 'answered':
        this.#answers++;
        return this.#reply(message.id, asked, {type: 'returned', value: unpack(message.value)});
      case 'threw':
        this.#answers++;
        return this.#reply(message.id, asked, failed(message.message));
    }
  }

  #limit(id: number, asked: Asked): void {
    asked.cancel();
    const {timers, timeLimitMs} = this.#options;
    asked.cancel = timers.after(timeLimitMs, () => {
      const {phase} = asked;
      // If it was the tower that had no time, the answer lies there to be read.
      setImmediate(() => {
        if (this.#asked.get(id) !== asked || asked.phase !== phase || asked.isOver) return;
        this.#ping();
        if (phase === 'sent') return this.#limit(id, asked);
        asked.isOver = true;
        asked.ticket.reply(failed(`no answer within ${timeLimitMs} ms`));
        if (phase !== 'awaiting') return;
        this.#isBlamed = true;
        this.#remove(id, asked);
      });
    });
  }

  #ping(): void {
    if (!this.#isPinged) this.process.send({type: 'ping'});
    this.#isPinged = true;
    this.#cancelPing ??= this.#options.timers.after(pingLimitMs, () =>
      setImmediate(() => {
        this.#cancelPing = undefined;
        // A function that still has time may run; when its time is over, another ping follows.
        const runs = [...this.#asked.values()].some(({phase, isOver}) => phase === 'running' && !isOver);
        if (this.#isPinged && !runs) this.process.kill('it hung');
      }),
    );
  }

  #reply(id: number, asked: Asked, reply: Reply): void {
    if (!asked.isOver) asked.ticket.reply(reply);
    this.#remove(id, asked);
  }

  #remove(id: number, asked: Asked): void {
    asked.cancel();
    this.#asked.delete(id);
    if (this.#isRetired) this.retire();
    this.#options.onRoom();
  }

  #end(because: string): void {
    this.#cancelPing?.();
    const asked = [...this.#asked.values()];
    this.#asked.clear();
    for (const {cancel} of asked) cancel();
    const awaiting = asked.filter(({phase}) => phase === 'awaiting');
    const onlyOne = awaiting.length === 1 && !this.#isBlamed ? awaiting[0] : undefined;
    const culprit = asked.find(({phase}) => phase === 'running') ?? onlyOne;
    this.#options.onEnd({
      because,
      culprit: culprit?.isOver === false ? culprit.ticket : undefined,
      unanswered: asked
        .filter((each) => each !== culprit)
        .map(({ticket, phase}) => ({
          ...ticket,
          isSuspect: ticket.isSuspect || (culprit === undefined && phase === 'awaiting'),
        })),
      wasSteady: this.#answers > 0 && this.#options.timers.nowMs() - this.#startedMs >= steadyMs,
    });
  }
}
