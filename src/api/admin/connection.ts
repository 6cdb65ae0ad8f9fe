import {request} from 'node:http';
import {BartizanError, InvariantError, OperationalError} from '../../errors/index.js';
import {fromWire, toWire} from '../wire-names.js';
import {fromErrorBody} from './error-body.js';
import type {Told} from './following.js';
import {socketPathOf} from './socket.js';

/** Answers that need no work of size. */
export const quickMs = 30_000;
/** Mining thousands of blocks, reading a whole store, waiting for somebody's callback. */
export const longMs = 600_000;
/** No answer of a page of users comes near this. */
const maxAnswerBytes = 64 * 1024 * 1024;

interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly timeoutMs: number;
  /** Whose body is an answer. @default 200 */
  readonly statuses?: readonly number[];
  readonly signal?: AbortSignal;
  /** Gets each line as it comes, so that the answer is what follows the last of them. */
  readonly onLine?: (line: string) => void;
}

/** The admin socket of a data directory, asked one call a connection. */
export class AdminConnection {
  readonly #path: string;

  constructor(dataDir: string) {
    this.#path = socketPathOf(dataDir);
  }

  get<Answer>(path: string, timeoutMs = quickMs): Promise<Answer> {
    return this.#call({method: 'GET', path, timeoutMs});
  }

  /** For a call that answers in the same form with more than one status. */
  getWith<Answer>(statuses: readonly number[], path: string): Promise<Answer> {
    return this.#call({method: 'GET', path, timeoutMs: quickMs, statuses});
  }

  /** For a call that may take its time, and is given up when the signal says so. */
  getUntil<Answer>(signal: AbortSignal, path: string): Promise<Answer> {
    return this.#call({method: 'GET', path, timeoutMs: quickMs, signal});
  }

  post<Answer>(path: string, body: object, timeoutMs = quickMs): Promise<Answer> {
    return this.#call({method: 'POST', path, body: toWire(body), timeoutMs});
  }

  /**
   * A call that tells how far it is, line by line, before it answers.
   * @param tell called with each piece of progress that arrives
   */
  async follow<Progress, Answer>(path: string, body: object, tell: (progress: Progress) => void): Promise<Answer> {
    let last: Exclude<Told<Progress, Answer>, {progress: Progress}> | undefined;
    const onLine = (line: string) => {
      const told = fromWire(parseJson(line)) as Told<Progress, Answer> | undefined;
      if (told !== undefined && 'progress' in told) tell(told.progress);
      else last = told;
    };
    const call = {method: 'POST', path, body: toWire(body), timeoutMs: longMs, onLine} as const;
    const {status, text} = await this.#exchange(call);
    if (last !== undefined && 'answer' in last) return last.answer;
    const failure = last === undefined ? parseJson(text) : toWire(last.failure);
    throw fromErrorBody(failure) ?? new InvariantError(`the tower answers ${status}, and not to the end`);
  }

  async #call<Answer>(call: Call): Promise<Answer> {
    const {status, text} = await this.#exchange(call);
    const body = parseJson(text);
    // Both sides are of one package; a daemon of another version is told by its errors and by `status`.
    if ((call.statuses ?? [200]).includes(status) && body !== undefined) return fromWire(body) as Answer;
    throw fromErrorBody(body) ?? new InvariantError(`the tower answers ${status}: ${text.slice(0, 200)}`);
  }

  #exchange({method, path, body, timeoutMs, signal, onLine}: Call): Promise<{status: number; text: string}> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const failed = (cause: unknown) => reject(this.#failure(cause));
      const sent = request(
        {
          socketPath: this.#path,
          method,
          path,
          agent: false,
          timeout: timeoutMs,
          ...(signal === undefined ? {} : {signal}),
          headers: payload === undefined ? {} : {'content-type': 'application/json'},
        },
        (response) => {
          let chunks: Buffer[] = [];
          let bytes = 0;
          response.on('data', (chunk: Buffer) => {
            chunks.push(chunk);
            bytes += chunk.length;
            if (onLine !== undefined && chunk.includes(0x0a)) {
              const whole = Buffer.concat(chunks);
              const end = whole.lastIndexOf(0x0a);
              chunks = [whole.subarray(end + 1)];
              bytes = whole.length - end - 1;
              for (const line of whole.toString('utf8', 0, end).split('\n')) onLine(line);
            }
            if (bytes > maxAnswerBytes) sent.destroy(new InvariantError('the tower answers without end'));
          });
          response.on('end', () =>
            resolve({status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8')}),
          );
          response.on('error', failed);
        },
      );
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${timeoutMs / 1000} seconds`)));
      sent.on('error', failed);
      sent.end(payload);
    });
  }

  #failure(cause: unknown): BartizanError {
    if (cause instanceof BartizanError) return cause;
    const {code} = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ECONNREFUSED') {
      return new OperationalError('TOWER_NOT_RUNNING', `no tower answers on ${this.#path}`, {cause});
    }
    return new OperationalError('TOWER_ADMIN_FAILED', `the tower on ${this.#path} did not answer`, {cause});
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
