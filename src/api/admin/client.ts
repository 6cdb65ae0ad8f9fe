import {request} from 'node:http';
import {BartizanError, InvariantError, OperationalError} from '../../errors/index.js';
import {fromWire} from '../wire-names.js';
import type {
  Mined,
  PageRequest,
  Registration,
  StateDigest,
  TowerStatus,
  UserDetails,
  UserPage,
  VerifiedStore,
} from './admin-tower.js';
import {fromErrorBody} from './error-body.js';
import {socketPathOf} from './socket.js';

/** Answers that need no work of size. */
const quickMs = 30_000;
/** Mining thousands of blocks, reading a whole store. */
const longMs = 600_000;
/** No answer of a page of users comes near this. */
const maxAnswerBytes = 64 * 1024 * 1024;

interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly timeoutMs: number;
}

/**
 * Talks to the tower of a data directory. Its errors arrive as they were thrown there; without a tower they are
 * OperationalError TOWER_NOT_RUNNING.
 */
export class AdminClient {
  readonly #path: string;

  constructor(dataDir: string) {
    this.#path = socketPathOf(dataDir);
  }

  status(): Promise<TowerStatus> {
    return this.#call({method: 'GET', path: '/status', timeoutMs: quickMs});
  }

  register(key: string): Promise<Registration> {
    return this.#call({method: 'POST', path: '/register', body: {key}, timeoutMs: quickMs});
  }

  users({after, limit}: PageRequest): Promise<UserPage> {
    return this.#call({method: 'GET', path: `/users?after=${after}&limit=${limit}`, timeoutMs: quickMs});
  }

  /** @param who a public key in hex or a user id */
  user(who: string): Promise<UserDetails> {
    return this.#call({method: 'GET', path: `/users/${encodeURIComponent(who)}`, timeoutMs: quickMs});
  }

  mine(blocks: number): Promise<Mined> {
    return this.#call({method: 'POST', path: '/mine', body: {blocks}, timeoutMs: longMs});
  }

  digest(): Promise<StateDigest> {
    return this.#call({method: 'GET', path: '/digest', timeoutMs: longMs});
  }

  verify(): Promise<VerifiedStore> {
    return this.#call({method: 'GET', path: '/verify', timeoutMs: longMs});
  }

  async stop(): Promise<void> {
    await this.#call({method: 'POST', path: '/stop', body: {}, timeoutMs: quickMs});
  }

  async #call<Answer>(call: Call): Promise<Answer> {
    const {status, text} = await this.#exchange(call);
    const body = parseJson(text);
    // Both sides are of one package; a daemon of another version is told by its errors and by `status`.
    if (status === 200 && body !== undefined) return fromWire(body) as Answer;
    throw fromErrorBody(body) ?? new InvariantError(`the tower answers ${status}: ${text.slice(0, 200)}`);
  }

  #exchange({method, path, body, timeoutMs}: Call): Promise<{status: number; text: string}> {
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
          headers: payload === undefined ? {} : {'content-type': 'application/json'},
        },
        (response) => {
          const chunks: Buffer[] = [];
          let bytes = 0;
          response.on('data', (chunk: Buffer) => {
            bytes += chunk.length;
            if (bytes > maxAnswerBytes) sent.destroy(new InvariantError('the tower answers without end'));
            else chunks.push(chunk);
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
