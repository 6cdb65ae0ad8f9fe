import {deviceKey, userKey} from '../../store/layout.js';
import {decodeDevice, decodeUser} from '../../store/rows.js';
import {Rejection} from '../../errors/index.js';
import type {Answer} from '../../gatekeeper/auth/answers.js';
import type {GatekeeperSettings} from '../../gatekeeper/settings.js';
import {readRequest} from '../../gatekeeper/auth/request-rows.js';
import type {LogEntry} from '../../tower/log.js';
import type {Input} from '../tape/input.js';
import type {Machine} from '../tape/machine.js';
import type {AnswerBook} from './answer-book.js';
import {PolicyRound} from './policy-round.js';
import {Tally} from './tally.js';

/** What was taken on the tape, and is refused now. */
export interface Refusal {
  /** Number of the event on the tape. */
  readonly event: number;
  readonly height: number;
  readonly type: Input['type'];
  /** Of the user or device; null where it was the operator's, about a request. */
  readonly key: string | null;
  readonly code: string;
}

/** The refusals that are named one by one. */
const namedRefusals = 1_000;

/**
 * A tower that gets what the one of a tape got, with other settings. Users and requests may have other ids here, so they
 * are found by their keys. A policy is asked anew, as many a block as the budget allows; it says what it said, and takes
 * as long for it.
 */
export class OtherTower {
  readonly tally: Tally;
  readonly refusals: Refusal[] = [];
  readonly refusalsByCode = new Map<string, number>();
  readonly #machine: Machine;
  readonly #settings: Partial<GatekeeperSettings>;
  /** Ids here by those on the tape. Below `sameIds` they are the same, as those of a checkpoint. */
  readonly #users = new Map<number, number>();
  readonly #requests = new Map<number, number>();
  readonly #onTape = new Map<number, number>();
  readonly #same: {readonly users: number; readonly requests: number};
  readonly #policies: PolicyRound;

  constructor(machine: Machine, settings: Partial<GatekeeperSettings>, book: AnswerBook) {
    this.#machine = machine;
    this.#settings = settings;
    this.tally = new Tally(machine);
    this.#policies = new PolicyRound(
      machine,
      (id, answers) => {
        const booked = book.of(this.#onTape.get(id) ?? id, answers);
        return booked && {...booked, outcome: this.#meant(booked.outcome)};
      },
      async (input, actor) => void (await this.#apply(input, actor)),
    );
    const counters = machine.now.begun ? machine.now.meta.counters : {nextUserId: 1, nextRequestId: 1};
    this.#same = {users: counters.nextUserId, requests: counters.nextRequestId};
  }

  /** Puts its own settings in force where it does not begin with them. */
  async begin(): Promise<void> {
    if (!this.#machine.now.begun) return;
    await this.#apply(
      {type: 'settings', settings: {...this.#machine.now.meta.settings, ...this.#settings}},
      'operator',
    );
  }

  /** Gets what the tower of the tape got, and what came of it there. */
  async take(input: Input, actor: string, onTape: readonly LogEntry[], event: number): Promise<void> {
    const own = await this.#translated(input);
    if (own) {
      try {
        this.#learn(onTape, await this.#apply(own, actor));
      } catch (error) {
        if (!(error instanceof Rejection)) throw error;
        this.#refused(own, error.code, event);
      }
    }
    if (input.type === 'connect') await this.#policies.ask();
  }

  async #apply(input: Input, actor: string): Promise<LogEntry[]> {
    const events = await this.#machine.apply(input, actor);
    await this.tally.take(events);
    return events;
  }

  /** Undefined where there is nobody here whom it is about. */
  async #translated(input: Input): Promise<Input | undefined> {
    if (input.type === 'begin' || input.type === 'settings') {
      return {...input, settings: {...input.settings, ...this.#settings}};
    }
    if (input.type === 'extend' || input.type === 'delete_user') {
      const userId = this.#userId(input.userId);
      return userId === undefined ? undefined : {...input, userId};
    }
    if (input.type === 'delete_appointments') {
      return {...input, of: (await Promise.all(input.of.map((one) => this.#places(one)))).flat()};
    }
    if (input.type === 'decide') {
      const requestId = this.#requestId(input.requestId);
      return requestId === undefined ? undefined : {...input, requestId};
    }
    return input.type === 'answer' ? this.#answer(input.answer) : input;
  }

  /** Undefined where it is not waited for. Checks come when they are asked for. */
  async #answer(answer: Answer): Promise<Input | undefined> {
    const id = this.#requestId(answer.id);
    if (id === undefined || answer.stage === 'check') return undefined;
    const row = await readRequest(this.#machine.now, id);
    if (row?.state !== 'pending' || row.stage !== 'callback') return undefined;
    return {type: 'answer', answer: {...answer, id, outcome: this.#meant(answer.outcome)}};
  }

  #userId(onTape: number): number | undefined {
    return this.#users.get(onTape) ?? (onTape < this.#same.users ? onTape : undefined);
  }

  #requestId(onTape: number): number | undefined {
    return this.#requests.get(onTape) ?? (onTape < this.#same.requests ? onTape : undefined);
  }

  async #places({key, places}: Extract<Input, {type: 'delete_appointments'}>['of'][number]) {
    const device = await this.#machine.now.get(deviceKey(key));
    const user = device && (await this.#machine.now.get(userKey(decodeDevice(device).userId)));
    if (!user) return [];
    const {subscription} = decodeUser(user);
    return [{key, places: places.map(({locator}) => ({subscription, locator}))}];
  }

  /** Whom and what both have, from the first event of each that names a key and an id. */
  #learn(onTape: readonly LogEntry[], here: readonly LogEntry[]): void {
    const [theirs, ours] = [onTape.find(isAboutUser), here.find(isAboutUser)];
    if (theirs && ours && theirs.userId !== null && ours.userId !== null) this.#users.set(theirs.userId, ours.userId);
    const [asked, asks] = [onTape.find(isRequest), here.find(isRequest)];
    if (!asked || !asks) return;
    this.#requests.set(asked.requestId, asks.requestId);
    this.#onTape.set(asks.requestId, asked.requestId);
  }

  #refused(input: Input, code: string, event: number): void {
    this.refusalsByCode.set(code, (this.refusalsByCode.get(code) ?? 0) + 1);
    if (this.refusals.length >= namedRefusals) return;
    const key = 'key' in input ? input.key : input.type === 'submit' ? input.submission.key : null;
    this.refusals.push({event, height: this.#machine.now.meta.tip.height, type: input.type, key, code});
  }

  /** A verdict that names a user means the one whom the tape calls so. */
  #meant(outcome: Answer['outcome']): Answer['outcome'] {
    if (outcome.type !== 'verdict' || outcome.verdict.type !== 'approve_user') return outcome;
    const {userId} = outcome.verdict;
    const own = userId === 0 ? 0 : (this.#users.get(userId) ?? userId);
    return {...outcome, verdict: {...outcome.verdict, userId: own}};
  }
}

const isAboutUser = (entry: LogEntry): entry is Extract<LogEntry, {type: 'user_registered' | 'device_authorized'}> =>
  ['user_registered', 'subscription_renewed', 'receipt_issued', 'device_authorized'].includes(entry.type);

const isRequest = (entry: LogEntry): entry is Extract<LogEntry, {type: 'request_received'}> =>
  entry.type === 'request_received';
