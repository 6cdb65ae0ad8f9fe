import {unreachable} from '../../errors/index.js';
import type {Policy, Question, QuestionContext, Reply} from '../../gatekeeper/auth/policy.js';
import type {RequestKind, RequestStage} from '../../store/layout.js';
import {Memory, type MemoryMap} from './memory.js';
import type {PolicyAnswer, PolicyScript} from '../scenario/scenario.js';

export interface ScriptedPolicyParts {
  /** Where the chain is, and how many checks the tower may ask about in a block. */
  readonly stand: () => {readonly height: number; readonly budget: number};
  /** Id of the user whom the story calls so, as far as the tower has committed. */
  readonly idOf: (user: string) => Promise<number | undefined>;
  /** Told once of each question over which the policy hangs. */
  readonly onHang: (context: QuestionContext, blocks: number) => Promise<void>;
  /** Where it keeps what it goes by. */
  readonly memory?: Memory;
}

/** What makes two requests the same one. */
export interface RequestContent {
  readonly key: string;
  readonly kind: RequestKind;
  /** Whether the device has signed it. */
  readonly proven: boolean;
  readonly info: string | null;
  readonly nodeInfo: string;
}

/**
 * The policy of a story: it answers what the steps of each device say. What it answers follows from the heights at which
 * it is asked, so that a tower which has lost an answer, and asks again after a restart, hears the same. It handles the
 * stages and kinds that a step has given answers to so far: what is still to come changes nothing. Nor does the request
 * that is being sent change what it says about others: a tower that goes down meanwhile asks about them first.
 */
export class ScriptedPolicy implements Policy {
  readonly name = 'policy';
  readonly #parts: ScriptedPolicyParts;
  readonly #handled: MemoryMap<string, true>;
  /** What the last step says that sends a request of just this content. */
  readonly #newest: MemoryMap<string, PolicyScript>;
  /** Stages that are handled for the request that is being sent, and from then on for all. */
  readonly #announced = new Set<string>();
  #hasNews = false;
  #onChange: (() => void) | undefined;
  /** What counts for each request: what the step said that sent it first. */
  readonly #scripts: MemoryMap<number, PolicyScript>;
  /** How far it has come with the answers to each request and stage. */
  readonly #turns: MemoryMap<string, Turn>;
  /** The height at which it is asked, and how many requests it may be asked to check there. */
  readonly #block: MemoryMap<'height' | 'budget', number>;
  /** Those that it has been asked to check. */
  readonly #checked: MemoryMap<number, true>;

  constructor(parts: ScriptedPolicyParts) {
    const {memory = new Memory()} = parts;
    this.#parts = parts;
    this.#handled = memory.map('handled');
    this.#newest = memory.map('newest scripts');
    this.#scripts = memory.map('scripts');
    this.#turns = memory.map('turns');
    this.#block = memory.map('policy block');
    this.#checked = memory.map('checked');
  }

  /** A request of this content, about to be sent, is answered so. */
  follow(content: RequestContent, script: PolicyScript = noAnswers): void {
    const request = textOf(content);
    if (!isAnswered(script) && !this.#newest.has(request)) return;
    this.#newest.set(request, script);
    this.#hasNews = true;
    for (const stage of stagesOf(content.kind, script)) if (!this.#handled.has(stage)) this.#announced.add(stage);
  }

  /** What was to be sent has been. Answers whether the policy may have more to say now about what was there before. */
  sent(): boolean {
    const hadNews = this.#hasNews;
    this.#hasNews = false;
    for (const stage of this.#announced) this.#handled.set(stage, true);
    this.#announced.clear();
    if (hadNews) this.#onChange?.();
    return hadNews;
  }

  handles(stage: RequestStage, kind: RequestKind): boolean {
    const name = `${stage} ${kind}`;
    return this.#handled.has(name) || this.#announced.has(name);
  }

  async ask(question: Question): Promise<Reply> {
    const {stage, kind, context} = question;
    const sent = textOf({...question, ...context});
    const script = this.#scripts.get(context.requestId) ?? this.#newest.get(sent) ?? noAnswers;
    if (isAnswered(script) && !this.#scripts.has(context.requestId)) this.#scripts.set(context.requestId, script);
    const answers = script[stage];
    const knowsNothing = answers.length === 0;
    if (knowsNothing && !(stage === 'check' && this.#handled.has(`${stage} ${kind}`)))
      return unavailable('nobody answers');
    if (!this.#isTurnOf(question)) return unavailable('it is not the turn of the request');
    if (knowsNothing) return notYet;
    const turn = this.#turnOf(question, answers);
    const answer = answerAt(answers, turn);
    switch (answer.type) {
      case 'returns':
        return {type: 'returned', value: answer.value};
      case 'user':
        return {type: 'returned', value: (await this.#parts.idOf(answer.name)) ?? -1};
      case 'throws':
        return {type: 'failed', reason: 'the policy threw an error'};
      case 'unavailable':
        return unavailable('the policy cannot be reached');
      case 'hangs':
        if (turn.height === turn.since && !turn.told) {
          await this.#parts.onHang(context, answer.blocks);
          this.#turns.set(`${context.requestId} ${stage}`, {...turn, told: true});
        }
        return isOver(turn, answer)
          ? {type: 'failed', reason: 'the policy did not answer in time'}
          : unavailable('the policy hangs');
      default:
        return unreachable(answer);
    }
  }

  onChange(listener: () => void): void {
    this.#onChange = listener;
  }

  async close(): Promise<void> {}

  /**
   * A tower that is started again asks about as many requests as it did before, and one in the middle of a reorg may ask
   * at heights that another never stops at. Neither may show in what it comes to.
   */
  #isTurnOf({stage, context}: Question): boolean {
    const {height, budget} = this.#parts.stand();
    if (context.height !== height) return false;
    if (stage === 'callback') return true;
    if (this.#block.get('height') !== height) {
      this.#block.set('height', height);
      this.#block.set('budget', budget);
      for (const id of [...this.#checked.keys()]) this.#checked.delete(id);
    }
    const mayBeAsked = this.#checked.size < this.#block.get('budget')!;
    if (mayBeAsked && !this.#checked.has(context.requestId)) this.#checked.set(context.requestId, true);
    return this.#checked.has(context.requestId);
  }

  /** Each height takes the next answer; asked again at the same one, it is the same. One that hangs stays as it says. */
  #turnOf({stage, context: {requestId, height}}: Question, answers: readonly PolicyAnswer[]): Turn {
    const id = `${requestId} ${stage}`;
    const before = this.#turns.get(id);
    if (before?.height === height) return before;
    const first = {height, since: height, index: 0, told: false};
    const turn =
      before === undefined
        ? first
        : isOver(before, answerAt(answers, before))
          ? {...first, index: before.index + 1}
          : {...before, height};
    this.#turns.set(id, turn);
    return turn;
  }
}

interface Turn {
  readonly index: number;
  /** Heights at which it was asked: the first and the last of this answer. */
  readonly since: number;
  readonly height: number;
  readonly told: boolean;
}

const answerAt = (answers: readonly PolicyAnswer[], {index}: Turn): PolicyAnswer =>
  answers[Math.min(index, answers.length - 1)]!;

const isOver = ({since, height}: Turn, answer: PolicyAnswer): boolean =>
  answer.type !== 'hangs' || height - since >= answer.blocks;

const noAnswers: PolicyScript = {callback: [], check: []};
const notYet: Reply = {type: 'returned', value: -2};
const unavailable = (reason: string): Reply => ({type: 'unavailable', reason});

const textOf = ({key, kind, proven, info, nodeInfo}: RequestContent): string =>
  JSON.stringify([key, kind, proven, info ?? '', nodeInfo]);

const isAnswered = ({callback, check}: PolicyScript): boolean => callback.length + check.length > 0;

const stagesOf = (kind: RequestKind, script: PolicyScript): string[] =>
  (['callback', 'check'] as const).filter((stage) => script[stage].length > 0).map((stage) => `${stage} ${kind}`);
