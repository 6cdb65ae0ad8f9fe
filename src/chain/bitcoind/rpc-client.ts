import {OperationalError} from '../../errors/index.js';
import type {Credentials, UserPassword} from './credentials.js';
import {connectionError, rpcAnswer, rpcAnswers, rpcError, unauthorized} from './http-answer.js';
import type {BitcoindRpc, RpcAnswer, RpcCall} from './transport.js';

export interface RpcClientOptions {
  /** Without credentials in it, such as http://127.0.0.1:18443. */
  readonly url: string;
  readonly credentials: Credentials;
}

/** What makes of posts to a bitcoind a dependable RPC: who we are, what is tried again, and what failures mean. */
export abstract class RpcClient implements BitcoindRpc {
  readonly #url: string;
  readonly #credentials: Credentials;
  #closed = false;

  constructor({url, credentials}: RpcClientOptions) {
    this.#url = url;
    this.#credentials = credentials;
  }

  async call(method: string, params: readonly unknown[]): Promise<unknown> {
    const answer = rpcAnswer(await this.#command({method, params}));
    if ('error' in answer) throw rpcError(method, answer.error);
    return answer.result;
  }

  async batch(calls: readonly RpcCall[]): Promise<RpcAnswer[]> {
    return calls.length === 0 ? [] : rpcAnswers(await this.#command(calls), calls.length);
  }

  /** Calls that wait for an answer fail. */
  close(): void {
    this.#closed = true;
  }

  /** Posts one call or a batch. Answers the parsed body; throws `unauthorized`, or whatever the transport throws. */
  protected abstract post(calls: RpcCall | readonly RpcCall[], who: UserPassword): Promise<unknown>;

  async #command(calls: RpcCall | readonly RpcCall[]): Promise<unknown> {
    try {
      return await this.#attempt(calls);
    } catch (error) {
      // bitcoind closes connections that idle; one that it closes while we write to it is no failure of the node.
      if (isReset(error) && !this.#closed) return this.#attempt(calls).catch((again: unknown) => this.#fail(again));
      if (error !== unauthorized || !this.#credentials.forget()) return this.#fail(error);
      // bitcoind may have started anew, with another cookie.
      return this.#attempt(calls).catch((again: unknown) => this.#fail(again));
    }
  }

  async #attempt(calls: RpcCall | readonly RpcCall[]): Promise<unknown> {
    return this.post(calls, await this.#credentials.read());
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

const isReset = (error: unknown): boolean =>
  ['ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException | undefined)?.code ?? '');
