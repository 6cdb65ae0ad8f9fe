import {Agent as HttpAgent} from 'node:http';
import {Agent as HttpsAgent} from 'node:https';
import Client from 'bitcoin-core';
import type {UserPassword} from './credentials.js';
import {type HttpAnswer, readHttpAnswer} from './http-answer.js';
import {RpcClient, type RpcClientOptions} from './rpc-client.js';
import type {RpcCall} from './transport.js';

/** Calls in flight. bitcoind has 4 RPC threads and 16 places in its queue (regtest.conf gives more), shared by all. */
const maxInFlight = 4;
/** How long an answer may take. bitcoind may be busy connecting a block. */
const defaultTimeoutMs = 30_000;

export interface HttpRpcOptions extends RpcClientOptions {
  /** @default 30000 */
  readonly timeoutMs?: number;
}

/** The RPC of a bitcoind over HTTP, through the package bitcoin-core. */
export class HttpRpc extends RpcClient {
  readonly #client: Client;
  readonly #agent: HttpAgent | HttpsAgent;

  constructor({url, credentials, timeoutMs = defaultTimeoutMs}: HttpRpcOptions) {
    super({url, credentials});
    const Agent = url.startsWith('https:') ? HttpsAgent : HttpAgent;
    this.#agent = new Agent({keepAlive: true, maxSockets: maxInFlight});
    this.#client = new Client({host: url, timeout: timeoutMs, logger: {debug() {}}});
    this.#client.request.postAsync = postThrough(this.#client, this.#agent);
    // Its own parser takes a refusal for unreadable JSON.
    this.#client.parser.rpc = readHttpAnswer;
  }

  override close(): void {
    super.close();
    this.#agent.destroy();
  }

  protected post(calls: RpcCall | readonly RpcCall[], who: UserPassword): Promise<unknown> {
    // Set and used in one turn of the event loop, so calls at the same time do not mix credentials.
    this.#client.auth = {user: who.user, pass: who.password};
    if ('method' in calls) return this.#client.command(calls.method, ...calls.params);
    return this.#client.command(calls.map(({method, params}) => ({method, parameters: params})));
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
