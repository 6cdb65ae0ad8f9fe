import type {Policy, Question, Reply} from '../../src/gatekeeper/auth/policy.js';
import type {RequestKind, RequestStage} from '../../src/store/layout.js';

type Answer = (question: Question) => unknown;

/** A policy whose answers a test writes; it keeps every question that it was asked. */
export class ScriptedPolicy implements Policy {
  readonly name;
  readonly asked: Question[] = [];
  readonly #answers: Partial<Record<RequestStage, Answer>>;
  #listener: () => void = () => undefined;
  kinds: readonly RequestKind[] = ['user_signup', 'user_login', 'new_node'];

  constructor(answers: Partial<Record<RequestStage, Answer>>, name: Policy['name'] = 'policy') {
    this.name = name;
    this.#answers = answers;
  }

  handles(stage: RequestStage, kind: RequestKind): boolean {
    return this.#answers[stage] !== undefined && this.kinds.includes(kind);
  }

  async ask(question: Question): Promise<Reply> {
    this.asked.push(question);
    const value = await this.#answers[question.stage]!(question);
    return isReply(value) ? value : {type: 'returned', value};
  }

  /** Answers otherwise from now on. */
  set(stage: RequestStage, answer: Answer | undefined): void {
    if (answer) this.#answers[stage] = answer;
    else delete this.#answers[stage];
    this.#listener();
  }

  onChange(listener: () => void): void {
    this.#listener = listener;
  }

  async close(): Promise<void> {}
}

const isReply = (value: unknown): value is Reply =>
  typeof value === 'object' && value !== null && ['failed', 'unavailable', 'denied'].includes((value as Reply).type);
