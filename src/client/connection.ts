import type {z} from 'zod';
import {flawsOf, refusalAnswer} from './answers.js';
import {NotATower, TowerRefusal} from './errors.js';
import {type HttpAnswer, httpCall} from './http-call.js';

/** How long a call may take unless the caller says otherwise: a busy tower makes who deposits wait, as much as 10 s. */
export const defaultTimeoutMs = 30_000;
/** No refusal and no receipt comes near this. */
const smallAnswerBytes = 16 * 1024;

export interface CallOptions {
  /** Ends the call, which then rejects with the signal's reason; whether the tower has done it is not known. */
  readonly signal?: AbortSignal | undefined;
}

export interface Question<Schema extends z.ZodType> {
  readonly path: string;
  /** What is posted; without it the path is got. */
  readonly body?: object;
  readonly schema: Schema;
  readonly maxAnswerBytes?: number;
}

/** What was said, besides what it means: the proof, if it should be needed. */
export interface Exchanged<Meaning> {
  readonly meaning: Meaning;
  readonly request: string;
  readonly answer: string;
}

/** The HTTP interface of a tower, asked one call a connection. */
export class TowerConnection {
  readonly url: string;
  readonly #timeoutMs: number;

  constructor(url: string, {timeoutMs = defaultTimeoutMs}: {readonly timeoutMs?: number | undefined} = {}) {
    this.url = url;
    this.#timeoutMs = timeoutMs;
  }

  /** Resolves when the tower answers at all. @throws TowerRefusal, TowerUnreachable, NotATower */
  async ping({signal}: CallOptions = {}): Promise<void> {
    const answer = await this.#call({method: 'GET', path: '/ping', maxAnswerBytes: smallAnswerBytes, signal});
    if (!isSuccess(answer)) this.#refuse(answer, parse(answer.text));
  }

  /**
   * Asks, and holds the answer against its schema.
   * @throws TowerRefusal, TowerUnreachable, NotATower
   */
  async ask<Schema extends z.ZodType>(
    {path, body, schema, maxAnswerBytes = smallAnswerBytes}: Question<Schema>,
    {signal}: CallOptions = {},
  ): Promise<Exchanged<z.output<Schema>>> {
    const request = body === undefined ? '' : JSON.stringify(body);
    const posted = body === undefined ? {method: 'GET' as const} : {method: 'POST' as const, body: request};
    const answer = await this.#call({...posted, path, maxAnswerBytes, signal});
    const json = parse(answer.text);
    if (!isSuccess(answer)) this.#refuse(answer, json);
    const parsed = schema.safeParse(json);
    if (parsed.success) return {meaning: parsed.data, request, answer: answer.text};
    // Some towers say no with a status that says yes.
    if (refusalAnswer.safeParse(json).success) this.#refuse(answer, json);
    const flaws = json === undefined ? 'it is no JSON' : flawsOf(parsed.error);
    throw new NotATower(`${this.url}${path} does not answer as a tower does: ${flaws}`, {
      facts: {url: this.url, httpStatus: answer.status},
    });
  }

  #call(call: Pick<Parameters<typeof httpCall>[0], 'method' | 'path' | 'body' | 'maxAnswerBytes' | 'signal'>) {
    return httpCall({...call, url: this.url, timeoutMs: this.#timeoutMs});
  }

  #refuse({status, retryAfterSeconds}: HttpAnswer, json: unknown): never {
    const refusal = refusalAnswer.safeParse(json);
    if (refusal.success) throw new TowerRefusal({...refusal.data, httpStatus: status, retryAfterSeconds});
    throw new NotATower(`${this.url} answers with status ${status}, and not as a tower does`, {
      facts: {url: this.url, httpStatus: status},
      retryable: status >= 500,
    });
  }
}

const isSuccess = ({status}: HttpAnswer): boolean => status >= 200 && status < 300;

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
