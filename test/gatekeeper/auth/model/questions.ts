import assert from 'node:assert/strict';
import type {Reply} from '../../../../src/gatekeeper/auth/policy.js';
import {infoHashOf} from '../../../support/devices.js';
import type {HeldPolicy, HeldQuestion} from '../../../support/held-policy.js';
import {publicKey} from '../../../support/keys.js';
import type {Model} from './model.js';

/** Holds what a policy is asked against the requests of the model: nobody is asked out of turn, and nobody forgotten. */
export class Questions {
  readonly #model: Model;
  readonly #policy: HeldPolicy;
  #known: readonly HeldQuestion[] = [];
  readonly #unavailable = new Set<number>();
  /** Checks asked about since the tip is what it is, but those that nobody could be asked about. */
  readonly #checks = new Set<HeldQuestion>();
  /** What the tip was when somebody was asked, and how many times the policy had changed. */
  readonly #asked = new WeakMap<HeldQuestion, string>();
  /** By key, as of the last look. */
  readonly #former = new Map<number, number | null>();
  #changes = 0;
  #hasMoved = true;
  /** Whether it is known how many were asked about: on its way through a reorg, a tower may ask at the fork point. */
  #isCounted = true;

  constructor(model: Model, policy: HeldPolicy) {
    this.#model = model;
    this.#policy = policy;
  }

  /** A block has come or gone, or the tower was opened again. */
  moved({back = false} = {}): void {
    this.#isCounted = !back && (this.#isCounted || !this.#hasMoved);
    this.#hasMoved = true;
    this.#checks.clear();
    this.#unavailable.clear();
  }

  /** The policy handles other requests than before. */
  changed(): void {
    this.#unavailable.clear();
    this.#changes++;
  }

  answered(held: HeldQuestion, reply: Reply): void {
    if (reply.type !== 'unavailable') return;
    this.#checks.delete(held);
    // Who could not be asked before a change is asked again at once.
    if (this.#asked.get(held) === this.#now) this.#unavailable.add(held.question.context.requestId);
  }

  get #now(): string {
    return `${this.#model.chain.at(-1)} ${this.#changes}`;
  }

  /** Once nobody is on the way any more. */
  look(): void {
    const {height, settings, requests} = this.#model;
    const {open} = this.#policy;
    const fresh = open.filter((held) => !this.#known.includes(held));
    const ids = open.map(({question}) => question.context.requestId);
    assert.equal(new Set(ids).size, ids.length, `asked twice: ${ids.join()}`);

    for (const held of fresh) this.#asked.set(held, this.#now);
    for (const {question} of fresh) {
      const {stage, kind, info, nodeInfo, context} = question;
      const request = requests.get(context.requestId)!;
      const {key, proven, received, payload} = request;
      const {attempts, height, formerUserId, ...told} = context;
      assert.deepEqual(told, {requestId: request.id, key: publicKey(key), proven, receivedHeight: received});
      assert.deepEqual([kind, payload], [request.kind, `${info === null ? null : infoHashOf(info)} ${nodeInfo}`]);
      if (this.#hasMoved || request.state !== 'pending') continue;
      assert.deepEqual(
        {stage, attempts, height},
        {stage: request.stage, attempts: request.attempts, height: this.#model.height},
      );
      // The device may have joined a user, or left one, in the same step, before it was asked about or after.
      const [before, now] = [this.#former.get(key) ?? null, this.#model.people.formerUser(key)];
      const former = before === now ? [now] : [before, now, null];
      assert.ok(former.includes(formerUserId), `${formerUserId} is none of ${former.join()}`);
      assert.ok(request.ready <= height && !request.answer, `request ${request.id} was not ready`);
    }

    const checks = fresh.filter(({question: {stage, context}}) => stage === 'check' && context.height === height);
    for (const held of checks) this.#checks.add(held);
    const unavailable = [...this.#unavailable].filter((id) => requests.get(id)!.stage === 'check').length;
    const used = this.#checks.size + unavailable;
    if (checks.length > 0 && this.#isCounted) assert.ok(used <= settings.authBudget, `${used} checks were asked about`);

    const waiting = this.#model.pending.filter(
      ({id, stage, kind, ready, answer}) =>
        !answer &&
        ready <= height &&
        this.#policy.handles(stage, kind) &&
        !ids.includes(id) &&
        !this.#unavailable.has(id),
    );
    assert.deepEqual(
      waiting.filter(({stage}) => stage === 'callback'),
      [],
    );
    const openChecks = open.filter(({question}) => question.stage === 'check').length;
    if (waiting.length > 0) assert.ok(Math.max(used, openChecks) >= settings.authBudget, 'somebody was not asked');
    const turn = (id: number) => (requests.get(id)!.proven ? 0 : 1e12) + requests.get(id)!.ready * 1e6 + id;
    const first = Math.min(...waiting.map(({id}) => turn(id)));
    for (const {question} of this.#hasMoved ? checks : []) {
      const {requestId} = question.context;
      const {state, answer} = requests.get(requestId)!;
      if (state === 'pending' && !answer) assert.ok(turn(requestId) < first, 'asked out of turn');
    }
    this.#known = [...open];
    this.#hasMoved = false;
    for (const {key} of requests.values()) this.#former.set(key, this.#model.people.formerUser(key));
  }
}
