import type {Policy, Question, Reply} from '../../src/gatekeeper/auth/policy.js';
import type {RequestKind, RequestStage} from '../../src/store/layout.js';

export interface HeldQuestion {
  readonly question: Question;
  readonly reply: (reply: Reply) => void;
}

/** A policy that thinks for as long as a test wants it to: every question waits for its reply. */
export class HeldPolicy implements Policy {
  readonly name = 'policy';
  open: HeldQuestion[] = [];
  #handles: (stage: RequestStage, kind: RequestKind) => boolean = () => true;
  #listener: () => void = () => undefined;

  handles(stage: RequestStage, kind: RequestKind): boolean {
    return this.#handles(stage, kind);
  }

  ask(question: Question): Promise<Reply> {
    return new Promise((resolve) => {
      const held = {
        question,
        reply: (reply: Reply) => {
          this.open = this.open.filter((one) => one !== held);
          resolve(reply);
        },
      };
      this.open.push(held);
    });
  }

  /** Handles something else from now on. */
  set(handles: (stage: RequestStage, kind: RequestKind) => boolean): void {
    this.#handles = handles;
    this.#listener();
  }

  onChange(listener: () => void): void {
    this.#listener = listener;
  }

  async close(): Promise<void> {}
}
