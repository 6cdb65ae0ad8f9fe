import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {OperationalError} from '../../../errors/index.js';
import type {UserPassword} from '../credentials.js';
import {notJson, type RpcServer, type Served} from './rpc-server.js';

/** A larger body is refused. Source: MAX_SIZE of Bitcoin Core's serialize.h. */
const maxBodyBytes = 0x02000000;
/** Paths that the RPC answers. There is no wallet, but clients name theirs in the path. */
const servedPath = /^\/(?:wallet\/[^?]*)?$/;
const html = 'text/html; charset=ISO-8859-1';

/** The RPC of a fake node over HTTP, on loopback. Source: Bitcoin Core's httpserver.cpp and httprpc.cpp. */
export class HttpServer {
  readonly #rpc: RpcServer;
  readonly #workQueue: number;
  #server: Server | undefined;
  #inFlight = 0;

  /** @param options.workQueue posts that may be under way; one more is answered with status 503 */
  constructor(rpc: RpcServer, options: {readonly workQueue: number}) {
    this.#rpc = rpc;
    this.#workQueue = options.workQueue;
  }

  /** Answers the port. @throws OperationalError TOWER_ADDRESS_IN_USE */
  async listen(port: number): Promise<number> {
    const server = createServer((request, response) => void this.#serve(request, response));
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) =>
        reject(new OperationalError('TOWER_ADDRESS_IN_USE', `port ${port} cannot be listened on`, {cause})),
      );
      server.listen(port, '127.0.0.1', resolve);
    });
    this.#server = server;
    return (server.address() as AddressInfo).port;
  }

  /** Ends it, and every connection. */
  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const server = this.#server;
    this.#inFlight++;
    response.once('close', () => this.#inFlight--);
    // A client that has gone away hears nothing, and that is all.
    request.once('error', () => response.destroy());
    if (!servedPath.test(request.url ?? '')) return write(response, 404, '', html);
    if (this.#inFlight > this.#workQueue) return write(response, 503, 'Work queue depth exceeded', html);
    if (request.method !== 'POST') return write(response, 405, 'JSONRPC server handles only POST requests', html);
    const body = await bodyOf(request);
    if (body === undefined) return write(response, 413, '', html);
    if (this.#server !== server) return;
    const served = this.#rpc.post(parsed(body), whoAsks(request.headers.authorization));
    if ('afterMs' in served && served.afterMs > 0) setTimeout(() => reply(response, served), served.afterMs).unref();
    else reply(response, served);
  }
}

function reply(response: ServerResponse, served: Served): void {
  switch (served.kind) {
    case 'silence':
      return;
    case 'refused':
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'text':
      return write(response, served.status, served.text, html);
    case 'json':
      if (served.payload === undefined) return write(response, served.status, '', undefined);
      return write(response, served.status, `${JSON.stringify(served.payload)}\n`, 'application/json');
  }
}

function write(response: ServerResponse, status: number, body: string, type: string | undefined): void {
  if (type !== undefined) response.setHeader('content-type', type);
  if (status === 401) response.setHeader('www-authenticate', 'Basic realm="jsonrpc"');
  response.writeHead(status).end(body);
}

/** Undefined when it is too large. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of request as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (bytes > maxBodyBytes) return undefined;
      parts.push(part);
    }
  } catch {
    return '';
  }
  return Buffer.concat(parts).toString();
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return notJson;
  }
}

function whoAsks(authorization: string | undefined): UserPassword | undefined {
  const basic = /^Basic +(\S+)$/.exec(authorization ?? '')?.[1];
  if (basic === undefined) return undefined;
  const [user, ...password] = Buffer.from(basic, 'base64').toString().split(':');
  return {user: user!, password: password.join(':')};
}
