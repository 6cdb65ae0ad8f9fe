import {resolve} from 'node:path';
import {systemTimers, type Timers} from '../../chain/timers.js';
import {causesOf, messageOf} from '../../errors/causes.js';
import {OperationalError} from '../../errors/index.js';
import type {Policy, Question, Reply} from '../../gatekeeper/auth/policy.js';
import type {RequestKind, RequestStage} from '../../store/layout.js';
import {type Functions, functionsAmong} from './exported.js';
import {type End, Interview, type Ticket} from './interview.js';
import {callbackOf, checkOf, type FunctionName} from './names.js';
import type {PolicyEvent} from './policy-events.js';
import {PolicyFile} from './policy-file.js';
import {PolicyProcess} from './policy-process.js';
import {failed, unavailable} from './replies.js';
import {restartPauseMs} from './restart-pause.js';

export interface PolicyWorkerOptions {
  /** An ES module; see `functionNames` for what it may export. */
  readonly file: string;
  /** So long a function may take, waiting included, before it counts as failed. */
  readonly timeLimitMs: number;
  /** So much memory the policy may use besides what Node.js itself takes; buffers count. */
  readonly memoryLimitMiB: number;
  readonly timers?: Timers;
  /** For the log. Must not throw. */
  onEvent?(event: PolicyEvent): void;
}

/** A policy as it was loaded: what it is started from again. */
interface Loaded extends Functions {
  readonly source: string;
}

interface Started extends Loaded {
  readonly process: PolicyProcess;
}

/** Questions that wait for their turn; beyond, the requests wait where they are. */
const maxQueued = 10_000;
/** What a fast callback returns to leave the decision to the check. */
const later = -2;

/**
 * A policy file, run in a process of its own: it may loop, crash, or eat memory, and the tower goes on. The process is
 * started again when it ends, and replaced when the file changes; the questions it is working on are let finish.
 */
export class PolicyWorker implements Policy {
  readonly name = 'policy';
  readonly #options: PolicyWorkerOptions;
  readonly #timers: Timers;
  readonly #file: PolicyFile;
  readonly #listeners: (() => void)[] = [];
  readonly #processes = new Set<PolicyProcess>();
  readonly #queue: Ticket[] = [];
  #loaded: Loaded | undefined;
  /** Who is asked; undefined while a process is being started. */
  #interview: Interview | undefined;
  #crashes = 0;
  /** Set while nobody is asked, because processes ended one after the other. */
  #cancelPause: (() => void) | undefined;
  #isPaused = false;
  /** How its process ended last, while nobody is asked because of it. */
  #pausedBecause: string | undefined;
  /** Why the file as it is now is not what decides. */
  #notLoaded: OperationalError | undefined;
  /** Changes of the file that came since the first that is being loaded. */
  #reloads = 0;
  #isClosed = false;

  private constructor(options: PolicyWorkerOptions) {
    this.#options = options;
    this.#timers = options.timers ?? systemTimers;
    this.#file = new PolicyFile(resolve(options.file), this.#timers);
  }

  /** @throws OperationalError TOWER_INVALID_POLICY, TOWER_POLICY_FAILED */
  static async open(options: PolicyWorkerOptions): Promise<PolicyWorker> {
    const worker = new PolicyWorker(options);
    try {
      worker.#takeOver(await worker.#start(await worker.#file.read()));
    } catch (error) {
      await worker.close();
      throw error;
    }
    worker.#file.watch(() => void worker.#reload());
    return worker;
  }

  get trouble(): string | null {
    const found = [
      ...(this.#pausedBecause === undefined ? [] : [this.#pausedBecause]),
      ...(this.#notLoaded === undefined ? [] : [`the file on disk is not loaded: ${inOneLine(this.#notLoaded)}`]),
    ];
    return found.length === 0 ? null : found.join('; ');
  }

  handles(stage: RequestStage, kind: RequestKind): boolean {
    if (this.#isClosed || this.#isPaused) return false;
    return this.#has(checkOf[kind]) || (stage === 'callback' && this.#has(callbackOf[kind]));
  }

  decidesLater(kind: RequestKind): boolean {
    return !this.#has(callbackOf[kind]);
  }

  async ask(question: Question): Promise<Reply> {
    const {stage, kind} = question;
    if (!this.handles(stage, kind)) return unavailable(this.#isClosed ? closing : nobody);
    if (stage === 'callback' && !this.#has(callbackOf[kind])) return {type: 'returned', value: later};
    if (this.#queue.length >= maxQueued) return unavailable(`${maxQueued} questions wait for the policy`);
    return new Promise((reply) => {
      this.#queue.push({question, reply, isSuspect: false});
      this.#askNext();
    });
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#file.close();
    this.#cancelPause?.();
    this.#answerQueue(closing);
    await Promise.all([...this.#processes].map((process) => process.stop()));
  }

  #has(name: FunctionName): boolean {
    return this.#loaded?.functions.has(name) ?? false;
  }

  /**
   * Starts a process with this source.
   * @throws OperationalError TOWER_INVALID_POLICY, TOWER_POLICY_FAILED
   */
  async #start(source: string): Promise<Started> {
    const {path} = this.#file;
    const process = this.#spawn();
    this.#processes.add(process);
    void process.ended.then(() => this.#processes.delete(process));
    try {
      return {process, source, ...functionsAmong(path, await process.load(source))};
    } catch (error) {
      await process.stop();
      throw error;
    }
  }

  #spawn(): PolicyProcess {
    try {
      return new PolicyProcess({
        file: this.#file.path,
        memoryLimitMiB: this.#options.memoryLimitMiB,
        timers: this.#timers,
        onEvent: (event) => this.#tell(event),
      });
    } catch (cause) {
      throw new OperationalError('TOWER_POLICY_FAILED', "the policy's process could not be started", {cause});
    }
  }

  #takeOver({process, source, functions, misspelt}: Started): void {
    const before = this.#interview;
    const isNew = source !== this.#loaded?.source;
    this.#cancelPause?.();
    this.#isPaused = false;
    this.#pausedBecause = undefined;
    this.#loaded = {source, functions, misspelt};
    const interview: Interview = new Interview({
      process,
      timeLimitMs: this.#options.timeLimitMs,
      timers: this.#timers,
      onRoom: () => this.#askNext(),
      onEnd: (end) => this.#end(interview, end),
    });
    this.#interview = interview;
    before?.retire();
    this.#tell({type: 'loaded', file: this.#file.path, functions: [...functions], pid: process.pid});
    if (isNew) for (const {name, meant} of misspelt) this.#tell({type: 'export_unused', name, didYouMean: meant});
    this.#askNext();
    this.#announce();
  }

  #end(interview: Interview, {because, culprit, unanswered, wasSteady}: End): void {
    const what = `the policy's process ended: ${because}`;
    culprit?.reply(this.#isClosed ? unavailable(closing) : failed(what));
    this.#queue.unshift(...unanswered);
    if (this.#isClosed) return this.#answerQueue(closing);
    if (this.#isPaused) return this.#answerQueue(nobody);
    if (interview !== this.#interview) return this.#askNext();
    this.#interview = undefined;
    if (wasSteady) this.#crashes = 0;
    this.#startAgain(new OperationalError('TOWER_POLICY_FAILED', what));
  }

  #startAgain(error: OperationalError): void {
    this.#crashes++;
    const restartMs = restartPauseMs(this.#crashes);
    this.#tell({type: 'ended', error, restartMs});
    if (restartMs === 0) return void this.#restart();
    this.#isPaused = true;
    this.#pausedBecause = error.message;
    this.#cancelPause = this.#timers.after(restartMs, () => void this.#restart());
    this.#answerQueue(nobody);
    this.#announce();
  }

  /** From the source that was loaded last: what the file holds now may be worse. */
  async #restart(): Promise<void> {
    const {source} = this.#loaded!;
    try {
      const started = await this.#start(source);
      // The file may have been loaded anew meanwhile.
      if (this.#isClosed || this.#interview !== undefined) await started.process.stop();
      else this.#takeOver(started);
    } catch (error) {
      if (!this.#isClosed && this.#interview === undefined) this.#startAgain(error as OperationalError);
    }
  }

  async #reload(): Promise<void> {
    this.#reloads++;
    if (this.#reloads > 1) return;
    for (let done = 0; done < this.#reloads && !this.#isClosed;) {
      // A change that comes while this one is being loaded is loaded next.
      done = this.#reloads;
      await this.#loadAgain();
    }
    this.#reloads = 0;
  }

  async #loadAgain(): Promise<void> {
    try {
      const source = await this.#file.read();
      if (this.#isClosed) return;
      const started = await this.#start(source);
      if (this.#isClosed) return await started.process.stop();
      this.#crashes = 0;
      this.#notLoaded = undefined;
      this.#takeOver(started);
    } catch (error) {
      if (this.#isClosed) return;
      this.#notLoaded = error as OperationalError;
      this.#tell({type: 'not_loaded', error: this.#notLoaded});
    }
  }

  #askNext(): void {
    for (;;) {
      const [ticket] = this.#queue;
      if (ticket === undefined || this.#interview?.hasRoomFor(ticket) !== true) return;
      this.#queue.shift();
      const {stage, kind} = ticket.question;
      // A file that was loaded meanwhile may lack the function.
      if (this.#has((stage === 'callback' ? callbackOf : checkOf)[kind])) this.#interview.ask(ticket);
      else ticket.reply(unavailable(nobody));
    }
  }

  #answerQueue(why: string): void {
    for (const {reply} of this.#queue.splice(0)) reply(unavailable(why));
  }

  #announce(): void {
    for (const listener of this.#listeners) listener();
  }

  #tell(event: PolicyEvent): void {
    this.#options.onEvent?.(event);
  }
}

const inOneLine = (error: OperationalError): string => [messageOf(error), ...causesOf(error)].join(': ');

const closing = 'the tower is closing';
const nobody = 'no policy decides this now';
