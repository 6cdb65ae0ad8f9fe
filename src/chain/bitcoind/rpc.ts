import {Agent as HttpAgent} from 'node:http';
import {Agent as HttpsAgent} from 'node:https';
import Client from 'bitcoin-core';
import {OperationalError} from '../../errors/index.js';
import type {Credentials} from './credentials.js';
import {connectionError, type HttpAnswer, readHttpAnswer, rpcAnswer, rpcAnswers, rpcError} from './http-answer.js';
import type {BitcoindRpc, RpcAnswer, RpcCall} from './transport.js';

/** Calls in flight. bitcoind has 4 RPC threads and 16 places in its queue (regtest.conf gives more), shared by all. */
const maxInFlight = 4;
/** How long an answer may take. bitcoind may be busy connecting a block. */
const defaultTimeoutMs = 30_000;

export interface HttpRpcOptions {
  /** Without credentials in it, such as http://127.0.0.1:18443. */
  readonly url: string;
  readonly credentials: Credentials;
  /** @default 30000 */
  readonly timeoutMs?: number;
}

/** The RPC of a bitcoind over HTTP, through the package bitcoin-core. */
export class HttpRpc implements BitcoindRpc {
  readonly #url: string;
  readonly #credentials: Credentials;
  readonly #client: Client;
  readonly #agent: HttpAgent | HttpsAgent;
  #closed = false;

  constructor({url, credentials, timeoutMs = defaultTimeoutMs}: HttpRpcOptions) {
    this.#url = url;
    this.#credentials = credentials;
    const Agent = url.startsWith('https:') ? HttpsAgent : HttpAgent;
    this.#agent = new Agent({keepAlive: true, maxSockets: maxInFlight});
    this.#client = new Client({host: url, timeout: timeoutMs, logger: {debug() {}}});
    this.#client.request.postAsync = postThrough(this.#client, this.#agent);
    // Its own parser takes a refusal for unreadable JSON.
    this.#client.parser.rpc = readResponse;
  }

  async call(method: string, params: readonly unknown[]): Promise<unknown> {
    const answer = rpcAnswer(await this.#command(method, ...params));
    if ('error' in answer) throw rpcError(method, answer.error);
    return answer.result;
  }

  async batch(calls: readonly RpcCall[]): Promise<RpcAnswer[]> {
    if (calls.length === 0) return [];
    const commands = calls.map(({method, params}) => ({method, parameters: params}));
    return rpcAnswers(await this.#command(commands), calls.length);
  }

  /** Calls that wait for an answer fail. */
  close(): void {
    this.#closed = true;
    this.#agent.destroy();
  }

  async #command(...command: readonly unknown[]): Promise<unknown> {
    try {
      return await this.#attempt(command);
    } catch (error) {
      // bitcoind closes connections that idle; one that it closes while we write to it is no failure of the node.
      if (isReset(error) && !this.#closed) return this.#attempt(command).catch((again: unknown) => this.#fail(again));
      if (error !== unauthorized || !this.#credentials.forget()) return this.#fail(error);
      // bitcoind may have started anew, with another cookie.
      return this.#attempt(command).catch((again: unknown) => this.#fail(again));
    }
  }

  async #attempt(command: readonly unknown[]): Promise<unknown> {
    const {user, password} = await this.#credentials.read();
    // Set and used in one turn of the event loop, so calls at the same time do not mix credentials.
    this.#client.auth = {user, pass: password};
    return this.#client.command(...command);
  }

  #fail(error: unknown): never {
    if (error === unauthorized) {
      throw new OperationalError('TOWER_BITCOIND_UNAUTHORIZED', `bitcoind at ${this.#url} refuses the credentials`);
    }
    // Whoever does not answer may be about to start anew, with another cookie.
    this.#credentials.forget();
    throw connectionError(error, this.#url);
  }
}

interface RequestLibrary {
  post(
    options: object,
    done: (error: Error | null, response: HttpAnswer) => void,
  ): {on(event: 'response', listener: (response: {headers: Record<string, string>}) => void): void};
}

/** Posts as the client does, with what it has no options for. */
function postThrough(client: Client, agent: HttpAgent | HttpsAgent): Client['request']['postAsync'] {
  const request = client.request as unknown as RequestLibrary;
  const post = (options: object): Promise<HttpAnswer> =>
    new Promise((resolve, reject) => {
      // Without `proxy` it would send the credentials through a proxy that the environment names.
      request
        .post({...options, agent, proxy: null}, (error, response) => (error ? reject(error) : resolve(response)))
        .on('response', ({headers}) => {
          // The client parses each answer once more for its log, and one that it does not expect ends the process.
          // It leaves binary ones alone.
          headers['content-type'] = 'application/octet-stream';
        });
    });
  return post as never;
}

const unauthorized = new Error('401');

function readResponse(response: HttpAnswer): unknown {
  if (response.statusCode === 401) throw unauthorized;
  return readHttpAnswer(response);
}

const isReset = (error: unknown): boolean =>
  ['ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException | undefined)?.code ?? '');
