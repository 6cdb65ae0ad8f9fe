import {readyOf, readyRange} from '../../store/layout.js';
import {requestKinds} from '../../gatekeeper/auth/level.js';
import type {Input} from '../tape/input.js';
import type {Machine} from '../tape/machine.js';
import type {BookedAnswer} from './answer-book.js';

/** What will be said of a request, of which so many answers were given; undefined where nobody will ever answer. */
export type Booked = (requestId: number, answers: number) => BookedAnswer | undefined;

/** Requests looked at beyond those that can be asked about. */
const spareRows = 1_000;

/** Asks policies about requests as the dispatcher does, but for time: answers come after so many blocks. */
export class PolicyRound {
  readonly #machine: Machine;
  readonly #booked: Booked;
  readonly #apply: (input: Input, actor: string) => Promise<void>;
  /** Requests about which somebody is being asked, with the height at which he answers. */
  readonly #open = new Map<number, number>();
  readonly #answers = new Map<number, number>();

  constructor(machine: Machine, booked: Booked, apply: (input: Input, actor: string) => Promise<void>) {
    this.#machine = machine;
    this.#booked = booked;
    this.#apply = apply;
  }

  /** At each new tip: about the oldest that are ready, proven ones first, as many as the budget allows. */
  async ask(): Promise<void> {
    const {tip, settings, counters} = this.#machine.now.meta;
    if (counters.pendingRequests === 0) {
      this.#open.clear();
      this.#answers.clear();
      return;
    }
    const limit = settings.authBudget - this.#open.size;
    if (limit > 0) {
      for (const {id, answer} of (await this.#ready(tip.height)).slice(0, limit)) {
        this.#open.set(id, tip.height + answer.delay);
      }
    }
    for (const [id, height] of [...this.#open]) {
      if (height > tip.height) continue;
      this.#open.delete(id);
      const answers = this.#answers.get(id) ?? 0;
      const booked = this.#booked(id, answers);
      this.#answers.set(id, answers + 1);
      if (!booked) continue;
      const {outcome, actor} = booked;
      await this.#apply({type: 'answer', answer: {id, stage: 'check', outcome, actor}}, actor);
    }
  }

  async #ready(height: number): Promise<{id: number; answer: BookedAnswer}[]> {
    const {settings, counters} = this.#machine.now.meta;
    // Those about whom nobody will ever say anything stand among the others.
    const limit = Math.min(counters.pendingRequests, settings.authBudget + this.#open.size + spareRows);
    const ready: {id: number; height: number; proven: boolean}[] = [];
    for (const kind of requestKinds) {
      for (const proven of [true, false]) {
        const rows = await this.#machine.now.range({...readyRange('check', kind, 0, height, proven), limit});
        ready.push(...rows.map(([key]) => ({...readyOf(key), proven})));
      }
    }
    return ready
      .filter(({id}) => !this.#open.has(id))
      .sort((a, b) => Number(b.proven) - Number(a.proven) || a.height - b.height || a.id - b.id)
      .flatMap(({id}) => {
        const answer = this.#booked(id, this.#answers.get(id) ?? 0);
        return answer ? [{id, answer}] : [];
      });
  }
}
