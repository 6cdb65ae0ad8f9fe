import assert from 'node:assert/strict';
import type {ChainHeader} from '../../../../src/chain/header.js';
import {OperationalError, Rejection} from '../../../../src/errors/index.js';
import type {Submission} from '../../../../src/gatekeeper/auth/views.js';
import {layout} from '../../../../src/store/index.js';
import {infoHashOf, submissionTo} from '../../../support/devices.js';
import type {FaultyStore} from '../../../support/faulty-store.js';
import type {HeldPolicy, HeldQuestion} from '../../../support/held-policy.js';
import {publicKey} from '../../../support/keys.js';
import type {World} from '../../../support/world.js';
import {assertAgree, keyOf} from './compare.js';
import {bring, type Input} from './inputs.js';
import {type Entry, Model, type ModelSubmission, type Outcome} from './model.js';
import {Questions} from './questions.js';
import {type Answer, type Blocks, type Direct, keys, plainPayload, type Settings, type Step} from './steps.js';

type LogRow = Record<string, unknown> & {type: string; height: number};

/** An input on its way: to the tower at once, to the model once it is known to be on disk. */
interface Sent {
  readonly input: Input;
  readonly toModel: () => Outcome;
}

/**
 * Brings every step to a tower and to the model. What is on disk after it, the log tells; the model has to come to the
 * same entries, and then to the same rows. Keeps what was committed, so that it can be brought to another tower.
 */
export class ModelRun {
  readonly inputs: Input[] = [];
  readonly model: Model;
  /** Hash of the block with which the tower began. */
  readonly start: string;
  readonly #world: World;
  readonly #policy: HeldPolicy;
  readonly #rows: FaultyStore;
  readonly #questions: Questions;
  readonly #submissions: {submission: Submission; told: ModelSubmission}[] = [];
  /** Questions whose answers are on their way. */
  readonly #answering = new WeakSet<HeldQuestion>();
  #seen = 0;
  #left: ChainHeader | undefined;

  constructor(world: World, policy: HeldPolicy, rows: FaultyStore) {
    this.#world = world;
    this.#policy = policy;
    this.#rows = rows;
    this.start = world.source.tip.hash;
    const chain = Array.from({length: world.height + 1}, (_, height) => world.source.at(height).hash);
    this.model = new Model(chain, world.settings);
    this.#questions = new Questions(this.model, policy);
  }

  async begin(): Promise<void> {
    const [started] = await this.#newEntries();
    assert.equal(started?.type, 'started');
  }

  async step(step: Step): Promise<void> {
    if ('restart' in step) await this.#restart();
    else if ('handles' in step) this.#policy.set((stage, kind) => step.handles[stage].includes(kind));
    else if ('awayAndBack' in step) await this.#awayAndBack(step.awayAndBack, step.more);
    else if ('crash' in step) await this.#crash(step.crash, step.during);
    else if ('together' in step) await this.#together(step.together);
    else if ('answers' in step) {
      // Each takes the first that is still open.
      await this.#together(this.#policy.open.map((_, i) => ({answer: 0, reply: choose(step.answers, i)!})));
    } else if ('settings' in step) await this.#together([step]);
    else {
      await this.#blocks(step);
      await this.#follow();
    }
    await this.#settle();
    await assertAgree(this.#world.rows, this.model);
    assert.deepEqual(await this.#world.problems(), []);
    if ('handles' in step) this.#questions.changed();
    this.#questions.look();
    const pending = this.model.pending.map(({id}) => id);
    assert.equal(this.#world.tower.auth.pendingRequests, pending.length);
    const page = await this.#world.tower.auth.requests({state: 'pending', limit: 1_000});
    assert.deepEqual(
      page.requests.map(({requestId}) => requestId).sort((a, b) => a - b),
      pending,
    );
  }

  async #together(steps: readonly (Direct | Answer | Settings)[]): Promise<void> {
    // Answers take a turn more to reach the writer than what is brought directly.
    const isAnswer = (step: object) => 'answer' in step;
    const inOrder = [...steps.filter((step) => !isAnswer(step)), ...steps.filter(isAnswer)];
    const sent = inOrder.map((step) => this.#sent(step)).filter((one) => one !== undefined);
    const results = await Promise.all(sent.map(({input}) => this.#bring(input)));
    await this.#settle();
    await this.#follow(sent, results);
  }

  /** The tower is killed right before, or right after, the next write; another one begins. */
  async #crash(fate: 'fails before' | 'fails after', step: Direct | Answer | Blocks | Settings): Promise<void> {
    const writes = this.#rows.writes.length;
    this.#rows.next = fate;
    if ('mine' in step || 'disconnect' in step || 'reorg' in step || 'back' in step) {
      await this.#blocks(step).catch(requireHalt);
      this.#rows.next = 'goes well';
      await this.#restart();
      return;
    }
    const sent = this.#sent(step);
    const result = sent && (await this.#bring(sent.input).catch(requireHalt));
    await this.#settle();
    this.#rows.next = 'goes well';
    const struck = this.#rows.writes.length > writes;
    assert.equal(this.#world.tower.halted !== undefined, struck);
    // What was never on disk is gone, but for settings, which the next tower is opened with.
    if (sent && !struck) await this.#follow([sent], [result]);
    else if (sent && fate === 'fails after') await this.#follow([sent]);
    await this.#restart();
  }

  async #restart(): Promise<void> {
    const open = [...this.#policy.open];
    await this.#world.restart();
    // The answers that the former tower waited for come to nothing.
    const late = this.#policy.open.filter((held) => open.includes(held));
    for (const held of late) held.reply({type: 'returned', value: -1});
    this.#questions.moved();
    await this.#settle();
    await this.#follow();
  }

  async #awayAndBack(wanted: number, more: number): Promise<void> {
    const depth = this.#depth(wanted);
    const comesBack = this.model.comesBack(this.model.height - depth);
    const {tip} = this.#world.source;
    const digest = await this.#world.tower.digest();
    await this.#world.reorg({depth, blocks: depth + more});
    await this.#follow();
    await this.#world.pointAt(tip);
    if (comesBack) assert.equal(await this.#world.tower.digest(), digest, 'away and back');
    await this.#follow();
  }

  async #blocks(step: Blocks): Promise<void> {
    const {source} = this.#world;
    if ('mine' in step) return this.#world.mine(step.mine);
    const left = this.#left;
    if ('back' in step) {
      if (!left || source.pathTo(left).fork.height < this.model.highest - 100) return;
      this.#left = source.tip;
      return this.#world.pointAt(left);
    }
    this.#left = source.tip;
    if ('disconnect' in step) return this.#world.disconnect(this.#depth(step.disconnect));
    const depth = this.#depth(step.reorg);
    return this.#world.reorg({depth, blocks: Math.max(0, depth + step.more)});
  }

  #fromNewest(n: number): number {
    const {size} = this.model.requests;
    return size + 1 - (n % (size + 1));
  }

  /** As deep as can be undone, at most. */
  #depth(wanted: number): number {
    return Math.min(wanted, this.model.height - Math.max(this.model.highest - 100, 1));
  }

  /** Answers the refusal's code. */
  async #bring(input: Input): Promise<string | undefined> {
    try {
      await bring(this.#world, input);
      return undefined;
    } catch (error) {
      if (error instanceof Rejection) return error.code;
      throw error;
    }
  }

  #sent(step: Direct | Answer | Settings): Sent | undefined {
    const {model} = this;
    if ('submit' in step) return this.#submission(step);
    if ('again' in step) {
      const again = choose(this.#submissions, step.again);
      return again && {input: {submit: again.submission}, toModel: () => model.submit(again.told)};
    }
    if ('requestRegistration' in step) {
      const {requestRegistration: key} = step;
      const nodeInfo = JSON.stringify({public_key: publicKey(key)});
      const payloads = {user_signup: `${infoHashOf('')} ${nodeInfo}`, new_node: `null ${nodeInfo}`};
      const toModel = () => model.requestRegistration(key, payloads);
      return {input: {requestRegistration: publicKey(key)}, toModel};
    }
    if ('answer' in step) {
      const held = choose(
        this.#policy.open.filter((one) => !this.#answering.has(one)),
        step.answer,
      );
      return held && this.#answer(held, step);
    }
    if ('approve' in step) {
      const {approve, ...approval} = step;
      const id = this.#fromNewest(approve);
      return {
        input: {approve: id, ...approval},
        toModel: () => model.approve(id, approval, 'operator'),
      };
    }
    if ('deny' in step) {
      const id = this.#fromNewest(step.deny);
      return {input: {deny: id, reason: `no ${id}`}, toModel: () => model.deny(id, `no ${id}`, 'program')};
    }
    if ('settings' in step) {
      const settings = {...this.#world.settings, ...step.settings};
      return {input: {settings}, toModel: () => this.#changed(settings)};
    }
    if ('authorizeUser' in step) {
      const {authorizeUser: key, userId} = step;
      const toModel = () => model.authorize(key, {type: 'approve_user', userId}, 'operator');
      return {input: {authorizeUser: publicKey(key), userId}, toModel};
    }
    if ('authorizeNode' in step) {
      const {authorizeNode: key, role} = step;
      const toModel = () => model.authorize(key, {type: 'approve_node', role}, 'program');
      return {input: {authorizeNode: publicKey(key), role}, toModel};
    }
    if ('revoke' in step) return {input: {revoke: publicKey(step.revoke)}, toModel: () => model.revoke(step.revoke)};
    return {input: {register: publicKey(step.register)}, toModel: () => model.register(step.register)};
  }

  #submission({submit: key, kind, payload, age, stale, forged}: Extract<Direct, {submit: number}>): Sent {
    const isPlain = payload === plainPayload;
    const info = kind === 'new_node' ? undefined : isPlain ? '' : `info ${payload % 2}`;
    const node = isPlain ? {} : {n: kind === 'new_node' ? payload : payload >> 1};
    const ask = {device: key, kind, node, signer: forged ? (key % keys) + 1 : key};
    const {source, tower} = this.#world;
    const tip = (stale ? this.#left : undefined) ?? source.at(source.tip.height - age);
    const submission = submissionTo({id: tower.id, tip}, info === undefined ? ask : {...ask, info});
    const told = {
      kind,
      key,
      payload: `${info === undefined ? null : infoHashOf(info)} ${submission.nodeInfo}`,
      proof: submission.blockHeight,
      proofHash: submission.blockHash,
      forged,
    };
    this.#submissions.push({submission, told});
    return {input: {submit: submission}, toModel: () => this.model.submit(told)};
  }

  #answer(held: HeldQuestion, {reply}: Answer): Sent {
    this.#answering.add(held);
    const {stage, kind, context} = held.question;
    const id = context.requestId;
    return {
      input: {answer: id, stage, kind, reply, held},
      toModel: () => {
        this.#questions.answered(held, reply);
        return this.model.answer(id, stage, reply);
      },
    };
  }

  #changed(settings: Model['settings']): Outcome {
    const before = this.model.settings;
    const isSame = Object.keys(settings).every((name) => Reflect.get(settings, name) === Reflect.get(before, name));
    return isSame ? [] : this.model.changeSettings(settings);
  }

  /** Lets everything happen that needs nobody else. Rows in memory are read without leaving the turn. */
  async #settle(): Promise<void> {
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
  }

  /**
   * Has the model do what the log says was done since: first what was sent, in this order, then what the chain did.
   *
   * @param results codes of refusals; not known where the tower died
   */
  async #follow(sent: readonly Sent[] = [], results?: readonly (string | undefined)[]): Promise<void> {
    const entries = await this.#newEntries();
    for (const [i, {input, toModel}] of sent.entries()) {
      const outcome = toModel();
      if (results) assert.equal(results[i], typeof outcome === 'string' ? outcome : undefined, JSON.stringify(input));
      if (typeof outcome === 'string' || outcome.length === 0) continue;
      this.#match(entries, outcome);
      this.inputs.push('held' in input ? {...input, held: undefined} : input);
    }
    while (entries.length > 0) {
      const [{type, hash, settings}] = entries as [LogRow];
      if (type === 'block_connected') this.#connected(entries, hash as string);
      else if (type === 'block_disconnected') {
        this.#match(entries, this.model.disconnect());
        this.#questions.moved({back: true});
        this.inputs.push({tip: this.model.chain.at(-1)!});
      } else if (type === 'settings_changed') {
        this.#match(entries, this.model.changeSettings(settings as Model['settings']));
        this.inputs.push({settings: this.model.settings});
      } else assert.fail(`nobody has caused ${JSON.stringify(entries[0])}`);
    }
  }

  #connected(entries: LogRow[], hash: string): void {
    const outcome = this.model.connect(hash);
    const applied = outcome.filter(
      ({type, decidedBy}) => type === 'request_postponed' || (type === 'request_decided' && decidedBy !== 'tower'),
    );
    assert.ok(applied.length <= this.model.settings.authBudget);
    this.#match(entries, outcome);
    this.inputs.push({tip: hash});
    this.#questions.moved();
  }

  /** Takes the entries of one input off the log. */
  #match(entries: LogRow[], expected: readonly Entry[]): void {
    const actual = entries.splice(0, expected.length);
    const told = actual.map((entry, i) =>
      Object.fromEntries(Object.keys(expected[i]!).map((name) => [name, plain(name, entry[name])])),
    );
    assert.deepEqual(told, expected, JSON.stringify(actual));
    for (const {type, height} of actual) {
      assert.equal(height, this.model.height + (type === 'block_disconnected' ? 1 : 0));
    }
  }

  async #newEntries(): Promise<LogRow[]> {
    const {from, to} = {from: layout.logKey(this.#seen), to: layout.tableRange('log').to};
    const rows = await this.#world.rows.range({from, to, limit: Number.POSITIVE_INFINITY});
    this.#seen += rows.length;
    return rows.map(([, value]) => JSON.parse(Buffer.from(value).toString()) as LogRow);
  }
}

/** A field of a log entry in the words of the model. */
function plain(name: string, value: unknown): unknown {
  if (name === 'key') return keyOf(value as string);
  if (name === 'created') return value !== null;
  if (name === 'userIds') return [...(value as number[])].sort((a, b) => a - b);
  if (name === 'expiredRequests' || name === 'restoredRequests') {
    return [...((value as {ids: number[]} | undefined)?.ids ?? [])].sort((a, b) => a - b);
  }
  return value;
}

const choose = <T>(among: readonly T[], chosen: number): T | undefined => among[chosen % Math.max(among.length, 1)];

/** @throws whatever is not a tower that has stopped */
function requireHalt(error: unknown): undefined {
  if (!(error instanceof OperationalError)) throw error;
}
