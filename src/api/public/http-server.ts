import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import type {Socket} from 'node:net';
import {Connections} from './connections.js';
import {misformed, Refusal, wireCodes} from './refusal.js';

/** No header of any client comes near it. */
const maxHeaderBytes = 8 * 1024;
/** Slow links included: whoever needs longer for the head of a request is not asking. */
const headMs = 10_000;
/** For the head and the body. Half a megabyte takes a link of 100 kbit/s 42 s. */
const requestMs = 60_000;
/** Longer than the 90 s after which the HTTP clients of TEOS let go of a connection, so that they never meet our end of it. */
const idleMs = 120_000;
/** How often the limits of time are looked at. */
const lookMs = 1_000;

interface HttpServer {
  readonly server: Server;
  readonly connections: Connections;
}

export interface HttpTimes {
  readonly headMs?: number;
  readonly requestMs?: number;
}

/** A server of HTTP/1.1 that answers everything in JSON, also what is no request, and that nobody can hold on to. */
export function createHttpServer(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  {
    maxConnections,
    times = {},
    onRefused,
  }: {
    readonly maxConnections: number;
    readonly times?: HttpTimes | undefined;
    readonly onRefused?: ((status: number) => void) | undefined;
  },
): HttpServer {
  const connections = new Connections({limit: maxConnections, handle, onRefused});
  const server = createServer(
    {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: times.headMs ?? headMs,
      requestTimeout: times.requestMs ?? requestMs,
      keepAliveTimeout: idleMs,
      connectionsCheckingInterval: lookMs,
      // Node.js would refuse it without a body.
      requireHostHeader: false,
    },
    (request, response) => connections.serve(request, response),
  );
  // Neither reads nor writes: a reader that is stuck.
  server.setTimeout(idleMs);
  // A client that has said all that it has to say still wants to hear the answer. Node.js has this switch since 0.11,
  // and no name for it in its documentation.
  Object.assign(server, {httpAllowHalfOpen: true});
  server.on('connection', (socket) => connections.add(socket));
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET') socket.destroy();
    else connections.refuse(socket, refusals[error.code ?? ''] ?? notHttp);
  });
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    connections.refuse(socket, misformed(405, 'HTTP method not allowed'));
  });
  server.on('checkExpectation', (request: IncomingMessage) => {
    connections.refuse(request.socket, misformed(417, 'The expectation of the request cannot be met'));
  });
  return {server, connections};
}

const refusals: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: misformed(431, `The request line and the headers are longer than ${maxHeaderBytes} bytes`),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: misformed(413, 'The request payload is too large'),
  ERR_HTTP_REQUEST_TIMEOUT: new Refusal(408, wireCodes.serviceUnavailable, 'The request did not arrive in time'),
};
const notHttp = misformed(400, 'The request is not HTTP');
