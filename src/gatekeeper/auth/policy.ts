import type {RequestKind, RequestStage} from '../../store/layout.js';

/** What a policy is told of a request besides what the device has sent. */
export interface QuestionContext {
  readonly requestId: number;
  /** Public key of the device, hex. */
  readonly key: string;
  /** Whether the device has signed the request; if not, anybody may have sent it who knows the key. */
  readonly proven: boolean;
  /** The tip when it is asked. */
  readonly height: number;
  readonly receivedHeight: number;
  /** Attempts so far that ended in an error. */
  readonly attempts: number;
  /** The user to whom the device belonged before he was deleted or the device was revoked; null if there was none. */
  readonly formerUserId: number | null;
}

/** A request, put to whoever may decide it. */
export interface Question {
  /** `callback`: the fast callback of the kind. `check`: its later check. */
  readonly stage: RequestStage;
  readonly kind: RequestKind;
  /** signup_info or login_info; null for a node. */
  readonly info: string | null;
  /** The device's JSON, as it sent it. */
  readonly nodeInfo: string;
  readonly context: QuestionContext;
}

/**
 * What came back. `returned`: what the function returned or its promise resolved to, to be read by the return table.
 * `denied`: a denial in words of its own, for which the table has no value. `failed`: it threw, hung or crashed; counts
 * as -3. `unavailable`: nobody could be asked; the request waits, and no attempt is counted.
 */
export type Reply =
  | {readonly type: 'returned'; readonly value: unknown}
  | {readonly type: 'denied'; readonly reason: string}
  | {readonly type: 'failed'; readonly reason: string}
  | {readonly type: 'unavailable'; readonly reason: string};

/** Somebody who decides requests: functions of the embedding program, a policy file, a webhook. */
export interface Policy {
  /** Who it is, for the log: the actor of what it decides. */
  readonly name: 'program' | 'policy' | 'webhook';
  /** What is wrong with it, in words, whether or not it can be asked; null when nothing is. For people to read. */
  readonly trouble?: string | null;
  /** Whether it has no fast callback for the kind, and puts every request off to its check. @default false */
  decidesLater?(kind: RequestKind): boolean;
  /** Whether it can be asked now. It may change at any time; `onChange` tells. */
  handles(stage: RequestStage, kind: RequestKind): boolean;
  /** Never rejects, and always ends: time limits are the policy's own. */
  ask(question: Question): Promise<Reply>;
  /** Calls `listener` whenever the answers of `handles` may have become different. */
  onChange(listener: () => void): void;
  close(): Promise<void>;
}

/** Characters of a reason that are kept; policies and operators write them, devices read them. */
export const maxReasonCharacters = 200;
