import type {Answer} from '../../gatekeeper/auth/answers.js';
import {readRequest} from '../../gatekeeper/auth/request-rows.js';
import type {Input} from '../tape/input.js';
import type {Machine} from '../tape/machine.js';

/** What a policy said of a request when it was asked to check it. */
export interface BookedAnswer {
  readonly outcome: Answer['outcome'];
  readonly actor: string;
  /** Blocks from the question to the answer. */
  readonly delay: number;
}

/**
 * The checks on a tape: what was said of each request, in order, and how long that took once somebody was asked. A log
 * does not tell when that was; but a request that is ready waits only while as many others are answered as the budget
 * allows, so blocks in which that was so are not the policy's.
 */
export class AnswerBook {
  readonly #answers = new Map<number, BookedAnswer[]>();
  /** Answers at each height, and, up to each height, how many heights had as many as the budget allows. */
  readonly #given = new Map<number, number>();
  readonly #busy = new Map<number, number>();
  #lastBusy = 0;

  /** Takes an input as it comes, before it is decided about. */
  async note(input: Input, machine: Machine): Promise<void> {
    if (input.type === 'connect') return this.#block(machine);
    if (input.type !== 'answer' || input.answer.stage !== 'check') return;
    const {id, outcome, actor} = input.answer;
    const row = await readRequest(machine.now, id);
    if (row?.state !== 'pending' || row.stage !== 'check' || row.answer) return;
    const {height} = machine.now.meta.tip;
    this.#given.set(height, (this.#given.get(height) ?? 0) + 1);
    const waited = Math.max(0, height - row.readyHeight);
    const delay = Math.max(0, waited - this.#busyBetween(row.readyHeight, height));
    const answers = this.#answers.get(id);
    if (answers) answers.push({outcome, actor, delay});
    else this.#answers.set(id, [{outcome, actor, delay}]);
  }

  /** What will be said of a request after so many answers. */
  of(requestId: number, answers: number): BookedAnswer | undefined {
    return this.#answers.get(requestId)?.[answers];
  }

  /** A block is about to come: those at the tip before it are all who were answered there. */
  #block(machine: Machine): void {
    const {tip, settings} = machine.now.meta;
    if ((this.#given.get(tip.height) ?? 0) >= settings.authBudget) this.#lastBusy++;
    this.#busy.set(tip.height, this.#lastBusy);
    this.#given.delete(tip.height);
  }

  /** Heights from..to, the last left out, at which the budget was used up. */
  #busyBetween(from: number, to: number): number {
    return (this.#busy.get(to - 1) ?? this.#lastBusy) - (this.#busy.get(from - 1) ?? 0);
  }
}
