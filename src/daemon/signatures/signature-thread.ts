import {Worker} from 'node:worker_threads';
import {formatMessageSignature, messageDigest, recoverableOf, recoverKey} from '../../crypto/message-signature.js';
import type {Signatures} from '../../crypto/signatures.js';
import type {SigningKey} from '../../crypto/signing-key.js';
import {type Job, packJobs, type Result, unpackResults} from './job.js';
import type {ThreadData} from './thread.js';

/** Jobs that are sent together at most, so that the thread begins while more are being read. */
const batchJobs = 16;
/** It needs next to nothing; a heap as large as the tower's would be counted as the tower's. */
const heapMiB = {maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32};

interface Parts {
  /** Whose key it signs with; the thread reads it itself. */
  readonly keyPath: string;
  readonly key: Pick<SigningKey, 'publicKey' | 'sign'>;
  /** Told once why there is no thread any more. */
  readonly onDefect: (error: unknown) => void;
}

interface Waiting {
  readonly job: Job;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: ThreadGone) => void;
}

class ThreadGone extends Error {}

/**
 * Signs and recovers keys on a thread of its own, so that a second processor does a third of a deposit's work. A thread
 * that ends unasked is told of once, and from then on everything is done on the caller's.
 */
export class SignatureThread implements Signatures {
  readonly #key: Parts['key'];
  readonly #onDefect: Parts['onDefect'];
  readonly #thread: Worker;
  /** Not sent yet. */
  #next: Waiting[] = [];
  /** Batches that the thread has, oldest first. */
  readonly #sent: Waiting[][] = [];
  #isGone = false;
  readonly #ended: Promise<unknown>;

  constructor({keyPath, key, onDefect}: Parts) {
    this.#key = key;
    this.#onDefect = onDefect;
    const data: ThreadData = {keyPath, publicKey: key.publicKey};
    this.#thread = new Worker(new URL('thread.js', import.meta.url), {
      workerData: data,
      resourceLimits: heapMiB,
      execArgv: [],
      env: {},
    });
    this.#thread.unref();
    this.#ended = new Promise((resolve) => this.#thread.once('exit', resolve));
    this.#thread.on('message', (results: Uint8Array) => this.#answer(unpackResults(results)));
    this.#thread.on('error', (error) => this.#lose(error));
    this.#thread.on('exit', (code) => this.#lose(new Error(`it has exited with code ${code}`)));
  }

  async sign(message: Uint8Array): Promise<string> {
    try {
      return formatMessageSignature((await this.#do({digest: messageDigest(message)}))!);
    } catch (error) {
      if (error instanceof ThreadGone) return this.#key.sign(message);
      throw error;
    }
  }

  async recoverKey(message: Uint8Array, signature: string): Promise<string | undefined> {
    const recoverable = recoverableOf(signature);
    if (recoverable === undefined) return undefined;
    try {
      const key = await this.#do({digest: messageDigest(message), recoverable});
      return key && Buffer.from(key).toString('hex');
    } catch (error) {
      if (error instanceof ThreadGone) return recoverKey(message, signature);
      throw error;
    }
  }

  /** Ends the thread once it has answered; what is asked for later is done on the caller's. */
  async close(): Promise<void> {
    this.#isGone = true;
    // It goes by itself: to stop a thread that is still loading a native binding can take the process down.
    this.#thread.ref();
    this.#thread.postMessage(null);
    await this.#ended;
    this.#giveBack();
  }

  #do(job: Job): Promise<Result> {
    if (this.#isGone) return Promise.reject(new ThreadGone());
    return new Promise((resolve, reject) => {
      const count = this.#next.push({job, resolve, reject});
      if (count === batchJobs) this.#send();
      // What else has come in the meantime goes with it.
      else if (count === 1) setImmediate(() => this.#send());
    });
  }

  #send(): void {
    if (this.#next.length === 0 || this.#isGone) return;
    const batch = this.#next;
    this.#next = [];
    // Whoever waits for an answer does not want the process to end.
    if (this.#sent.push(batch) === 1) this.#thread.ref();
    const jobs = packJobs(batch.map(({job}) => job));
    this.#thread.postMessage(jobs, [jobs.buffer]);
  }

  #answer(results: readonly Result[]): void {
    for (const [i, {resolve}] of this.#sent.shift()!.entries()) resolve(results[i]);
    if (this.#sent.length === 0 && !this.#isGone) this.#thread.unref();
  }

  #lose(error: unknown): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#onDefect(
      new Error('the thread for signatures has ended; signatures are made on the main thread from now on', {
        cause: error,
      }),
    );
    this.#giveBack();
  }

  #giveBack(): void {
    for (const {reject} of [...this.#sent.splice(0).flat(), ...this.#next.splice(0)]) reject(new ThreadGone());
  }
}
