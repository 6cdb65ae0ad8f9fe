import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import type {Question, Reply} from '../../src/gatekeeper/auth/policy.js';
import {type PolicyEvent, PolicyWorker, type PolicyWorkerOptions} from '../../src/policy/worker/index.js';
import {tempDir} from './temp-dir.js';
import {until} from './until.js';

type EventOf<Type extends PolicyEvent['type']> = Extract<PolicyEvent, {type: Type}>;

/** A policy worker with a file of the test's own, and what it has told. */
export class PolicyTrial {
  readonly folder: string;
  readonly file: string;
  readonly events: PolicyEvent[] = [];
  readonly #options: Partial<PolicyWorkerOptions>;
  #worker: PolicyWorker | undefined;

  constructor(t: ExecutionContext, options: Partial<PolicyWorkerOptions> = {}) {
    this.folder = tempDir(t);
    this.file = options.file ?? join(this.folder, 'policy.mjs');
    this.#options = options;
    t.teardown(() => this.#worker?.close());
  }

  static async open(t: ExecutionContext, source: string, options?: Partial<PolicyWorkerOptions>): Promise<PolicyTrial> {
    const trial = new PolicyTrial(t, options);
    trial.write(source);
    await trial.open();
    return trial;
  }

  get worker(): PolicyWorker {
    return this.#worker!;
  }

  /** Of the process that decides. */
  get pid(): number {
    return this.all('loaded').at(-1)!.pid;
  }

  async open(): Promise<void> {
    this.#worker = await PolicyWorker.open({
      file: this.file,
      timeLimitMs: 60_000,
      memoryLimitMiB: 128,
      onEvent: (event) => this.events.push(event),
      ...this.#options,
    });
  }

  write(source: string): void {
    writeFileSync(this.file, source);
  }

  all<Type extends PolicyEvent['type']>(type: Type): EventOf<Type>[] {
    return this.events.filter((event): event is EventOf<Type> => event.type === type);
  }

  /** The nth event of a type, once it has come. */
  async told<Type extends PolicyEvent['type']>(type: Type, nth = 1): Promise<EventOf<Type>> {
    await until(() => this.all(type).length >= nth);
    return this.all(type)[nth - 1]!;
  }

  ask(info: string, question: Partial<Question> = {}): Promise<Reply> {
    return this.worker.ask(questionOf({info, ...question}));
  }
}

/** A signup, put to the callback, unless told otherwise. */
export const questionOf = (question: Partial<Question>): Question => ({
  stage: 'callback',
  kind: 'user_signup',
  info: 'ok',
  nodeInfo: '{"public_key":"02"}',
  context: {requestId: 1, key: '02', proven: true, height: 110, receivedHeight: 109, attempts: 0, formerUserId: null},
  ...question,
});

/** Whether there is such a process that has not ended; one that nobody has taken notice of yet has. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    // It has ended just now, or this system has no /proc.
    return process.platform !== 'linux';
  }
}
